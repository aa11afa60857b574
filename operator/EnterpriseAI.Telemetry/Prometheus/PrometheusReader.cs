using OpenTelemetry.Metrics;

namespace EnterpriseAI.Telemetry.Prometheus;

/// <summary>
/// A metric reader that answers scrapes: every <see cref="Scrape"/> collects all instruments of the meter provider it was added to.
/// </summary>
/// <remarks><b>Guarantees:</b> safe for concurrent scrapes; they are answered one after the other.</remarks>
public sealed class PrometheusReader : BaseExportingMetricReader
{
    private readonly Lock _gate = new();
    private readonly PrometheusExporter _exporter;

    /// <summary>Creates a reader; add it to a meter provider with <c>AddReader</c>.</summary>
    public PrometheusReader() : this(new PrometheusExporter())
    {
    }

    private PrometheusReader(PrometheusExporter exporter) : base(exporter)
    {
        _exporter = exporter;
        TemporalityPreference = MetricReaderTemporalityPreference.Cumulative;
    }

    /// <summary>Collects now and returns the exposition text (see <see cref="PrometheusText"/>).</summary>
    /// <exception cref="InvalidOperationException">The reader was not added to a meter provider, or its provider is disposed.</exception>
    public string Scrape()
    {
        lock (_gate)
        {
            if (_exporter.Collect is not { } collect || !collect(Timeout.Infinite))
                throw new InvalidOperationException("metrics cannot be collected: the reader is not part of a live meter provider");
            return _exporter.Text;
        }
    }
}
