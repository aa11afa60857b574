using System.Net;
using EnterpriseAI.Audit.Server;

namespace EnterpriseAI.Audit.Tests.Server;

/// <summary>A server over loopback on a free port, with a log in a temporary folder.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly AuditServer _server;

    private TestServer(TemporaryFolder folder, AuditServer server)
    {
        _folder = folder;
        _server = server;
        Http = new HttpClient { BaseAddress = server.Address };
        Client = new AuditLogClient(Http);
    }

    public HttpClient Http { get; }

    public AuditLogClient Client { get; }

    public AuditServer Server => _server;

    public string Directory => _folder.Path;

    public static async Task<TestServer> StartAsync(string? tokenFile = null)
    {
        var folder = new TemporaryFolder();
        return new TestServer(folder, await AuditServer.StartAsync(Options(folder.Path) with { TokenFile = tokenFile }, CancellationToken.None));
    }

    public static AuditServerOptions Options(string directory) =>
        new() { Directory = directory, Http = new IPEndPoint(IPAddress.Loopback, 0), Origin = TestEvents.Origin };

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
