using System.Text.Json.Serialization;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>The body of every answer the gateway gives by itself, in the form the Open Inference Protocol gives errors.</summary>
/// <param name="Error">What is wrong, and where the client can do something about it, what.</param>
internal sealed record ErrorBody(string Error)
{
    public static async Task WriteAsync(HttpContext context, int code, string error)
    {
        context.Response.StatusCode = code;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        try
        {
            await context.Response.WriteAsJsonAsync(new ErrorBody(error), ErrorJsonContext.Default.ErrorBody, cancellationToken: context.RequestAborted)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to read it.
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class ErrorJsonContext : JsonSerializerContext;
