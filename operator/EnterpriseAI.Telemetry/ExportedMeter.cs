namespace EnterpriseAI.Telemetry;

/// <summary>A meter whose metrics are shown.</summary>
/// <param name="Name">The name of the <see cref="System.Diagnostics.Metrics.Meter"/>; a trailing <c>*</c> matches any ending.</param>
/// <param name="MaxSeries">
/// Most combinations of labels that one of its instruments may have; what is beyond is counted as one, labelled <c>otel_metric_overflow</c>.
/// Memory for all of them is taken at the start: 48 bytes each, and as much again for looking them up.
/// </param>
public readonly record struct ExportedMeter(string Name, int MaxSeries = ExportedMeter.Few)
{
    /// <summary>For labels whose values the code knows.</summary>
    public const int Few = 300;

    /// <summary>For labels that name what users make: a gateway may have a thousand services.</summary>
    public const int PerObject = 10_000;
}
