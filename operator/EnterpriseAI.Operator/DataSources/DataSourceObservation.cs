using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>Everything a decision about a <see cref="DataSource"/> may depend on.</summary>
/// <param name="Resource">The data source as cached.</param>
/// <param name="ProfilePods">The pods that profile it, by name; usually one, two while a newer one takes over.</param>
/// <param name="AgentImage">The image that holds the agent.</param>
public sealed record DataSourceObservation(DataSource Resource, IReadOnlyDictionary<string, V1Pod> ProfilePods, string AgentImage)
{
    /// <summary>The network policy of those pods, if there is one.</summary>
    public V1NetworkPolicy? NetworkPolicy { get; init; }
}
