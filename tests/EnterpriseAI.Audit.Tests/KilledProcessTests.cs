using System.Diagnostics;
using System.Text.RegularExpressions;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Server;
using EnterpriseAI.Audit.Verification;

namespace EnterpriseAI.Audit.Tests;

public sealed partial class KilledProcessTests
{
    [Test, CancelAfter(120_000)]
    public async Task A_log_killed_in_the_middle_of_appends_has_every_acknowledged_entry_once(CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var acknowledged = new HashSet<int>();
        var next = 0;
        for (var round = 0; round < 3; round++)
        {
            var (process, address) = await StartAsync(folder.Path, cancellation);
            using (process)
            using (var http = new HttpClient { BaseAddress = address })
            {
                var client = new AuditLogClient(http);
                // What is sent again after a kill was perhaps recorded.
                var from = Math.Max(0, next - 30);
                var kill = from + 150;
                await Parallel.ForAsync(from, from + 300, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellation }, async (i, token) =>
                {
                    if (i == kill) process.Kill();
                    try
                    {
                        await client.AppendAsync(TestEvents.Event(i), token);
                        lock (acknowledged) acknowledged.Add(i);
                    }
                    catch (AuditUnavailableException)
                    {
                        // Killed.
                    }
                });
                next = from + 300;
                await process.WaitForExitAsync(cancellation);
            }
        }
        LogVerifierKey key;
        await using (var server = await AuditServer.StartAsync(Server.TestServer.Options(folder.Path), cancellation))
        {
            key = server.Key;
            using var http = new HttpClient { BaseAddress = server.Address };
            var recorded = new List<string>();
            await foreach (var entry in new AuditLogClient(http).ReadAsync(new AuditQuery(), cancellation)) recorded.Add(entry.Event.Id);
            Assert.That(recorded, Is.Unique);
            Assert.That(acknowledged.Select(TestEvents.IdText).Except(recorded), Is.Empty);
            TestContext.Out.WriteLine($"{acknowledged.Count} acknowledged, {recorded.Count} recorded");
        }
        Assert.That(AuditVerifier.VerifyDirectory(folder.Path, key).IsValid, Is.True);
    }

    private static async Task<(Process Process, Uri Address)> StartAsync(string directory, CancellationToken cancellation)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet",
            ["exec", Path.Combine(AppContext.BaseDirectory, "audit-log.dll"), "--directory", directory, "--http", "127.0.0.1:0", "--origin", TestEvents.Origin])
        {
            RedirectStandardOutput = true,
        })!;
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
            if (ServingLine().Match(line) is { Success: true } match) return (process, new Uri(match.Value));
        throw new InvalidOperationException("audit-log ended before it served");
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[0-9]+")]
    private static partial Regex ServingLine();
}
