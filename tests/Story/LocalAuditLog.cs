using System.Diagnostics;
using System.Globalization;
using EnterpriseAI.Audit;

namespace EnterpriseAI.Story;

/// <summary>An audit log as its image holds it, run beside the cluster in a folder of its own that goes with it.</summary>
public sealed class LocalAuditLog : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory = Directory.CreateTempSubdirectory("audit-").FullName;
    private readonly HttpClient _http;

    /// <param name="folder">Holds the executable <c>audit-log</c>.</param>
    public LocalAuditLog(string folder, int port)
    {
        _process = Process.Start(Path.Combine(folder, "audit-log"), ["--directory", _directory, "--http", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")]);
        Address = new Uri($"http://127.0.0.1:{port}");
        _http = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    /// <summary>Every entry so far, in order.</summary>
    public async Task<IReadOnlyList<AuditEntry>> EntriesAsync(CancellationToken cancellationToken)
    {
        var entries = new List<AuditEntry>();
        await foreach (var entry in new AuditLogClient(_http).ReadAsync(new AuditQuery(), cancellationToken))
            entries.Add(entry);
        return entries;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
