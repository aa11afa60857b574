using System.Security.Cryptography;
using System.Text;
using EnterpriseAI.Controllers;
using EnterpriseAI.Gateway.Admin;
using EnterpriseAI.Gateway.Forwarding;
using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Gateway.Sources;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Telemetry;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EnterpriseAI.Gateway;

/// <summary>Builds the one host with its two listeners: traffic, and administration.</summary>
internal static class GatewayHost
{
    private static readonly object TrafficMark = new();

    /// <summary>Builds a gateway that is ready to start.</summary>
    /// <exception cref="RouteFileException">The routes file cannot be used.</exception>
    public static async Task<WebApplication> BuildAsync(GatewayOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = options.LogLevel;
        builder.AddTelemetry("gateway", new ExportedMeter(GatewayMetrics.MeterName, ExportedMeter.PerObject),
            new ExportedMeter(ControllerMetrics.MeterName), new ExportedMeter(KubernetesMetrics.MeterName));
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + options.RequestTimeout);
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(Random.Shared);
        services.AddSingleton<DrainState>();
        services.AddSingleton<ObservationStore>();
        services.AddSingleton<Router>();
        services.AddSingleton<UpstreamClient>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<Forwarder>();
        services.AddHostedService<DrainOnShutdown>();
        if (options.RoutesFile is { } file)
        {
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<StaticRoutes>(provider, file));
            services.AddHostedService(provider => provider.GetRequiredService<StaticRoutes>());
        }
        else
        {
            ClusterRoutes.AddTo(services, options.Kubeconfig);
        }

        var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<Forwarder>();
        // Traffic leaves the pipeline here, before the routing of the admin endpoints could see it.
        app.Use(next => context => IsTraffic(context) ? forwarder.HandleAsync(context) : next(context));
        app.UseRouting();
        app.MapTelemetry();
        app.MapAdmin(InstanceName());
        if (options.RoutesFile is not null) await app.Services.GetRequiredService<StaticRoutes>().LoadAsync(cancellationToken).ConfigureAwait(false);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        // Header bytes cross unchanged, whatever a client put in them.
        kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        Listen(kestrel, options.Http, listener => listener.Use(next => connection =>
        {
            connection.Items[TrafficMark] = TrafficMark;
            return next(connection);
        }));
        Listen(kestrel, options.Admin, static _ => { });
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress address, Action<ListenOptions> configure)
    {
        if (address.Address is { } ip) kestrel.Listen(ip, address.Port, configure);
        else kestrel.ListenAnyIP(address.Port, configure);
    }

    private static bool IsTraffic(HttpContext context) => context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(TrafficMark) == true;

    // The pod's name survives a restart of its container; counters do not, so each run has its own name.
    private static string InstanceName() => $"{Environment.MachineName}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
}
