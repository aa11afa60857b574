using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Everything a decision about a <see cref="ModelVersion"/> may depend on.</summary>
/// <param name="Resource">The model version as cached.</param>
/// <param name="InspectPod">The pod that verifies the artifact, if there is one.</param>
/// <param name="ModelServerImage">The image that verifies and loads artifacts.</param>
public sealed record ModelVersionObservation(ModelVersion Resource, V1Pod? InspectPod, string ModelServerImage)
{
    /// <summary>The network policy of that pod, if there is one.</summary>
    public V1NetworkPolicy? NetworkPolicy { get; init; }
}
