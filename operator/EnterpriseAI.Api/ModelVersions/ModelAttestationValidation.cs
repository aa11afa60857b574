using System.Text.RegularExpressions;

namespace EnterpriseAI.Api;

/// <summary>Checks the attestations that a <see cref="ModelVersion"/> asks for.</summary>
internal static partial class ModelAttestationValidation
{
    private const string Path = "spec.attestations";

    /// <summary>As many as fit the termination message that their outcomes come back in.</summary>
    public const int MaxAttestations = 16;

    private const int MaxVex = 8;

    public static void Check(FieldChecks checks, ModelVersionSpec spec)
    {
        checks.Unless(spec.Attestations.Count <= MaxAttestations, Path, $"has {spec.Attestations.Count} items; at most {MaxAttestations} are allowed");
        checks.Unique(Path, "attestation", spec.Attestations.Select(a => a.Name));
        for (var i = 0; i < spec.Attestations.Count; i++)
            Attestation(checks, $"{Path}[{i}]", spec.Attestations[i], spec.Signature);
    }

    private static void Attestation(FieldChecks checks, string path, ModelAttestation attestation, SignatureRequirement? signature)
    {
        checks.Label($"{path}.name", attestation.Name);
        Bundle(checks, $"{path}.bundle", attestation.Bundle);
        checks.Unless(attestation.Vex.Count <= MaxVex, $"{path}.vex", $"has {attestation.Vex.Count} items; at most {MaxVex} are allowed");
        for (var i = 0; i < attestation.Vex.Count; i++)
            Bundle(checks, $"{path}.vex[{i}]", attestation.Vex[i]);
        if (attestation.Signature is { } own)
            SignatureValidation.Check(checks, $"{path}.signature", own);
        else
            checks.Unless(signature is not null, $"{path}.signature", "is missing, and so is spec.signature, which it would be taken from: say who must have signed the statement");

        var type = attestation.Type;
        checks.Unless(attestation.Vex.Count == 0 || type == AttestationType.Vulnerabilities, $"{path}.vex", $"is for the type Vulnerabilities, not for {type}");
        checks.Unless(attestation.BillOfMaterials is null || type is AttestationType.CycloneDx or AttestationType.Spdx, $"{path}.billOfMaterials", $"is for the types CycloneDx and Spdx, not for {type}");
        checks.Unless(attestation.Vulnerabilities is null || type == AttestationType.Vulnerabilities, $"{path}.vulnerabilities", $"is for the type Vulnerabilities, not for {type}");
        checks.Digest($"{path}.billOfMaterials.digest", attestation.BillOfMaterials?.Digest);
        checks.Duration($"{path}.vulnerabilities.maxAge", attestation.Vulnerabilities?.MaxAge);
        if (type != AttestationType.SlsaProvenance)
            checks.Unless(attestation.SlsaProvenance is null, $"{path}.slsaProvenance", $"is for the type SlsaProvenance, not for {type}");
        else if (attestation.SlsaProvenance is { } provenance)
            Provenance(checks, $"{path}.slsaProvenance", provenance);
        else
            NoBuilder(checks, $"{path}.slsaProvenance.builderIds");
    }

    private static void Provenance(FieldChecks checks, string path, ProvenanceRequirement provenance)
    {
        if (provenance.BuilderIds.Count == 0)
            NoBuilder(checks, $"{path}.builderIds");
        for (var i = 0; i < provenance.BuilderIds.Count; i++)
            checks.Required($"{path}.builderIds[{i}]", provenance.BuilderIds[i]);
        for (var i = 0; i < provenance.BuildTypes.Count; i++)
            checks.Required($"{path}.buildTypes[{i}]", provenance.BuildTypes[i]);
        // An empty text is no wildcard.
        if (provenance.Source is { } source)
            checks.Required($"{path}.source", source);
        if (provenance.SourceRef is { } reference)
            checks.Required($"{path}.sourceRef", reference);
        checks.Unless(provenance.SourceRef is null || provenance.Source is not null, $"{path}.sourceRef", "needs source: a branch or tag means something in its repository only");
        for (var i = 0; i < provenance.Materials.Count; i++)
            checks.Unless(MaterialForm().IsMatch(provenance.Materials[i] ?? ""), $"{path}.materials[{i}]", $"'{provenance.Materials[i]}' is not a digest: use sha256: and 64, or gitCommit: and 40 or 64 lower-case hexadecimal digits");
    }

    private static void NoBuilder(FieldChecks checks, string path) =>
        checks.Add(path, "name at least one trusted builder: provenance is worth as much as its builder");

    private static void Bundle(FieldChecks checks, string path, AttestationBundle? bundle)
    {
        checks.Required($"{path}.configMapKeyRef.name", bundle?.ConfigMapKeyRef.Name);
        if (!string.IsNullOrWhiteSpace(bundle?.ConfigMapKeyRef.Name))
            checks.ObjectName($"{path}.configMapKeyRef.name", bundle.ConfigMapKeyRef.Name);
        checks.Required($"{path}.configMapKeyRef.key", bundle?.ConfigMapKeyRef.Key);
    }

    [GeneratedRegex(@"\A(?:sha256:[0-9a-f]{64}|gitCommit:(?:[0-9a-f]{40}|[0-9a-f]{64}))\z")]
    private static partial Regex MaterialForm();
}
