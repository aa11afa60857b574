using System.Collections.Immutable;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Observations;

/// <summary>The counters of all services: bound to each new table, read by the operator.</summary>
internal sealed class ObservationStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(string Namespace, string Name), ServiceObservations> _services = [];

    /// <summary>Ties a table to its counters, making those that are missing and dropping services that are gone.</summary>
    public ImmutableArray<LiveService> Bind(RouteTable table)
    {
        lock (_gate)
        {
            var present = table.Services.Select(service => (service.Namespace, service.Name)).ToHashSet();
            foreach (var gone in _services.Keys.Where(key => !present.Contains(key)).ToList()) _services.Remove(gone);
            return [.. table.Services.Select(Bind)];
        }
    }

    /// <summary>Reads all counters.</summary>
    /// <param name="instance">What tells this run of this gateway from others: counters start at zero with it.</param>
    public ObservationReport Report(string instance)
    {
        lock (_gate)
        {
            return new ObservationReport(instance, [.. _services.Select(entry => new ServiceReport(
                entry.Key.Namespace, entry.Key.Name, entry.Value.Unserved, [.. entry.Value.Revisions.Values.Select(ReportOf)]))]);
        }
    }

    /// <summary>
    /// The percentage under which requests are counted: the share the candidate really gets. While it has no endpoint that is 0, because
    /// requests that could not have gone to it say nothing about it. A split is never rounded to none or all.
    /// </summary>
    internal static int WindowKeyOf(ServiceRoute route) => LiveService.ShareOf(route) switch
    {
        0 => 0,
        1 => 100,
        var share => Math.Clamp((int)Math.Round(100 * share, MidpointRounding.AwayFromZero), 1, 99),
    };

    private LiveService Bind(ServiceRoute route)
    {
        var key = (route.Namespace, route.Name);
        if (!_services.TryGetValue(key, out var service)) _services[key] = service = new ServiceObservations();
        service.Follow(route);
        var candidateWeight = WindowKeyOf(route);
        return new LiveService(route, service, Live(route.Stable), Live(route.Candidate));

        LiveRevision? Live(RevisionRoute? revision)
        {
            if (revision is null) return null;
            var counters = service.Of(revision.Name);
            return new LiveRevision(revision, counters, counters.WindowFor(candidateWeight), counters.UpstreamsOf(revision.Endpoints));
        }
    }

    private static RevisionReport ReportOf(RevisionObservations revision) =>
        new(revision.Name, revision.Role, revision.Weight, revision.InFlight, [.. revision.Windows.Select(window => new WindowReport(
            window.Key, window.Value.Requests, window.Value.Errors, new LatencyReport(ObservationWindow.BoundsSeconds, window.Value.Latency)))]);
}
