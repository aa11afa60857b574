using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>What the pods of a revision are made of.</summary>
/// <param name="ModelServer">The image with the model server.</param>
/// <param name="Agent">The image that fetches artifacts.</param>
/// <param name="Cache">The node's folder for fetched artifacts, or null.</param>
public sealed record ServingImages(string ModelServer, string Agent, string? Cache);

/// <summary>Everything a decision about an <see cref="InferenceService"/> may depend on.</summary>
public sealed record InferenceServiceObservation
{
    public required InferenceService Resource { get; init; }

    /// <summary>Model versions of the namespace by name: the wanted one, those of the revisions that run, and those that served before.</summary>
    public required IReadOnlyDictionary<string, ModelVersion> ModelVersions { get; init; }

    /// <summary>Deployments that the service owns, by revision.</summary>
    public required IReadOnlyDictionary<string, V1Deployment> Deployments { get; init; }

    /// <summary>Pods of the service, by revision.</summary>
    public required ILookup<string, V1Pod> Pods { get; init; }

    public V1NetworkPolicy? NetworkPolicy { get; init; }

    public required ServiceTraffic Traffic { get; init; }

    /// <summary>Why enforced policies forbid to serve the wanted model version; empty when they do not.</summary>
    public IReadOnlyList<string> ForbiddenBy { get; init; } = [];

    /// <summary>What the pods are made of.</summary>
    public required ServingImages Images { get; init; }

    /// <summary>Host name of the gateways' Service, such as <c>enterpriseai-gateway.enterpriseai-system.svc</c>.</summary>
    public required string GatewayHost { get; init; }
}
