using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Judges what the pod that verified a version found out about its attestations.</summary>
/// <remarks>Guarantees: fails closed; an attestation that is asked for and of which nothing was told does not hold.</remarks>
internal static class AttestationCheck
{
    public const string Condition = "AttestationsVerified";

    /// <summary>The reason of Ready when an attestation does not hold.</summary>
    public const string Refused = "AttestationRefused";

    private const string NotVerified = "NotVerified";

    /// <summary>What the status says after a round: one entry for each attestation that is asked for.</summary>
    public static IReadOnlyList<VerifiedAttestation> Outcomes(ModelVersionSpec spec, IReadOnlyList<InspectedAttestation>? inspected) =>
        [.. spec.Attestations.Select(asked => (inspected ?? []).Where(one => one.Name == asked.Name).ToList() is [var told] ? Outcome(asked, told, asked.Signature ?? spec.Signature) : Untold(asked))];

    /// <summary>Whether an attestation that is asked for does not hold; only another round can change that.</summary>
    public static bool IsRefused(ModelVersionSpec spec, ModelVersionStatus status) => spec.Attestations.Any(asked => !Find(asked, status).Verified);

    /// <returns>Whether all hold.</returns>
    public static bool Judge(ModelVersionSpec spec, ModelVersionStatus verified, IReadOnlyList<V1Condition> before, ConditionSet conditions, List<Transition> transitions)
    {
        if (spec.Attestations.Count == 0)
        {
            conditions.Unknown(Condition, "NoAttestations", "spec.attestations asks for none");
            return true;
        }

        var outcomes = spec.Attestations.Select(asked => Find(asked, verified)).ToList();
        var refused = outcomes.Where(outcome => !outcome.Verified).ToList();
        var occurrence = $"{spec.Artifact.Digest}/{verified.VerifiedAt:O}";
        var details = new Dictionary<string, string> { ["digest"] = spec.Artifact.Digest, ["attestations"] = string.Join(", ", outcomes.Select(Named)) };
        if (refused.Count == 0)
        {
            conditions.True(Condition, "AttestationsVerified", string.Join("; ", outcomes.Select(Said)));
            if (!Conditions.IsTrue(before, Condition))
                transitions.Add(new Transition("ModelVersionAttestationsVerified", occurrence, conditions.MessageOf(Condition)) { Details = details });
            return true;
        }

        var step = refused[0].Step ?? NotVerified;
        conditions.False(Condition, step, string.Join("; ", refused.Select(Said)));
        if (Conditions.Find(before, Condition) is not { Status: "False" } was || was.Reason != step)
            transitions.Add(new Transition("ModelVersionAttestationRefused", $"{occurrence}/{step}", conditions.MessageOf(Condition)) { IsWarning = true, Details = details });
        return false;
    }

    private static VerifiedAttestation Find(ModelAttestation asked, ModelVersionStatus status) =>
        status.Attestations.FirstOrDefault(outcome => outcome.Name == asked.Name && outcome.Type == asked.Type) ?? Untold(asked);

    private static VerifiedAttestation Outcome(ModelAttestation asked, InspectedAttestation told, SignatureRequirement? signature)
    {
        var outcome = new VerifiedAttestation { Name = asked.Name, Type = asked.Type, Verified = told.Verified, Message = told.Message };
        return !told.Verified ? outcome with { Step = told.Step ?? NotVerified } : outcome with
        {
            BuilderId = told.BuilderId,
            Source = told.Source,
            // The pod verified exactly this identity.
            Signer = new ModelSigner { Identity = signature?.Keyless?.Identity, Issuer = signature?.Keyless?.Issuer, KeyId = told.KeyId, LogIndex = told.LogIndex },
        };
    }

    private static VerifiedAttestation Untold(ModelAttestation asked) => new()
    {
        Name = asked.Name,
        Type = asked.Type,
        Step = NotVerified,
        Message = "the pod that verified the version told nothing of it; operator and model-server image must be of one version",
    };

    private static string Said(VerifiedAttestation outcome) => outcome.Message is { Length: > 0 } message ? $"{Named(outcome)}: {message}" : Named(outcome);

    private static string Named(VerifiedAttestation outcome) => $"{outcome.Name} ({outcome.Type}{(outcome.Step is { } step ? $", {step}" : "")})";
}
