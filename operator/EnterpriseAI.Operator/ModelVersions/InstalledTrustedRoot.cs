using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// The trusted root that the operator was installed with, for versions that ask for an identity and name no root. A pod can mount only
/// what is in its own namespace, so each such version has a copy.
/// </summary>
/// <param name="Apply">The copy as it should be; empty when none is needed.</param>
/// <param name="Problem">Why there is no root to verify with; null when there is one.</param>
internal sealed record InstalledTrustedRoot(IReadOnlyList<DesiredObject> Apply, string? Problem)
{
    public static InstalledTrustedRoot Of(ModelVersionObservation observation) =>
        Asker(observation.Resource) is not { } asker ? new([], null)
        : observation.InstalledTrustedRoot is not { } root ? new([], $"{asker} names no trusted root, and the operator was installed without one; set {asker}.trustedRoot, or the chart's trustedRoot")
        : new([DesiredObject.Of(CoreResources.ConfigMaps, Copy(observation.Resource, root), observation.TrustedRoot)], null);

    /// <summary>Whether the version was verified by another root than the one the operator has now.</summary>
    public static bool HasChanged(ModelVersionObservation observation) =>
        Asker(observation.Resource) is not null
        && observation is { InstalledTrustedRoot: { } root, TrustedRoot.Data: { } copy }
        && copy.TryGetValue(SignerMount.InstalledRootKey, out var used) && used != root;

    /// <summary>The first field that needs the installed root; null when none does.</summary>
    private static string? Asker(ModelVersion version)
    {
        if (version.Spec.Signature?.Keyless is { TrustedRoot: null })
            return "spec.signature.keyless";
        for (var i = 0; i < version.Spec.Attestations.Count; i++)
        {
            if (version.Spec.Attestations[i].Signature?.Keyless is { TrustedRoot: null })
                return $"spec.attestations[{i}].signature.keyless";
        }
        return null;
    }

    private static V1ConfigMap Copy(ModelVersion version, string root) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = SignerMount.InstalledRootName(version),
            Namespace = version.Metadata.Namespace,
            Labels = CommonLabels.With(new Dictionary<string, string> { [CommonLabels.ModelVersion] = CommonLabels.Value(version.Metadata.Name!) }),
            OwnerReferences = [V1OwnerReference.ControllerOf(version)],
        },
        Data = new Dictionary<string, string> { [SignerMount.InstalledRootKey] = root },
    };
}
