using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>What a policy asks of the attestations of a version. What counts is what was verified, not what the version asks for itself.</summary>
internal static class AttestationRules
{
    /// <summary>There is a verified attestation of each kind.</summary>
    public static Finding Kinds(ModelVersion version, IReadOnlyList<AttestationType> required)
    {
        var outcomes = version.Status?.Attestations ?? [];
        var missing = required.Where(type => !outcomes.Any(outcome => outcome.Type == type && outcome.Verified)).ToList();
        if (missing.Count == 0)
            return Finding.Pass($"verified: {string.Join(", ", outcomes.Where(outcome => outcome.Verified && required.Contains(outcome.Type)).Select(outcome => $"{outcome.Name} ({outcome.Type})"))}");
        var refused = outcomes.Where(outcome => missing.Contains(outcome.Type)).Select(outcome => $"; {outcome.Name} does not hold: {outcome.Step}: {outcome.Message}");
        return Finding.Fail(
            $"no verified attestation of the kind {string.Join(", ", missing)}{string.Concat(refused)}",
            $"name in spec.attestations of a new version a signed bundle of the type {string.Join(", ", missing)}, or mend the one that does not hold");
    }

    /// <summary>There is verified provenance, and all of it names an allowed builder.</summary>
    public static Finding Builders(ModelVersion version, Func<string, bool> isAllowed)
    {
        var provenance = (version.Status?.Attestations ?? []).Where(outcome => outcome is { Type: AttestationType.SlsaProvenance, Verified: true }).ToList();
        if (provenance.Count == 0)
            return Finding.Fail("no verified provenance names a builder", "name in spec.attestations of a new version SLSA provenance by an allowed builder");
        return provenance.FirstOrDefault(outcome => outcome.BuilderId is not { } builder || !isAllowed(builder)) is { } stranger
            ? Finding.Fail($"{stranger.Name} was built by '{stranger.BuilderId}', which is none of the builders that the policy allows", "build it by an allowed builder, or change the policy")
            : Finding.Pass($"built by {string.Join(", ", provenance.Select(outcome => outcome.BuilderId).Distinct())}");
    }
}
