using System.Diagnostics.Metrics;

namespace EnterpriseAI.Audit;

/// <summary>The audit log's instruments, under the names they have in the exposition.</summary>
internal sealed class AuditMetrics : IDisposable
{
    public const string MeterName = "EnterpriseAI.Audit";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _appends;
    private readonly Histogram<double> _commitSeconds;
    private readonly Histogram<int> _commitEntries;

    public AuditMetrics()
    {
        _appends = _meter.CreateCounter<long>("audit_log_appends_total",
            description: "Append requests by result: appended, duplicate, invalid, unauthorized or unavailable.");
        _commitSeconds = _meter.CreateHistogram("audit_log_commit_duration_seconds", description: "Time to make one batch of entries durable.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });
        _commitEntries = _meter.CreateHistogram("audit_log_commit_entries", description: "Entries in one batch.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });
    }

    public void Observe(Func<long> size, Func<bool> faulted)
    {
        _meter.CreateObservableGauge("audit_log_entries", size, description: "Entries in the log.");
        _meter.CreateObservableGauge("audit_log_faulted", () => faulted() ? 1 : 0, description: "1 while the last commit failed: appends wait.");
    }

    public void Append(string result) => _appends.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Committed(int entries, TimeSpan duration)
    {
        _commitSeconds.Record(duration.TotalSeconds);
        _commitEntries.Record(entries);
    }

    public void Dispose() => _meter.Dispose();
}
