using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EnterpriseAI.Agent.Fetching;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(60_000)]
public sealed class HttpSecurityTests
{
    private const string Secret = "s3cr3t-t0k3n";
    private static readonly byte[] Content = FetchBench.Bytes(300_000);

    [Test]
    public async Task Credentials_go_to_the_server_that_was_named_and_to_no_other([Values] bool token)
    {
        using var bench = new FetchBench();
        await using var other = new FileServer { Files = { ["/there"] = new ServedFile(Content, "\"v1\"") } };
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        server.Before = request => Task.FromResult(request.Path == "/model.onnx" ? Misbehaviour.Redirect(other.At("/there")) : null);
        var run = await bench.Workspace.AgentAsync(["fetch", "--from", server.At("/model.onnx").ToString(), "--to", bench.Target, "--credentials", Credentials(bench.Workspace, token)]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var expected = token ? $"Authorization: Bearer {Secret}" : $"Authorization: Basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"anna:{Secret}"))}";
        Assert.That(server.Requests.Select(request => request.Head), Has.All.Contain(expected));
        Assert.That(other.Requests, Is.Not.Empty);
        Assert.That(other.Requests.Select(request => request.Head), Has.None.Contain("Authorization"));
    }

    [TestCase("http://models:8443/model.onnx", "https://models:8443/there", false)]
    [TestCase("https://127.0.0.1:8443/model.onnx", "https://localhost:8443/there", false)]
    [TestCase("https://models:8443/model.onnx", "https://models:8444/there", false)]
    [TestCase("https://models:8443/model.onnx", "https://models:8443/there", true)]
    public async Task Credentials_follow_a_redirect_only_to_the_same_scheme_host_and_port(string from, string to, bool follow)
    {
        using var server = new RedirectingHandler(new Uri(to));
        using var http = new HttpMessageInvoker(server);
        var file = new HttpFile(http, new Uri(from), new AuthenticationHeaderValue("Bearer", Secret), TimeProvider.System);

        using var body = await file.OpenAsync(RemoteRange.Whole, CancellationToken.None);

        Assert.That(server.Asked, Is.EqualTo(((string, bool)[])[(from, true), (to, follow)]));
    }

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(500)]
    public async Task No_error_and_no_log_line_shows_a_secret(int status)
    {
        using var workspace = new Workspace();
        await using var server = new FileServer { Before = _ => Task.FromResult<Misbehaviour?>(Misbehaviour.Status(status)) };

        var run = await workspace.AgentAsync(
            ["fetch", "--from", $"{server.At("/model.onnx")}?signature={Secret}", "--to", workspace.At("got"), "--retries", "1", "--credentials", Credentials(workspace, token: true)]);

        Assert.That(run.ExitCode, Is.Not.Zero);
        Assert.That(run.Output + run.Error + run.TerminationLog, Does.Not.Contain(Secret).And.Contain($"{status}"));
    }

    [Test]
    public async Task An_address_with_a_password_in_it_is_refused_without_repeating_it()
    {
        using var workspace = new Workspace();

        var run = await workspace.AgentAsync(["fetch", "--from", $"https://anna:{Secret}@host/model.onnx", "--to", workspace.At("got")]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Output + run.Error + run.TerminationLog, Does.Not.Contain(Secret).And.Contain("give --credentials"));
    }

    [Test]
    public async Task Credentials_do_not_go_by_http_beyond_this_machine()
    {
        using var workspace = new Workspace();

        var run = await workspace.AgentAsync(["fetch", "--from", "http://models.example/model.onnx", "--to", workspace.At("got"), "--credentials", Credentials(workspace, token: true)]);

        Assert.That(run.TerminationLog, Does.Contain("InsecureCredentials"));
    }

    [Test]
    public async Task A_redirect_from_https_to_http_is_refused()
    {
        using var bench = new FetchBench();
        using var authority = new TestAuthority();
        await using var plain = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content) } };
        await using var server = new FileServer(authority.ServerCertificate());
        server.Before = _ => Task.FromResult<Misbehaviour?>(Misbehaviour.Redirect(plain.At("/model.onnx")));

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")) with { CaFile = bench.Workspace.Write("ca.pem", authority.Pem) });

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("RedirectRefused", AgentFailure.Permanent)));
        Assert.That(plain.Requests, Is.Empty);
    }

    [Test]
    public async Task Redirects_in_a_circle_end()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        server.Before = _ => Task.FromResult<Misbehaviour?>(Misbehaviour.Redirect(server.At("/model.onnx")));

        Assert.That((await bench.FailureAsync(bench.Request(server.At("/model.onnx")))).Reason, Is.EqualTo("TooManyRedirects"));
    }

    [Test]
    public async Task Only_the_given_authority_is_trusted()
    {
        using var bench = new FetchBench();
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        await using var server = new FileServer(authority.ServerCertificate()) { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        var request = bench.Request(server.At("/model.onnx"));

        var unknown = await bench.FailureAsync(request);
        var wrong = await bench.FailureAsync(request with { CaFile = bench.Workspace.Write("stranger.pem", stranger.Pem) });
        var none = await bench.FailureAsync(request with { CaFile = bench.Workspace.Write("none.pem", "nothing") });
        await bench.FetchAsync(request with { CaFile = bench.Workspace.Write("ca.pem", authority.Pem) });

        Assert.That((unknown.Reason, wrong.Reason, none.Reason), Is.EqualTo(("SourceUntrusted", "SourceUntrusted", "InvalidAuthorities")));
        Assert.That(unknown.Message, Does.Contain("--ca-file"));
        Assert.That(bench.Got, Is.EqualTo(Content));
    }

    [TestCase("", "holds none of the files")]
    [TestCase("username", "holds only one of username and password")]
    [TestCase("accessKey", "holds only one of accessKey and secretKey")]
    [TestCase("token,username,password", "leave one")]
    [TestCase("accessKey,secretKey", "needs a file named token, or username and password")]
    public async Task Credentials_of_another_kind_are_named(string files, string expected)
    {
        using var workspace = new Workspace();
        Directory.CreateDirectory(workspace.At("secret"));
        foreach (var file in files.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            workspace.Write($"secret/{file}", Secret);
        }

        var run = await workspace.AgentAsync(["fetch", "--from", "https://localhost:1/model.onnx", "--to", workspace.At("got"), "--credentials", workspace.At("secret")]);

        Assert.That(run.TerminationLog, Does.Contain("InvalidCredentials").And.Contain(expected).And.Not.Contain(Secret));
    }

    private static string Credentials(Workspace workspace, bool token)
    {
        if (token)
        {
            workspace.Write("secret/token", $"{Secret}\n");
        }
        else
        {
            workspace.Write("secret/username", "anna");
            workspace.Write("secret/password", Secret);
        }

        return workspace.At("secret");
    }

    // Any address leads here, and from here to the one given.
    private sealed class RedirectingHandler(Uri to) : HttpMessageHandler
    {
        public List<(string Address, bool HasCredentials)> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add((request.RequestUri!.ToString(), request.Headers.Authorization is not null));
            return Task.FromResult(request.RequestUri == to
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(Content) }
                : new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = to } });
        }
    }

    private sealed class TestAuthority : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly X509Certificate2 _certificate;

        public TestAuthority()
        {
            var request = new CertificateRequest("CN=Test authority", _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            _certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
        }

        public string Pem => _certificate.ExportCertificatePem();

        public X509Certificate2 ServerCertificate()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(names.Build());
            return request.Create(_certificate, _certificate.NotBefore, _certificate.NotAfter, [1]).CopyWithPrivateKey(key);
        }

        public void Dispose()
        {
            _certificate.Dispose();
            _key.Dispose();
        }
    }
}
