using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EnterpriseAI.Telemetry;

/// <summary>The two endpoints that a kubelet probes.</summary>
public static class HealthExtensions
{
    /// <summary>
    /// Maps <c>GET /healthz</c> and <c>GET /readyz</c>: 200 <c>ok</c> where the function returns null, else 503 with the reason it returns.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="live">Why the process should be restarted, or null. Must not block.</param>
    /// <param name="ready">Why the process cannot do its work now, or null. Must not block.</param>
    public static void MapHealth(this IEndpointRouteBuilder endpoints, Func<string?> live, Func<string?> ready)
    {
        // Handlers that take the context themselves: for any other ASP.NET loads its expression compiler, which takes 8 MB.
        endpoints.MapGet("/healthz", context => Answer(live()).ExecuteAsync(context));
        endpoints.MapGet("/readyz", context => Answer(ready()).ExecuteAsync(context));
    }

    private static IResult Answer(string? reason) =>
        reason is null ? Results.Text("ok\n") : Results.Text(reason + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
