using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Finds the model that a path names.</summary>
internal static class Models
{
    /// <exception cref="RequestException">404 for another model or version, 503 while it is being loaded.</exception>
    public static LoadedModel Require(HttpContext context, ModelServerOptions options, ModelRunner runner)
    {
        CheckName(context, options);
        return runner.Model ?? throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"model '{options.ModelName}' is being verified and loaded");
    }

    public static void CheckName(HttpContext context, ModelServerOptions options)
    {
        if (context.Request.RouteValues["model"] as string is { } model && model != options.ModelName)
            throw new RequestException(StatusCodes.Status404NotFound, $"model '{model}' is unknown: this server has '{options.ModelName}'");
        if (context.Request.RouteValues["version"] as string is { } version && version != options.ModelVersion)
            throw new RequestException(StatusCodes.Status404NotFound, options.ModelVersion is { } only
                ? $"version '{version}' of model '{options.ModelName}' is unknown: this server has '{only}'"
                : $"model '{options.ModelName}' is served without a version: leave '/versions/{version}' out");
    }

    public static ModelMetadata MetadataOf(LoadedModel model, ModelServerOptions options) => new(
        options.ModelName,
        options.ModelVersion is { } version ? [version] : null,
        "onnx_onnxv1",
        Describe(model.Session.Inputs),
        Describe(model.Session.Outputs));

    public static IReadOnlyList<TensorMetadata> Describe(IReadOnlyList<TensorDescription> tensors) =>
        [.. tensors.Select(static tensor => new TensorMetadata(tensor.Name, Datatype.Of(tensor.Type), tensor.Shape))];
}
