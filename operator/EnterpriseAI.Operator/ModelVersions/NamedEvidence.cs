using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>The ConfigMaps that a version names as evidence: trusted roots, and bundles of attestations.</summary>
/// <remarks>Caveat: only those with the label <see cref="CommonLabels.Evidence"/> are watched; the others are read anew in every round, and no sooner.</remarks>
internal static class NamedEvidence
{
    public static IEnumerable<string> ConfigMapsOf(ModelVersionSpec spec) =>
        spec.Attestations.SelectMany(attestation => attestation.Vex.Append(attestation.Bundle)).Select(bundle => bundle.ConfigMapKeyRef.Name)
            .Concat(spec.Attestations.Select(attestation => attestation.Signature).Append(spec.Signature).Select(signature => signature?.Keyless?.TrustedRoot?.ConfigMapKeyRef.Name).OfType<string>())
            .Distinct(StringComparer.Ordinal);

    /// <summary>Tells one state of the watched ones from another; null when none is watched.</summary>
    /// <param name="watched">Those of them that are there and bear the label.</param>
    public static string? StateOf(IEnumerable<V1ConfigMap> watched)
    {
        var parts = watched.SelectMany(map => new[] { map.Metadata.Name ?? "", map.Metadata.Uid ?? "", map.Metadata.ResourceVersion ?? "" }).ToArray();
        return parts.Length == 0 ? null : ObjectNames.Hash(parts);
    }
}
