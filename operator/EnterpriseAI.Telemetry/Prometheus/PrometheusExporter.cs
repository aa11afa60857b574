using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EnterpriseAI.Telemetry.Prometheus;

/// <summary>Turns what the SDK collected into exposition text. Runs only when <see cref="PrometheusReader"/> asks.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    /// <summary>Set by the SDK: starts a collection, which calls <see cref="Export"/> on the same thread.</summary>
    public Func<int, bool>? Collect { get; set; }

    /// <summary>The text of the last collection.</summary>
    public string Text { get; private set; } = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new PrometheusText();
        foreach (var metric in batch)
        {
            if (metric.MetricType == MetricType.Histogram) AddHistogram(text, metric);
            else AddSamples(text, metric);
        }
        Text = text.ToString();
        return ExportResult.Success;
    }

    private static void AddSamples(PrometheusText text, Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            (PrometheusType Type, double Value)? sample = metric.MetricType switch
            {
                MetricType.LongSum => (PrometheusType.Counter, point.GetSumLong()),
                MetricType.DoubleSum => (PrometheusType.Counter, point.GetSumDouble()),
                MetricType.LongSumNonMonotonic => (PrometheusType.Gauge, point.GetSumLong()),
                MetricType.DoubleSumNonMonotonic => (PrometheusType.Gauge, point.GetSumDouble()),
                MetricType.LongGauge => (PrometheusType.Gauge, point.GetGaugeLastValueLong()),
                MetricType.DoubleGauge => (PrometheusType.Gauge, point.GetGaugeLastValueDouble()),
                // Exponential histograms have no form in the 0.0.4 text format.
                _ => null,
            };
            if (sample is { } s) text.Add(metric.Name, metric.Description, s.Type, LabelsOf(point), s.Value);
        }
    }

    private static void AddHistogram(PrometheusText text, Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var buckets = new List<(double, long)>();
            foreach (var bucket in point.GetHistogramBuckets()) buckets.Add((bucket.ExplicitBound, bucket.BucketCount));
            text.AddHistogram(metric.Name, metric.Description, LabelsOf(point), buckets, point.GetHistogramSum());
        }
    }

    private static List<KeyValuePair<string, object?>> LabelsOf(in MetricPoint point)
    {
        var labels = new List<KeyValuePair<string, object?>>(point.Tags.Count);
        foreach (var tag in point.Tags) labels.Add(tag);
        return labels;
    }
}
