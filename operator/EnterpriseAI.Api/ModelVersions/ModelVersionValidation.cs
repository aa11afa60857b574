using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Api;

/// <summary>Checks a <see cref="ModelVersion"/>.</summary>
internal static class ModelVersionValidation
{
    private static readonly string[] Changeable = ["stage", "approvals", "revoked", "revokedReason"];

    public static IReadOnlyList<FieldError> Check(ModelVersion version)
    {
        var checks = new FieldChecks();
        checks.Name(version);
        var spec = version.Spec;
        checks.Label("spec.model", spec.Model);
        checks.Version("spec.version", spec.Version);
        Artifact(checks, spec.Artifact, version.Status);
        if (spec.Provenance is { } provenance)
            Provenance(checks, provenance);
        if (spec.Signature is { } signature)
            Signature(checks, signature);
        for (var i = 0; i < spec.Evaluation.Count; i++)
        {
            checks.Required($"spec.evaluation[{i}].metric", spec.Evaluation[i].Metric);
            checks.Unless(double.IsFinite(spec.Evaluation[i].Value), $"spec.evaluation[{i}].value", "must be a finite number");
        }

        Gates(checks, "spec.gates", spec.Gates);
        checks.Range("spec.approvals.required", spec.Approvals?.Required, 0, 10);
        return checks.Errors;
    }

    public static IReadOnlyList<FieldError> CheckChange(ModelVersionSpec before, ModelVersionSpec after)
    {
        var checks = new FieldChecks();
        var (old, @new) = (Json(before), Json(after));
        foreach (var field in old.Select(p => p.Key).Union(@new.Select(p => p.Key)).Except(Changeable))
        {
            if (!JsonNode.DeepEquals(old[field], @new[field]))
                checks.Add($"spec.{field}", $"cannot be changed; only {string.Join(", ", Changeable)} can. Create a new ModelVersion");
        }

        checks.Unless(!before.Revoked || after.Revoked, "spec.revoked", "a revocation cannot be undone; create a new ModelVersion");
        return checks.Errors;
    }

    public static void Gates(FieldChecks checks, string path, IReadOnlyList<EvaluationGate> gates)
    {
        for (var i = 0; i < gates.Count; i++)
        {
            checks.Required($"{path}[{i}].metric", gates[i].Metric);
            checks.Unless(gates[i].Minimum is not null || gates[i].Maximum is not null, $"{path}[{i}]", "set minimum, maximum or both");
            checks.Order($"{path}[{i}]", gates[i].Minimum, gates[i].Maximum);
        }
    }

    private static void Artifact(FieldChecks checks, ModelArtifact artifact, ModelVersionStatus? status)
    {
        if (!ArtifactUri.TryParse(artifact.Uri, out var uri, out var error))
            checks.Add("spec.artifact.uri", error);
        else if (uri.Scheme == ArtifactScheme.Pvc)
            checks.ObjectName("spec.artifact.uri", uri.Authority);
        checks.Digest("spec.artifact.digest", artifact.Digest);
        checks.Unless(
            status is not { VerifiedAt: not null, Digest: { } verified } || verified == artifact.Digest, "spec.artifact.digest",
            $"differs from the digest {status?.Digest} that was verified; a version's artifact cannot be changed, create a new ModelVersion");
    }

    private static void Provenance(FieldChecks checks, ModelProvenance provenance)
    {
        checks.ObjectName("spec.provenance.trainingJob", provenance.TrainingJob);
        for (var i = 0; i < provenance.DataSources.Count; i++)
        {
            checks.ObjectName($"spec.provenance.dataSources[{i}].name", provenance.DataSources[i].Name);
            checks.Digest($"spec.provenance.dataSources[{i}].digest", provenance.DataSources[i].Digest);
        }

        checks.Unless(
            provenance.Source?.Commit is not { } commit || (commit.Length is 40 or 64 && commit.All(char.IsAsciiHexDigitLower)),
            "spec.provenance.source.commit", $"'{provenance.Source?.Commit}' is not a commit: use 40 or 64 lower-case hexadecimal digits");
    }

    private static void Signature(FieldChecks checks, SignatureRequirement signature)
    {
        checks.ExactlyOne("spec.signature", ("publicKey", signature.PublicKey is not null), ("keyless", signature.Keyless is not null));
        checks.ObjectName("spec.signature.publicKey.secretKeyRef.name", signature.PublicKey?.SecretKeyRef.Name);
        if (signature.PublicKey is { } key)
            checks.Required("spec.signature.publicKey.secretKeyRef.key", key.SecretKeyRef.Key);
        if (signature.Keyless is { } keyless)
        {
            checks.Required("spec.signature.keyless.identity", keyless.Identity);
            checks.Url("spec.signature.keyless.issuer", keyless.Issuer, httpsOnly: true);
        }
    }

    private static JsonObject Json(ModelVersionSpec spec) =>
        JsonSerializer.SerializeToNode(spec, ApiJsonContext.Default.ModelVersionSpec)!.AsObject();
}
