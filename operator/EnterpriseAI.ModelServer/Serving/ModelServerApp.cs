using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Monitoring;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Rest;
using EnterpriseAI.Telemetry;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>The HTTP server: the Open Inference Protocol, health and metrics on one port, gRPC on another.</summary>
internal static class ModelServerApp
{
    /// <summary>Time for running requests to end after no more are taken: less than the 30 s after which Kubernetes kills a pod.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(25);

    /// <summary>For each version of a model one, and for each reason of its failures.</summary>
    private const int MaxSeries = 2_000;

    public static WebApplication Build(ModelServerOptions options, string? logLevel = null, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = logLevel;
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddTelemetry("model-server", new ExportedMeter(ModelServerMetrics.MeterName, MaxSeries));
        builder.WebHost.UseSockets(EventThread.Use);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
            if (options.Http.Address is { } address)
                kestrel.Listen(address, options.Http.Port);
            else
                kestrel.ListenAnyIP(options.Http.Port);
            if (options.Grpc is { } grpc)
                GrpcServer.Listen(kestrel, grpc);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + ShutdownTimeout);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<VersionLoader>();
        builder.Services.AddSingleton<ModelRepository>();
        builder.Services.AddSingleton<ModelServerMetrics>();
        builder.Services.AddSingleton<InferEndpoint>();
        AddMonitoring(builder.Services, options);
        builder.Services.AddSingleton<ModelLoading>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<ModelLoading>());
        builder.Services.AddHostedService<Draining>();
        builder.Services.AddGrpc();

        var app = builder.Build();
        app.UseGrpc();
        var repository = app.Services.GetRequiredService<ModelRepository>();
        RestEndpoints.Map(app);
        app.MapTelemetry();
        app.MapHealth(static () => null, () => repository.NotReady);
        return app;
    }

    private static void AddMonitoring(IServiceCollection services, ModelServerOptions options)
    {
        services.AddSingleton<ModelMonitoring>();
        services.AddSingleton(provider => new AccessLog(options.AccessLogSampleRate, Random.Shared, provider.GetRequiredService<ILogger<AccessLog>>()));
        services.AddSingleton(provider => new PayloadSampling(options.PayloadSink, options.PayloadSampleRate, new HttpClient(), Random.Shared,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PayloadSampling>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<PayloadSampling>());
    }
}
