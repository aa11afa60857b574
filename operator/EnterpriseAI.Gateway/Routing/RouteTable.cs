using System.Collections.Immutable;

namespace EnterpriseAI.Gateway.Routing;

/// <summary>What the gateway serves at one moment. Immutable: a change is a new table, swapped in whole.</summary>
/// <param name="Services">In order of precedence: of two services that claim one host name, the first gets it.</param>
public sealed record RouteTable(ImmutableArray<ServiceRoute> Services)
{
    /// <summary>A table that serves nothing.</summary>
    public static RouteTable Empty { get; } = new([]);
}

/// <summary>One InferenceService: at most one stable revision and at most one candidate.</summary>
/// <param name="Namespace">Namespace of the InferenceService.</param>
/// <param name="Name">Name of the InferenceService.</param>
/// <param name="Hosts">Host names it answers besides <c>{name}.{namespace}</c>.</param>
/// <param name="Stable">The revision that is trusted, or null before the first rollout has one.</param>
/// <param name="Candidate">The revision on trial, or null outside a rollout.</param>
public sealed record ServiceRoute(
    string Namespace,
    string Name,
    ImmutableArray<string> Hosts,
    RevisionRoute? Stable,
    RevisionRoute? Candidate)
{
    /// <summary><c>{namespace}/{name}</c>, for messages.</summary>
    public string FullName => $"{Namespace}/{Name}";
}

/// <summary>One revision of an InferenceService and the model servers that run it.</summary>
/// <param name="Name">The revision, as in the label <c>enterpriseai.io/revision</c>.</param>
/// <param name="ModelVersion">Name of the ModelVersion it serves.</param>
/// <param name="Weight">Relative to the weight of the other revision; 0 gets no request.</param>
/// <param name="Endpoints">Base addresses of ready model servers; may be empty.</param>
public sealed record RevisionRoute(string Name, string ModelVersion, int Weight, ImmutableArray<Uri> Endpoints);

/// <summary>The part a revision plays in its service.</summary>
public enum RevisionRole
{
    /// <summary>Trusted; gets what the candidate does not.</summary>
    Stable,

    /// <summary>On trial; gets its share by weight.</summary>
    Candidate,
}
