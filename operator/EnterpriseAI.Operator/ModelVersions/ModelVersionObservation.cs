using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Everything a decision about a <see cref="ModelVersion"/> may depend on.</summary>
/// <param name="Resource">The model version as cached.</param>
/// <param name="InspectPod">The pod of the present round of verification, if there is one.</param>
/// <param name="ModelServerImage">The image that verifies and loads artifacts.</param>
public sealed record ModelVersionObservation(ModelVersion Resource, V1Pod? InspectPod, string ModelServerImage)
{
    /// <summary>The image that fetches artifacts.</summary>
    public string AgentImage { get; init; } = "";

    /// <summary>The node's folder for fetched artifacts, or null.</summary>
    public string? ModelCache { get; init; }

    /// <summary>The Sigstore trusted root that the operator was installed with, as JSON; null when there is none.</summary>
    public string? InstalledTrustedRoot { get; init; }

    /// <summary>The ConfigMap with that root for this version, if there is one.</summary>
    public V1ConfigMap? TrustedRoot { get; init; }

    /// <summary>The state of the ConfigMaps that the version names as evidence and that are watched; null when there are none.</summary>
    public string? Evidence { get; init; }

    /// <summary>Pods of earlier rounds.</summary>
    public IReadOnlyList<V1Pod> FormerPods { get; init; } = [];

    /// <summary>The network policy of those pods, if there is one.</summary>
    public V1NetworkPolicy? NetworkPolicy { get; init; }

    /// <summary>The ConfigMap that tells pods that start that the version is revoked, if there is one.</summary>
    public V1ConfigMap? RevocationNotice { get; init; }

    /// <summary>The job that <c>spec.provenance</c> names, if there is one.</summary>
    public TrainingJob? TrainingJob { get; init; }

    /// <summary>Names of the services that want the version or have pods of it.</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];

    /// <summary>What the policies of the namespace distrust.</summary>
    public IReadOnlyList<PolicyDistrust> Distrusted { get; init; } = [];
}

/// <summary>What one policy distrusts.</summary>
/// <param name="Policy">Name of the policy.</param>
/// <param name="Uid">Of the policy.</param>
/// <param name="Generation">Of the policy: distrust that is lifted and comes back is another occurrence.</param>
/// <param name="Distrust">The signer or data.</param>
public sealed record PolicyDistrust(string Policy, string Uid, long Generation, Distrust Distrust)
{
    /// <summary>Why a version that these signed, or attested something of, is not trusted; null when it is.</summary>
    public string? Concerns(ModelVersionSpec spec, IReadOnlyList<ModelSigner> signers)
    {
        var what = Distrust switch
        {
            { KeyId: { } key } when signers.Any(signer => signer.KeyId == key) => $"the key {key}",
            { Identity: { } identity } when signers.Any(signer => signer.Identity == identity) => $"the signer {identity}",
            { DataSource: { } data } when spec.Provenance?.DataSources.Any(d => d.Name == data.Name && (data.Digest is null || d.Digest is null || d.Digest == data.Digest)) is true => $"the data source {data.Name}",
            _ => null,
        };
        return what is null ? null : $"policy {Policy} distrusts {what}: {Distrust.Reason}";
    }
}
