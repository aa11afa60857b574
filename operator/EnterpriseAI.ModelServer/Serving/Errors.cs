using System.Globalization;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Writes errors as the protocol has them.</summary>
internal static class Errors
{
    public static Task WriteAsync(HttpContext context, RequestException error) => WriteAsync(context, error.Status, error.Message);

    public static Task WriteAsync(HttpContext context, int status, string message)
    {
        // Once the response has begun, all that is left is to let the connection break.
        if (context.Response.HasStarted)
            return Task.CompletedTask;
        context.Response.Clear();
        context.Response.StatusCode = status;
        if (RequestException.RetryAfterOf(status) is { } after)
            context.Response.Headers.RetryAfter = after.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return context.Response.WriteAsJsonAsync(new ErrorMessage(message), ProtocolJsonContext.Readable.ErrorMessage, cancellationToken: context.RequestAborted);
    }
}
