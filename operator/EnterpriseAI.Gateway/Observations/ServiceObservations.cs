using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Observations;

/// <summary>The counters of one service since its present (or last) candidate was first seen. Guarded by the store's lock, except where atomic.</summary>
internal sealed class ServiceObservations
{
    private long _unserved;

    /// <summary>Name of the present or last candidate; null before the first.</summary>
    public string? Candidate { get; private set; }

    public SortedDictionary<string, RevisionObservations> Revisions { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests that found no endpoint, since this gateway first saw the service: the demand for a service scaled to zero.</summary>
    public long Unserved => Volatile.Read(ref _unserved);

    public void CountUnserved() => Interlocked.Increment(ref _unserved);

    /// <summary>Brings the counters in line with a route: another candidate starts all of them again.</summary>
    public void Follow(ServiceRoute route)
    {
        if (route.Candidate is { } candidate && candidate.Name != Candidate)
        {
            Candidate = candidate.Name;
            foreach (var gone in Revisions.Keys.Where(name => name != candidate.Name && name != route.Stable?.Name).ToList()) Revisions.Remove(gone);
            foreach (var revision in Revisions.Values) revision.Reset();
        }
        foreach (var revision in Revisions.Values) revision.Weight = 0;
        if (route.Stable is { } stable) Of(stable.Name).Take(RevisionRole.Stable, stable.Weight);
        if (route.Candidate is { } trial) Of(trial.Name).Take(RevisionRole.Candidate, trial.Weight);
    }

    public RevisionObservations Of(string revision)
    {
        if (!Revisions.TryGetValue(revision, out var found)) Revisions[revision] = found = new RevisionObservations(revision);
        return found;
    }
}
