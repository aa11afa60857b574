using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.Telemetry;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>The HTTP server: the Open Inference Protocol, health and metrics on one port, gRPC on another.</summary>
internal static class ModelServerApp
{
    /// <summary>Time for running requests to end after no more are taken.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    public static WebApplication Build(ModelServerOptions options, string? logLevel = null, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = logLevel;
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddTelemetry("model-server", ModelServerMetrics.MeterName);
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
        builder.Services.AddSingleton<ModelRepository>();
        builder.Services.AddSingleton<ModelServerMetrics>();
        builder.Services.AddSingleton<InferEndpoint>();
        builder.Services.AddSingleton<ModelLoading>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<ModelLoading>());
        builder.Services.AddHostedService<Draining>();
        builder.Services.AddGrpc();

        var app = builder.Build();
        app.UseGrpc();
        Map(app, app.Services.GetRequiredService<ModelRepository>(), app.Services.GetRequiredService<InferEndpoint>());
        return app;
    }

    private static void Map(WebApplication app, ModelRepository repository, InferEndpoint infer)
    {
        app.MapTelemetry();
        app.MapHealth(static () => null, () => repository.NotReady);
        app.MapGet("/v2", static (HttpContext context) => Write(context, ServerMetadata(), ProtocolJsonContext.Default.ServerMetadata));
        app.MapGet("/v2/health/live", static (HttpContext context) => Write(context, new ServerLive(true), ProtocolJsonContext.Default.ServerLive));
        app.MapGet("/v2/health/ready", (HttpContext context) =>
        {
            var ready = repository.NotReady is null;
            return Write(context, new ServerReady(ready), ProtocolJsonContext.Default.ServerReady, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
        foreach (var path in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            app.MapGet(path, (HttpContext context) => Answer(context, () =>
                Write(context, Metadata(context, repository), ProtocolJsonContext.Default.ModelMetadata)));
            app.MapGet(path + "/ready", (HttpContext context) => Answer(context, () =>
            {
                var (name, version) = Path(context);
                var ready = repository.IsReady(name, version);
                return Write(context, new ModelReady(name, ready), ProtocolJsonContext.Default.ModelReady, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
            }));
            app.MapPost(path + "/infer", (RequestDelegate)infer.HandleAsync);
        }
        app.MapFallback(static (HttpContext context) =>
            Errors.WriteAsync(context, StatusCodes.Status404NotFound, $"there is nothing at '{context.Request.Path}': see /v2"));
    }

    private static (string Name, string? Version) Path(HttpContext context) =>
        ((string)context.Request.RouteValues["model"]!, context.Request.RouteValues["version"] as string);

    /// <exception cref="RequestException">There is no such model, or not yet.</exception>
    private static ModelMetadata Metadata(HttpContext context, ModelRepository repository)
    {
        var (name, version) = Path(context);
        using var lease = repository.Acquire(name, version);
        var versions = repository.VersionsOf(name);
        return new ModelMetadata(name, versions.Count > 0 ? versions : null, lease.Model.Platform, TensorMetadata.Of(lease.Model.Inputs), TensorMetadata.Of(lease.Model.Outputs));
    }

    public static ServerMetadata ServerMetadata() =>
        new("enterpriseai-model-server", typeof(ModelServerApp).Assembly.GetName().Version!.ToString(3), [BinaryTensorData.Extension]);

    private static async Task Answer(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer().ConfigureAwait(false);
        }
        catch (RequestException e)
        {
            await Errors.WriteAsync(context, e.Status, e.Message).ConfigureAwait(false);
        }
    }

    private static Task Write<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(value, type, cancellationToken: context.RequestAborted);
    }
}
