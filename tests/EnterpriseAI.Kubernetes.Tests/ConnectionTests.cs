using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EnterpriseAI.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Kubernetes.Tests;

/// <summary>Real connections over loopback: TLS, HTTP/2, certificates.</summary>
public sealed class ConnectionTests
{
    readonly X509Certificate2 _authority = Authority("authority");
    readonly X509Certificate2 _stranger = Authority("stranger");
    string _folder = "";
    WebApplication _server = null!;
    string _address = "";
    volatile int _watches;

    [OneTimeSetUp]
    public async Task Start_server()
    {
        _folder = Directory.CreateTempSubdirectory("connection-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        using var issued = Issue(_authority, "server");
        // A key that came from PEM must be exported once before Kestrel can use it on every platform.
        var certificate = X509CertificateLoader.LoadPkcs12(issued.Export(X509ContentType.Pkcs12), null);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = certificate,
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = (_, _, _) => true,
        })));
        _server = builder.Build();
        _server.Run(async context =>
        {
            if (context.Request.Query["watch"] == "true")
            {
                await context.Response.Body.FlushAsync();
                Interlocked.Increment(ref _watches);
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            var client = await context.Connection.GetClientCertificateAsync();
            await context.Response.WriteAsync($$"""{"major":"{{context.Request.Protocol}}","minor":"{{client?.Subject}}","gitVersion":"{{context.Request.Host.Host}}"}""");
        });
        await _server.StartAsync();
        _address = _server.Urls.Single();
    }

    [OneTimeTearDown]
    public async Task Stop_server()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
        _stranger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_server_of_the_configured_authority_is_trusted_and_spoken_to_in_http2()
    {
        using var client = Client(Cluster(_authority));

        Assert.That((await client.GetVersionAsync()).Major, Is.EqualTo("HTTP/2"));
    }

    [Test]
    public void A_server_of_another_authority_is_refused()
    {
        using var client = Client(Cluster(_stranger));

        Assert.That(async () => await client.GetVersionAsync(), Throws.TypeOf<HttpRequestException>());
    }

    [Test]
    public async Task A_name_that_the_certificate_does_not_have_is_refused_unless_another_is_configured()
    {
        var other = _address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        using var wrong = Client(Cluster(_authority, server: other));
        Assert.That(async () => await wrong.GetVersionAsync(), Throws.TypeOf<HttpRequestException>());

        using var named = Client(Cluster(_authority, ", tls-server-name: api.test", other));
        Assert.That((await named.GetVersionAsync()).GitVersion, Is.EqualTo("api.test"));
    }

    [Test]
    public async Task Insecure_skip_tls_verify_trusts_anyone()
    {
        using var client = Client("insecure-skip-tls-verify: true, server: \"" + _address + "\"");

        Assert.That((await client.GetVersionAsync()).Major, Is.EqualTo("HTTP/2"));
    }

    [Test]
    public async Task The_client_certificate_is_presented()
    {
        using var certificate = Issue(_authority, "me");
        var user = $"{{client-certificate-data: {Base64(certificate.ExportCertificatePem())}, client-key-data: {Base64(certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem())}}}";
        using var client = Client(Cluster(_authority), user);

        Assert.That((await client.GetVersionAsync()).Minor, Is.EqualTo("CN=me"));
    }

    [Test]
    public async Task A_rotated_authority_file_is_followed_and_a_half_written_one_ignored()
    {
        var time = new ManualTimeProvider();
        var file = Path.Combine(_folder, "ca.crt");
        File.WriteAllText(file, _stranger.ExportCertificatePem());
        using var client = Client($"certificate-authority: {file}, server: \"{_address}\"", time: time);
        Assert.That(async () => await client.GetVersionAsync(), Throws.TypeOf<HttpRequestException>());

        File.WriteAllText(file, "-----BEGIN CERT");
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.That(async () => await client.GetVersionAsync(), Throws.TypeOf<HttpRequestException>());
        File.WriteAllText(file, _stranger.ExportCertificatePem() + "\n" + _authority.ExportCertificatePem());
        time.Advance(TimeSpan.FromSeconds(61));

        Assert.That((await client.GetVersionAsync()).Major, Is.EqualTo("HTTP/2"));
    }

    [Test]
    public async Task A_half_open_connection_is_found_by_a_ping_that_nobody_answers()
    {
        using var relay = new HangingRelay(new Uri(_address).Port);
        var path = Path.Combine(_folder, "ping");
        File.WriteAllText(path, Config(Cluster(_authority, server: $"https://127.0.0.1:{relay.Port}")));
        var configuration = KubernetesClientConfiguration.FromKubeconfig(path) with { PingDelay = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1) };
        using var client = new KubernetesClient(configuration);
        Assert.That((await client.GetVersionAsync()).Major, Is.EqualTo("HTTP/2"));
        var watch = Task.Run(async () =>
        {
            // The server sends the headers and then nothing: only the connection itself can tell that it is dead.
            await foreach (var _ in client.WatchAsync(CoreResources.Pods, null, new WatchOptions { Timeout = TimeSpan.FromHours(1) }))
            {
            }
        });
        await Eventually.True(() => _watches > 0, "the watch is open");

        relay.Hang();

        var ended = await Task.WhenAny(watch, Task.Delay(TimeSpan.FromSeconds(60)));
        Assert.That(ended, Is.SameAs(watch), "found within the test's patience, an hour before its time limit");
        Assert.That(async () => await watch, Throws.InstanceOf<IOException>().Or.InstanceOf<HttpRequestException>());
    }

    [Test]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_renewed_client_certificate_is_shown_at_once_on_a_new_connection()
    {
        var time = new ManualTimeProvider();
        var plugin = Path.Combine(_folder, "plugin.sh");
        void Give(X509Certificate2 certificate)
        {
            var key = System.Text.Json.JsonEncodedText.Encode(certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            var chain = System.Text.Json.JsonEncodedText.Encode(certificate.ExportCertificatePem());
            var expires = time.GetUtcNow().AddMinutes(10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
            File.WriteAllText(Path.Combine(_folder, "out.json"), $$$"""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":"{{{chain}}}","clientKeyData":"{{{key}}}","expirationTimestamp":"{{{expires}}}"} }""");
        }

        File.WriteAllText(plugin, "#!/bin/sh\ncat \"$(dirname \"$0\")/out.json\"\n");
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var first = Issue(_authority, "first");
        using var second = Issue(_authority, "second");
        Give(first);
        using var client = Client(Cluster(_authority), "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh}}", time);
        Assert.That((await client.GetVersionAsync()).Minor, Is.EqualTo("CN=first"));

        time.Advance(TimeSpan.FromMinutes(11));
        Give(second);

        Assert.That((await client.GetVersionAsync()).Minor, Is.EqualTo("CN=second"));
    }

    [Test]
    public async Task A_proxy_of_the_kubeconfig_is_used()
    {
        var asked = "";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var proxy = builder.Build();
        proxy.Run(async context =>
        {
            asked = $"{context.Request.Method} {context.Request.Host}{context.Request.Path}";
            await context.Response.WriteAsync("""{"major":"1","minor":"33"}""");
        });
        await proxy.StartAsync();
        using var client = Client($"server: \"http://api.invalid:6443\", proxy-url: \"{proxy.Urls.Single()}\"");

        Assert.That((await client.GetVersionAsync()).Minor, Is.EqualTo("33"));
        Assert.That(asked, Is.EqualTo("GET api.invalid:6443/version"));
    }

    static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));

    static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    static X509Certificate2 Issue(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("api.test");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    string Cluster(X509Certificate2 authority, string more = "", string? server = null) =>
        $"certificate-authority-data: {Base64(authority.ExportCertificatePem())}, server: \"{server ?? _address}\"{more}";

    KubernetesClient Client(string cluster, string user = "{}", TimeProvider? time = null)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("n"));
        File.WriteAllText(path, Config(cluster, user));
        return new KubernetesClient(KubernetesClientConfiguration.FromKubeconfig(path, null, time));
    }

    static string Config(string cluster, string user = "{}") => $$"""
        current-context: x
        clusters: [{name: c, cluster: { {{cluster}} } }]
        users: [{name: u, user: {{user}} }]
        contexts: [{name: x, context: {cluster: c, user: u} }]
        """;

    /// <summary>Hands bytes on until it is told to stop, and then keeps the sockets open.</summary>
    sealed class HangingRelay : IDisposable
    {
        readonly System.Net.Sockets.TcpListener _listener = new(IPAddress.Loopback, 0);
        readonly List<System.Net.Sockets.Socket> _sockets = [];
        volatile bool _hangs;

        public HangingRelay(int target)
        {
            _listener.Start();
            _ = AcceptAsync(target);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Hang() => _hangs = true;

        public void Dispose()
        {
            _listener.Dispose();
            lock (_sockets)
                _sockets.ForEach(socket => socket.Dispose());
        }

        async Task AcceptAsync(int target)
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptSocketAsync();
                    var server = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                    await server.ConnectAsync(IPAddress.Loopback, target);
                    lock (_sockets)
                        _sockets.AddRange([client, server]);
                    _ = PumpAsync(client, server);
                    _ = PumpAsync(server, client);
                }
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // The end of the relay.
            }
        }

        async Task PumpAsync(System.Net.Sockets.Socket from, System.Net.Sockets.Socket to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                while (!_hangs && await from.ReceiveAsync(buffer) is > 0 and var read && !_hangs)
                    await to.SendAsync(buffer.AsMemory(0, read));
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // Closed by one side.
            }
        }
    }
}
