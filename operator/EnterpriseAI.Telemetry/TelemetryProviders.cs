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
    // The SDK's own limit, 2000 series for one instrument, is less than a gateway with a thousand services has.
    private const int MaxSeriesPerInstrument = 10_000;

    private readonly Meter _process;
    private readonly MeterProvider _meters;
    private readonly TracerProvider? _tracer;

    public TelemetryProviders(string serviceName, IEnumerable<string> meterNames, bool otlp)
    {
        var version = VersionOf(Assembly.GetEntryAssembly() ?? typeof(TelemetryProviders).Assembly);
        _process = ProcessMetrics.Create(serviceName, version);
        Prometheus = new PrometheusReader();
        var meters = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => Describe(resource, serviceName))
            .AddMeter([ProcessMetrics.MeterName, .. meterNames])
            .AddView(instrument => ReferenceEquals(instrument.Meter, _process)
                ? null
                : new MetricStreamConfiguration { CardinalityLimit = MaxSeriesPerInstrument })
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
