using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace EnterpriseAI.Controllers;

/// <summary>What a queue looks like at one moment.</summary>
internal readonly record struct WorkQueueState(IReadOnlyList<KeyValuePair<int, int>> Depths, double UnfinishedSeconds, double LongestSeconds);

/// <summary>The metrics of one queue; its gauges vanish with it.</summary>
internal sealed class WorkQueueMetrics : IDisposable
{
    static readonly ConcurrentDictionary<WorkQueueMetrics, Func<WorkQueueState>> Live = new();

    // 10 ns to 10^4 s: ten times as much with each bucket, as client-go has it.
    static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000],
    };

    static readonly Counter<long> Adds =
        ControllerMetrics.Meter.CreateCounter<long>("workqueue_adds_total", description: "Total number of adds handled by workqueue");

    static readonly Counter<long> Retries =
        ControllerMetrics.Meter.CreateCounter<long>("workqueue_retries_total", description: "Total number of retries handled by workqueue");

    static readonly Histogram<double> QueueDuration = ControllerMetrics.Meter.CreateHistogram(
        "workqueue_queue_duration_seconds", null, "How long in seconds an item stays in workqueue before being requested", null, Buckets);

    static readonly Histogram<double> WorkDuration = ControllerMetrics.Meter.CreateHistogram(
        "workqueue_work_duration_seconds", null, "How long in seconds processing an item from workqueue takes.", null, Buckets);

    readonly KeyValuePair<string, object?>[] _labels;

    static WorkQueueMetrics()
    {
        ControllerMetrics.Meter.CreateObservableGauge(
            "workqueue_depth",
            () => Live.SelectMany(queue => queue.Value().Depths.Select(depth => new Measurement<long>(
                depth.Value, [.. queue.Key._labels, new("priority", depth.Key.ToString(CultureInfo.InvariantCulture))]))),
            description: "Current depth of workqueue by workqueue and priority");
        ControllerMetrics.Meter.CreateObservableGauge(
            "workqueue_unfinished_work_seconds",
            () => Live.Select(queue => new Measurement<double>(queue.Value().UnfinishedSeconds, queue.Key._labels)),
            description: "How many seconds of work has been done that is in progress and hasn't been observed by work_duration.");
        ControllerMetrics.Meter.CreateObservableGauge(
            "workqueue_longest_running_processor_seconds",
            () => Live.Select(queue => new Measurement<double>(queue.Value().LongestSeconds, queue.Key._labels)),
            description: "How many seconds has the longest running processor for workqueue been running.");
    }

    public WorkQueueMetrics(string name, Func<WorkQueueState> state)
    {
        _labels = [new("name", name), new("controller", name)];
        Live[this] = state;
        Adds.Add(0, _labels);
        Retries.Add(0, _labels);
    }

    public void Added() => Adds.Add(1, _labels);

    public void Retried() => Retries.Add(1, _labels);

    public void Waited(TimeSpan time) => QueueDuration.Record(time.TotalSeconds, _labels);

    public void Worked(TimeSpan time) => WorkDuration.Record(time.TotalSeconds, _labels);

    public void Dispose() => Live.TryRemove(this, out _);
}
