using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.Telemetry;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>The HTTP server: the Open Inference Protocol, health and metrics on one port.</summary>
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
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + ShutdownTimeout);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<ModelRunner>();
        builder.Services.AddSingleton(services => new ModelServerMetrics(options.ModelName, options.ModelVersion, () => services.GetRequiredService<ModelRunner>().Pending));
        builder.Services.AddSingleton<InferEndpoint>();
        builder.Services.AddSingleton<ModelLoading>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<ModelLoading>());
        builder.Services.AddHostedService<Draining>();

        var app = builder.Build();
        // Created now, so that the counters are there before the first request.
        _ = app.Services.GetRequiredService<ModelServerMetrics>();
        Map(app, options, app.Services.GetRequiredService<ModelRunner>(), app.Services.GetRequiredService<InferEndpoint>());
        return app;
    }

    private static void Map(WebApplication app, ModelServerOptions options, ModelRunner runner, InferEndpoint infer)
    {
        app.MapTelemetry();
        app.MapHealth(static () => null, () => runner.NotReady);
        app.MapGet("/v2", static (HttpContext context) => Write(context, ServerMetadata(), ProtocolJsonContext.Default.ServerMetadata));
        app.MapGet("/v2/health/live", static (HttpContext context) => Write(context, new ServerLive(true), ProtocolJsonContext.Default.ServerLive));
        app.MapGet("/v2/health/ready", (HttpContext context) =>
        {
            var ready = runner.NotReady is null;
            return Write(context, new ServerReady(ready), ProtocolJsonContext.Default.ServerReady, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        });
        foreach (var path in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            app.MapGet(path, (HttpContext context) => Answer(context, () =>
                Write(context, Models.MetadataOf(Models.Require(context, options, runner), options), ProtocolJsonContext.Default.ModelMetadata)));
            app.MapGet(path + "/ready", (HttpContext context) => Answer(context, () =>
            {
                Models.CheckName(context, options);
                var ready = runner.NotReady is null;
                return Write(context, new ModelReady(options.ModelName, ready), ProtocolJsonContext.Default.ModelReady, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
            }));
            app.MapPost(path + "/infer", (RequestDelegate)infer.HandleAsync);
        }
        app.MapFallback(static (HttpContext context) =>
            Errors.WriteAsync(context, StatusCodes.Status404NotFound, $"there is nothing at '{context.Request.Path}': see /v2"));
    }

    private static ServerMetadata ServerMetadata() =>
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
