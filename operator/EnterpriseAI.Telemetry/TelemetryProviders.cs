using System.Diagnostics.Metrics;
using System.Reflection;
using EnterpriseAI.Telemetry.Prometheus;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace EnterpriseAI.Telemetry;

/// <summary>The OpenTelemetry providers of one process; they live as long as its host and flush when it stops.</summary>
internal sealed class TelemetryProviders : IHostedService, IDisposable
{
    private readonly Meter _process;
    private readonly MeterProvider _meters;
    private readonly TracerProvider? _tracer;

    public TelemetryProviders(string serviceName, IReadOnlyList<ExportedMeter> exported, bool otlp)
    {
        var version = VersionOf(Assembly.GetEntryAssembly() ?? typeof(TelemetryProviders).Assembly);
        _process = ProcessMetrics.Create(serviceName, version);
        Prometheus = new PrometheusReader();
        var meters = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => Describe(resource, serviceName))
            .AddMeter([ProcessMetrics.MeterName, .. exported.Select(static meter => meter.Name)])
            // The SDK's own limit, 2000 series, is too much memory for most instruments and too little for a few.
            .AddView(instrument => instrument.Meter.Name == ProcessMetrics.MeterName && !ReferenceEquals(instrument.Meter, _process)
                // Of another host in this process: its instruments would be taken for these, and end these when they end.
                ? MetricStreamConfiguration.Drop
                : new MetricStreamConfiguration { CardinalityLimit = MaxSeriesOf(exported, instrument.Meter.Name) })
            .AddReader(Prometheus);
        if (otlp) meters.AddOtlpExporter();
        _meters = meters.Build();
        if (!otlp) return;
        _tracer = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => Describe(resource, serviceName))
            .AddSource("EnterpriseAI.*", "Microsoft.AspNetCore")
            .AddOtlpExporter()
            .Build();
    }

    private static int MaxSeriesOf(IReadOnlyList<ExportedMeter> exported, string meter)
    {
        foreach (var (name, maxSeries) in exported)
        {
            if (name.EndsWith('*') ? meter.StartsWith(name[..^1], StringComparison.OrdinalIgnoreCase) : meter.Equals(name, StringComparison.OrdinalIgnoreCase))
                return maxSeries;
        }
        return ExportedMeter.Few;
    }

    public PrometheusReader Prometheus { get; }

    public static void Describe(ResourceBuilder resource, string serviceName) =>
        resource.AddService(serviceName, "enterpriseai", VersionOf(Assembly.GetEntryAssembly() ?? typeof(TelemetryProviders).Assembly));

    // Being a hosted service is what makes the host create the providers at start and dispose them, flushed, at the end.
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _tracer?.Dispose();
        _meters.Dispose();
        _process.Dispose();
    }

    private static string VersionOf(Assembly assembly) => assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
