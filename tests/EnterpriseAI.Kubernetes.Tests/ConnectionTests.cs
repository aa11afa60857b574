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
        File.WriteAllText(path, $$"""
            current-context: x
            clusters: [{name: c, cluster: { {{cluster}} } }]
            users: [{name: u, user: {{user}} }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            """);
        return new KubernetesClient(KubernetesClientConfiguration.FromKubeconfig(path, null, time));
    }
}
