using EnterpriseAI.Telemetry.Prometheus;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace EnterpriseAI.Telemetry;

/// <summary>Logs, metrics and traces, the same for every process.</summary>
public static class TelemetryExtensions
{
    /// <summary>The configuration key for the lowest level that is logged: Trace, Debug, Information (default), Warning, Error, Critical or None.</summary>
    public const string LogLevelKey = "log-level";

    private const string OtlpEndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Adds JSON logs on standard output, the meters named, process and runtime metrics, and, only when
    /// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, OTLP export of logs, metrics and traces of every <c>EnterpriseAI.*</c> source.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="serviceName">The OpenTelemetry <c>service.name</c>, such as <c>gateway</c>.</param>
    /// <param name="meters">What is exported.</param>
    /// <exception cref="InvalidOperationException">The configuration value <see cref="LogLevelKey"/> is not a log level.</exception>
    public static WebApplicationBuilder AddTelemetry(this WebApplicationBuilder builder, string serviceName, params ExportedMeter[] meters)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceName);
        var otlp = !string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpointVariable]);
        builder.Services.TryAddSingleton(TimeProvider.System);
        AddLogging(builder, serviceName, otlp);
        builder.Services.AddSingleton(_ => new TelemetryProviders(serviceName, meters, otlp));
        builder.Services.AddSingleton(services => services.GetRequiredService<TelemetryProviders>().Prometheus);
        builder.Services.AddHostedService(services => services.GetRequiredService<TelemetryProviders>());
        return builder;
    }

    /// <summary>Maps <c>GET /metrics</c>: all metrics in the Prometheus text exposition format 0.0.4. Needs <see cref="AddTelemetry"/>.</summary>
    public static IEndpointConventionBuilder MapTelemetry(this IEndpointRouteBuilder endpoints)
    {
        var reader = endpoints.ServiceProvider.GetRequiredService<PrometheusReader>();
        return endpoints.MapGet("/metrics", context => Results.Text(reader.Scrape(), PrometheusText.ContentType).ExecuteAsync(context));
    }

    private static void AddLogging(WebApplicationBuilder builder, string serviceName, bool otlp)
    {
        var logging = builder.Logging;
        logging.ClearProviders();
        logging.AddConsole(options => options.FormatterName = JsonLineFormatter.FormatterName);
        logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
        if (builder.Configuration[LogLevelKey] is { Length: > 0 } text)
        {
            if (!Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) || !Enum.IsDefined(level))
                throw new InvalidOperationException($"log-level '{text}' is not one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
            builder.Configuration["Logging:LogLevel:Default"] = level.ToString();
        }
        // One line per request at Information would drown what the process itself says.
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore"] ??= nameof(LogLevel.Warning);
        if (otlp)
            logging.AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = true;
                var resource = ResourceBuilder.CreateDefault();
                TelemetryProviders.Describe(resource, serviceName);
                options.SetResourceBuilder(resource);
                options.AddOtlpExporter();
            });
    }
}
