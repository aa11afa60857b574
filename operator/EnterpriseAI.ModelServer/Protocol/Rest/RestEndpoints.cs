using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Monitoring;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>The paths of the Open Inference Protocol over HTTP, of its model repository extension, and of the feature statistics.</summary>
internal static class RestEndpoints
{
    /// <summary>Bytes that a request without tensors may have.</summary>
    private const int MaxSmallBodyBytes = 64 << 10;

    public static void Map(WebApplication app)
    {
        var repository = app.Services.GetRequiredService<ModelRepository>();
        var infer = app.Services.GetRequiredService<InferEndpoint>();
        app.Use((context, next) => HttpMethods.IsPost(context.Request.Method) && InferPath.TryParse(context.Request.Path.Value ?? "", out var model, out var version)
            ? infer.HandleAsync(context, model, version)
            : next(context));
        app.Use(static async (context, next) =>
        {
            await EventThread.Leave();
            await next(context).ConfigureAwait(false);
        });
        app.UseRouting();
        MapServer(app, repository);
        MapModels(app, repository, app.Services.GetRequiredService<ModelMonitoring>());
        MapRepository(app, repository, app.Services.GetRequiredService<ModelServerOptions>());
        app.MapFallback(static (HttpContext context) =>
            Errors.WriteAsync(context, StatusCodes.Status404NotFound, $"there is nothing at '{context.Request.Path}' for {context.Request.Method}: see /v2"));
    }

    private static void MapServer(WebApplication app, ModelRepository repository)
    {
        app.MapGet("/v2", static (HttpContext context) => Write(context, ServerMetadata.This, ProtocolJsonContext.Default.ServerMetadata));
        app.MapGet("/v2/health/live", static (HttpContext context) => Write(context, new ServerLive(true), ProtocolJsonContext.Default.ServerLive));
        app.MapGet("/v2/health/ready", (HttpContext context) =>
        {
            var ready = repository.NotReady is null;
            return Write(context, new ServerReady(ready), ProtocolJsonContext.Default.ServerReady, StatusOf(ready));
        });
    }

    private static void MapModels(WebApplication app, ModelRepository repository, ModelMonitoring monitoring)
    {
        foreach (var path in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            app.MapGet(path, (HttpContext context) => Answer(context, () =>
                Write(context, Metadata(context, repository), ProtocolJsonContext.Default.ModelMetadata)));
            app.MapGet(path + "/ready", (HttpContext context) => Answer(context, () =>
            {
                var (name, version) = Path(context);
                var ready = repository.IsReady(name, version);
                return Write(context, new ModelReady(name, ready), ProtocolJsonContext.Default.ModelReady, StatusOf(ready));
            }));
            app.MapGet(path + "/features", (HttpContext context) => Answer(context, () => WriteFeatures(context, repository, monitoring)));
        }
    }

    private static void MapRepository(WebApplication app, ModelRepository repository, ModelServerOptions options)
    {
        app.MapPost("/v2/repository/index", (HttpContext context) => Answer(context, async () =>
        {
            var request = await ReadAsync(context, ProtocolJsonContext.Default.IndexQuery).ConfigureAwait(false);
            await Write(context, [.. repository.Index(request?.Ready ?? false)], ProtocolJsonContext.Default.ModelIndexEntryArray).ConfigureAwait(false);
        }));
        app.MapPost("/v2/repository/models/{model}/load", (HttpContext context) => Answer(context, async () =>
        {
            var name = ControlledModel(context, options);
            var request = await ReadAsync(context, ProtocolJsonContext.Default.ModelControlRequest).ConfigureAwait(false);
            // What a model is may be said by its signed artifact alone, not by a request.
            if (request?.Parameters?.Keys.FirstOrDefault() is { } parameter)
                throw RequestException.BadRequest($"parameter '{parameter}' is not supported: a model is loaded as its artifact says");
            await repository.LoadAsync(name, context.RequestAborted).ConfigureAwait(false);
            await Write(context, new ModelLoaded(name, true), ProtocolJsonContext.Default.ModelLoaded).ConfigureAwait(false);
        }));
        app.MapPost("/v2/repository/models/{model}/unload", (HttpContext context) => Answer(context, async () =>
        {
            var name = ControlledModel(context, options);
            // 'unload_dependents' may be there; nothing depends on a model here.
            await ReadAsync(context, ProtocolJsonContext.Default.ModelControlRequest).ConfigureAwait(false);
            await repository.UnloadAsync(name, context.RequestAborted).ConfigureAwait(false);
            await Write(context, new ModelUnloaded(name, true), ProtocolJsonContext.Default.ModelUnloaded).ConfigureAwait(false);
        }));
    }

    private static string ControlledModel(HttpContext context, ModelServerOptions options) => options.ModelControl
        ? Path(context).Name
        : throw RequestException.NotControlled();

    private static int StatusOf(bool ready) => ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;

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

    private static async Task WriteFeatures(HttpContext context, ModelRepository repository, ModelMonitoring monitoring)
    {
        var (name, version) = Path(context);
        using var lease = repository.Acquire(name, version);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        FeatureReport.Write(json, lease.Model.Name, lease.Model.Version, monitoring.Of(lease.Model));
    }

    /// <summary>A small body; null when there is none.</summary>
    private static async ValueTask<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        if (context.Request.ContentLength > MaxSmallBodyBytes)
            throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"the body is larger than the {MaxSmallBodyBytes} bytes that are allowed here");
        using var body = new MemoryStream();
        var buffer = new byte[4096];
        for (int count; (count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0;)
        {
            if (body.Length + count > MaxSmallBodyBytes)
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, $"the body is larger than the {MaxSmallBodyBytes} bytes that are allowed here");
            body.Write(buffer, 0, count);
        }
        try
        {
            return body.Length == 0 ? default : JsonSerializer.Deserialize(body.GetBuffer().AsSpan(0, (int)body.Length), type);
        }
        catch (JsonException e)
        {
            throw RequestException.BadRequest($"the body is not valid JSON: {e.Message}", e);
        }
    }

    private static async Task Answer(HttpContext context, Func<Task> answer)
    {
        try
        {
            await answer().ConfigureAwait(false);
        }
        catch (RequestException e)
        {
            await Errors.WriteAsync(context, e).ConfigureAwait(false);
        }
    }

    private static Task Write<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(value, type, cancellationToken: context.RequestAborted);
    }
}
