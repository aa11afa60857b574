using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Api;

/// <summary>Checks a <see cref="ModelVersion"/>.</summary>
internal static class ModelVersionValidation
{
    /// <summary>Metrics that compare groups; computed from the metrics of their slices.</summary>
    private static readonly string[] GroupMetrics = ["demographic_parity_difference", "disparate_impact", "equalized_odds_difference"];

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1);

    private static readonly string[] Changeable = ["stage", "ttlSecondsAfterArchived", "approvals", "revoked", "revokedReason"];

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
            SignatureValidation.Check(checks, "spec.signature", signature);
        ModelAttestationValidation.Check(checks, spec);
        for (var i = 0; i < spec.Evaluation.Count; i++)
        {
            checks.Required($"spec.evaluation[{i}].metric", spec.Evaluation[i].Metric);
            checks.Unless(double.IsFinite(spec.Evaluation[i].Value), $"spec.evaluation[{i}].value", "must be a finite number");
        }

        Gates(checks, "spec.gates", spec.Gates);
        checks.Range("spec.approvals.required", spec.Approvals?.Required, 0, 10);
        checks.Duration("spec.approvals.validFor", spec.Approvals?.ValidFor);
        Verification(checks, spec.Verification);
        checks.Range("spec.ttlSecondsAfterArchived", spec.TtlSecondsAfterArchived, 0, double.PositiveInfinity);
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
            checks.Range($"{path}[{i}].minGroupSize", gates[i].MinGroupSize, 1, int.MaxValue);
            if (gates[i].GroupBy is not { } attribute)
                continue;
            checks.Unless(gates[i].Slice is null, $"{path}[{i}]", "set groupBy or slice, not both");
            checks.Unless(GroupMetrics.Contains(gates[i].Metric), $"{path}[{i}].metric", $"is '{gates[i].Metric}'; with groupBy it must be one of {string.Join(", ", GroupMetrics)}");
            checks.Unless(attribute.Length > 0 && attribute.IndexOfAny(['=', '*']) < 0, $"{path}[{i}].groupBy", $"'{attribute}' is not the name of an attribute: use one without '=' and '*', such as sex");
        }
    }

    private static void Artifact(FieldChecks checks, ModelArtifact artifact, ModelVersionStatus? status)
    {
        if (!ArtifactUri.TryParse(artifact.Uri, out var uri, out var error))
            checks.Add("spec.artifact.uri", error);
        else if (uri.Scheme == ArtifactScheme.Pvc)
            checks.ObjectName("spec.artifact.uri", uri.Authority);
        else if (uri.Scheme == ArtifactScheme.Oci)
            checks.Unless(uri.Path.Contains("@sha256:", StringComparison.Ordinal), "spec.artifact.uri", $"'{artifact.Uri}' names no digest; a tag may move: use oci://registry/repository@sha256:…");
        checks.Unless(artifact.S3 is null || uri?.Scheme is null or ArtifactScheme.S3, "spec.artifact.s3", "is only for addresses that begin with s3://");
        checks.Unless(artifact.SecretRef is null || uri?.Scheme is not ArtifactScheme.Pvc, "spec.artifact.secretRef", "is not for volumes, which need no credentials");
        checks.Unless(artifact.CaBundleRef is null || uri?.Scheme is not ArtifactScheme.Pvc, "spec.artifact.caBundleRef", "is not for volumes, which need no connection");
        checks.ObjectName("spec.artifact.caBundleRef.name", artifact.CaBundleRef?.Name);
        checks.Url("spec.artifact.s3.endpoint", artifact.S3?.Endpoint);
        checks.ObjectName("spec.artifact.secretRef.name", artifact.SecretRef?.Name);
        checks.Digest("spec.artifact.digest", artifact.Digest);
        checks.Unless(
            status is not { VerifiedAt: not null, Digest: { } verified } || verified == artifact.Digest, "spec.artifact.digest",
            $"differs from the digest {status?.Digest} that was verified; a version's artifact cannot be changed, create a new ModelVersion");
    }

    private static void Verification(FieldChecks checks, VerificationSchedule? schedule)
    {
        const string path = "spec.verification.interval";
        checks.Duration(path, schedule?.Interval, zero: true);
        if (schedule?.Interval is { IsValid: true } interval && interval.ToTimeSpan() is var length)
            checks.Unless(length == TimeSpan.Zero || length >= ShortestInterval, path, $"is {interval}; use at least 1m, or 0s to verify once only");
        checks.Resources("spec.verification.resources", schedule?.Resources);
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

    private static JsonObject Json(ModelVersionSpec spec) =>
        JsonSerializer.SerializeToNode(spec, ApiJsonContext.Default.ModelVersionSpec)!.AsObject();
}
