using System.Collections.Immutable;
using EnterpriseAI.Gateway.Observations;

namespace EnterpriseAI.Gateway.Routing;

/// <summary>A service of the present table, bound to its counters, ready to choose from without a lookup.</summary>
internal sealed class LiveService
{
    public LiveService(ServiceRoute route, ServiceObservations observations, LiveRevision? stable, LiveRevision? candidate)
    {
        Route = route;
        Observations = observations;
        Stable = stable;
        Candidate = candidate;
        CandidateShare = ShareOf(route);
    }

    public ServiceRoute Route { get; }

    public ServiceObservations Observations { get; }

    public LiveRevision? Stable { get; }

    public LiveRevision? Candidate { get; }

    /// <summary>Probability, 0 to 1, that a request goes to the candidate.</summary>
    public double CandidateShare { get; }

    /// <summary>
    /// The share of the candidate: its weight over the sum of weights, and 0 while it has no endpoint, so that its requests go to the stable
    /// revision and are not counted as the candidate's.
    /// </summary>
    public static double ShareOf(ServiceRoute route) =>
        route.Candidate is { Weight: > 0, Endpoints.Length: > 0 } candidate
            ? (double)candidate.Weight / ((long)candidate.Weight + (route.Stable?.Weight ?? 0))
            : 0;

    /// <summary>
    /// Chooses the revision of one request. A stable revision without endpoints is not replaced by the candidate: an untested model must not
    /// get all traffic because the tested one is down.
    /// </summary>
    /// <returns>A revision with at least one endpoint, or null when the request cannot be served.</returns>
    public LiveRevision? Choose(Random random)
    {
        var chosen = CandidateShare > 0 && random.NextDouble() < CandidateShare ? Candidate : Stable;
        return chosen is { Endpoints.IsEmpty: false } ? chosen : null;
    }
}

/// <summary>A revision of the present table with its model servers and its counters.</summary>
internal sealed class LiveRevision(
    RevisionRoute route,
    RevisionObservations observations,
    ObservationWindow window,
    ImmutableArray<Upstream> endpoints)
{
    public RevisionRoute Route { get; } = route;

    public RevisionObservations Observations { get; } = observations;

    public ObservationWindow Window { get; } = window;

    public ImmutableArray<Upstream> Endpoints { get; } = endpoints;

    /// <summary>
    /// The less busy of two endpoints drawn at random: nearly as even as asking all of them, without the herd that follows one global minimum.
    /// </summary>
    /// <param name="random">Source of the two draws.</param>
    /// <param name="except">An endpoint to leave out because it just failed; null for none.</param>
    /// <exception cref="InvalidOperationException">No endpoint is left.</exception>
    public Upstream ChooseEndpoint(Random random, Upstream? except = null)
    {
        var excluded = except is null ? -1 : Endpoints.IndexOf(except);
        var count = Endpoints.Length - (excluded < 0 ? 0 : 1);
        if (count <= 0) throw new InvalidOperationException($"revision {Route.Name} has no endpoint left to choose");
        if (count == 1) return At(0);
        var first = random.Next(count);
        var second = random.Next(count - 1);
        if (second >= first) second++;
        var (a, b) = (At(first), At(second));
        return b.InFlight < a.InFlight ? b : a;

        Upstream At(int index) => Endpoints[excluded >= 0 && index >= excluded ? index + 1 : index];
    }
}
