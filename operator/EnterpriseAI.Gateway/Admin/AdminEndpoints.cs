using EnterpriseAI.Controllers;
using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Telemetry;

namespace EnterpriseAI.Gateway.Admin;

/// <summary>What the operator and the kubelet ask of a gateway.</summary>
internal static class AdminEndpoints
{
    /// <summary>Maps <c>/v1/observations</c>, <c>/healthz</c> and <c>/readyz</c> (ready: a table is loaded, and the gateway does not drain).</summary>
    public static void MapAdmin(this WebApplication app, string instance)
    {
        var router = app.Services.GetRequiredService<Router>();
        var observations = app.Services.GetRequiredService<ObservationStore>();
        var informers = app.Services.GetServices<IInformer>().ToList();
        var drain = app.Services.GetRequiredService<DrainState>();
        app.MapHealth(
            live: () => null,
            ready: () => (router.IsLoaded, drain.Draining) switch
            {
                (false, _) => WhyNotLoaded(informers),
                (_, true) => "draining: the gateway was told to stop",
                _ => null,
            });
        app.MapGet("/v1/observations", (HttpContext context) =>
            context.Response.WriteAsJsonAsync(observations.Report(instance), ObservationJsonContext.Default.ObservationReport,
                cancellationToken: context.RequestAborted));
    }

    private static string WhyNotLoaded(IEnumerable<IInformer> informers) =>
        informers.FirstOrDefault(informer => informer is { HasSynced: false, LastError: not null }) is { } failing
            ? $"the routing table is not loaded yet: {failing.Name}: {failing.LastError}"
            : "the routing table is not loaded yet";
}
