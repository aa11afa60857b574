using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Story;

/// <summary>An operator as its image holds it, run beside the cluster; observed by its own metrics and by /proc.</summary>
public sealed partial class LocalOperator : IAsyncDisposable
{
    private const double TicksPerSecond = 100;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly Process _process;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Uri _metrics;
    private readonly long _started;

    private LocalOperator(Process process, int port) =>
        (_process, _metrics, _started) = (process, new Uri($"http://127.0.0.1:{port}/metrics"), Stopwatch.GetTimestamp());

    /// <param name="folder">Holds the executable <c>operator</c>.</param>
    /// <param name="arguments">In addition to those that say where everything is.</param>
    public static LocalOperator Start(string folder, string kubeconfig, string ns, int port, Uri audit, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(folder, "operator"),
            ["--kubeconfig", kubeconfig, "--namespace", ns, "--http", $"127.0.0.1:{port}", "--audit-url", audit.ToString(), "--log-level", "warning", .. arguments]);
        // As in the image's configuration and in the chart.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_GCgen0size"] = "0x400000";
        start.Environment["POD_NAME"] = $"local-{Guid.NewGuid():N}"[..14];
        return new LocalOperator(Process.Start(start)!, port);
    }

    /// <summary>SIGKILL: nothing is flushed, the lease is not released.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Sends a signal such as STOP or CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Whether it leads, by its own metrics; false while it does not answer.</summary>
    public async Task<bool> IsLeaderAsync(CancellationToken cancellationToken) =>
        (await SamplesAsync(cancellationToken)).Any(s => s is { Name: "leader_election_master_status", Value: 1 });

    /// <summary>Waits until each controller has reconciled at least so many keys and nothing is queued or worked on.</summary>
    /// <returns>Since the process was started.</returns>
    public async Task<TimeSpan> SettledAsync(int perController, CancellationToken cancellationToken)
    {
        string[] controllers = ["datasource", "trainingjob", "modelversion", "inferenceservice", "compliancepolicy"];
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"the operator ended with code {_process.ExitCode}");
            var samples = await SamplesAsync(cancellationToken);
            var reconciled = controllers.Min(c => samples.Where(s => s.Name == "controller_runtime_reconcile_total" && s.Labels.Contains($"controller=\"{c}\"")).Sum(s => s.Value));
            var busy = samples.Where(s => s.Name is "workqueue_depth" or "controller_runtime_active_workers").Sum(s => s.Value);
            if (reconciled >= perController && busy == 0)
                return Stopwatch.GetElapsedTime(_started);
            await Task.Delay(Look, cancellationToken);
        }
    }

    /// <summary>Requests so far by HTTP method.</summary>
    public async Task<IReadOnlyDictionary<string, double>> RequestsAsync(CancellationToken cancellationToken) =>
        (await SamplesAsync(cancellationToken)).Where(s => s.Name == "rest_client_requests_total")
            .GroupBy(s => MethodLabel().Match(s.Labels).Groups[1].Value).ToDictionary(g => g.Key, g => g.Sum(s => s.Value));

    /// <summary>Writes other than of the lease, which alone is replaced (PUT): status and apply are patches, events and pods are posted.</summary>
    public async Task<double> WritesAsync(CancellationToken cancellationToken) =>
        (await RequestsAsync(cancellationToken)).Where(r => r.Key is "PATCH" or "POST" or "DELETE").Sum(r => r.Value);

    /// <summary>Resident memory in MB (10^6 bytes), and the part of it that is not mapped from files.</summary>
    public (double Resident, double Anonymous) MegabytesInUse()
    {
        var status = File.ReadAllLines($"/proc/{_process.Id}/status");
        return (Of("VmRSS:"), Of("RssAnon:"));

        double Of(string field) => double.Parse(status.First(l => l.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }

    /// <summary>Processor time used so far.</summary>
    public TimeSpan Processor()
    {
        // Fields 14 and 15, counted from the command's closing parenthesis because the command may hold spaces.
        var stat = File.ReadAllText($"/proc/{_process.Id}/stat").Split(") ", 2)[1].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }

    /// <summary>SIGTERM: it releases its lease and ends.</summary>
    public async Task StopAsync()
    {
        if (_process.HasExited)
            return;
        await SignalAsync("TERM");
        await _process.WaitForExitAsync();
    }

    /// <inheritdoc cref="StopAsync"/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
        _http.Dispose();
    }

    private async Task<IReadOnlyList<(string Name, string Labels, double Value)>> SamplesAsync(CancellationToken cancellationToken)
    {
        string text;
        try
        {
            text = await _http.GetStringAsync(_metrics, cancellationToken);
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return [];
        }
        return [.. Sample().Matches(text).Select(m => (m.Groups[1].Value, m.Groups[2].Value, double.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture)))];
    }

    [GeneratedRegex(@"^([a-z_]+)(?:\{([^}]*)\})? ([0-9.eE+-]+)$", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("method=\"([A-Z]+)\"")]
    private static partial Regex MethodLabel();
}
