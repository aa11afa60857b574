using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// Decides how far a <see cref="ModelVersion"/> is: verified, past its gates, approved, and so ready to be served; or taken out of
/// service. How the artifact is verified is <see cref="VerificationDecision"/>; everything else follows from the resource, its job and
/// the policies alone.
/// </summary>
public static class ModelVersionDecision
{
    /// <summary>An end that is nearer than this is announced by the condition Expiring, or a quarter of the approvals' time if that is less.</summary>
    public static readonly TimeSpan LongestNotice = TimeSpan.FromDays(14);

    public static ModelVersionPlan Decide(ModelVersionObservation observation, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var present = resource.Status ?? new ModelVersionStatus();
        var conditions = new ConditionSet(present.Conditions, resource, now);
        // Before all else: whatever is wrong with the rest of the spec, a revocation holds.
        if (resource.Spec.Revoked)
            return Revoke(observation, present, conditions);
        if (SpecValidation.Validate(resource) is [var error, ..])
            return Stopped(resource, present, conditions.False("Ready", "InvalidSpec", $"{error.Path}: {error.Message}"), ModelVersionPhase.Failed);
        if (Distrusted(observation, present) is { } distrusted)
            return Distrust(observation, present, conditions, distrusted);
        var plan = VerificationDecision.IsDue(observation, now)
            ? VerificationDecision.Verify(observation, present, conditions, now)
            : Judge(observation, present, conditions, [], now) with { Delete = VerificationDecision.Outdated(observation) };
        plan = Retention.Keep(observation, now, plan);
        // A distrust that was lifted, or a notice that somebody made: what is not revoked may start.
        return observation.RevocationNotice is { } notice ? plan with { Delete = [.. plan.Delete, ObjectDeletion.Of(CoreResources.ConfigMaps, notice)] } : plan;
    }

    /// <summary>Provenance, attestations, gates, approvals and stage of a verified artifact.</summary>
    internal static ModelVersionPlan Judge(
        ModelVersionObservation observation, ModelVersionStatus verified, ConditionSet conditions, List<Transition> transitions, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var spec = resource.Spec;
        var before = resource.Status?.Conditions ?? [];
        if (Distrusted(observation, verified) is { } distrusted)
            return Distrust(observation, verified, conditions, distrusted) with { Transitions = transitions };

        ProvenanceCheck.Judge(resource, observation.TrainingJob, conditions);
        Card(spec.Card, conditions);
        var attested = AttestationCheck.Judge(spec, verified, before, conditions, transitions);
        var passed = Gates(spec, before, conditions, transitions);
        var tally = ApprovalTally.Of(spec.Approvals, now);
        Approvals(resource, tally, conditions, transitions);
        var notice = Expiring(spec, tally, conditions, now);

        var phase = !attested || !passed ? ModelVersionPhase.Failed
            : tally.Rejecting.Count > 0 ? ModelVersionPhase.Rejected
            : !tally.IsApproved ? ModelVersionPhase.AwaitingApproval
            : spec.Stage == ModelStage.Archived ? ModelVersionPhase.Archived
            : ModelVersionPhase.Ready;
        switch (phase)
        {
            case ModelVersionPhase.Failed when !attested:
                conditions.False("Ready", AttestationCheck.Refused, conditions.MessageOf(AttestationCheck.Condition));
                break;
            case ModelVersionPhase.Failed:
                conditions.False("Ready", "GateFailed", conditions.MessageOf("GatesPassed"));
                break;
            case ModelVersionPhase.Rejected or ModelVersionPhase.AwaitingApproval:
                conditions.False("Ready", phase == ModelVersionPhase.Rejected ? "Rejected" : tally.Expired.Count > 0 ? "ApprovalExpired" : "AwaitingApproval", conditions.MessageOf("Approved"));
                break;
            case ModelVersionPhase.Archived:
                conditions.False("Ready", "Archived", "spec.stage is Archived; it is not rolled out any more");
                break;
            default:
                conditions.True("Ready", "Ready", $"verified, {spec.Gates.Count} gates passed, {conditions.MessageOf("Approved")}");
                break;
        }
        Record(resource, phase, tally, before, conditions, transitions);

        var next = VerificationDecision.NextAt(resource.Spec, verified);
        return new ModelVersionPlan
        {
            Status = verified with
            {
                ObservedGeneration = resource.Metadata.Generation,
                Phase = phase,
                Stage = spec.Stage,
                RecordedDecisions = spec.Approvals?.Granted.Count ?? 0,
                NextVerificationAt = next,
                ExpiresAt = tally.HoldsUntil,
                Conditions = conditions.ToList(),
            },
            Transitions = transitions,
            RequeueAfter = Earliest(now, next, tally.HoldsUntil, notice),
        };
    }

    internal static ModelVersionPlan Stopped(ModelVersion resource, ModelVersionStatus present, ConditionSet conditions, ModelVersionPhase phase) => new()
    {
        Status = present with { ObservedGeneration = resource.Metadata.Generation, Phase = phase, Conditions = conditions.ToList() },
    };

    private static void Card(ModelCard? card, ConditionSet conditions)
    {
        if (CardCheck.Missing(card) is { Count: > 0 } missing)
            conditions.False(CardCheck.Condition, "Incomplete", $"spec.card lacks {string.Join(", ", missing)}; a policy may refuse the version for it");
        else
            conditions.True(CardCheck.Condition, "Complete", "the model card is complete");
    }

    private static bool Gates(ModelVersionSpec spec, IReadOnlyList<V1Condition> before, ConditionSet conditions, List<Transition> transitions)
    {
        var result = EvaluationGates.Judge(spec.Gates, spec.Evaluation);
        var leftOut = result.LeftOut.Count == 0 ? "" : $"; {string.Join("; ", result.LeftOut)}";
        if (result.Failures.Count == 0)
        {
            conditions.True("GatesPassed", spec.Gates.Count == 0 ? "NoGates" : "GatesPassed", $"{spec.Gates.Count} of {spec.Gates.Count} gates passed{leftOut}");
            if (!Conditions.IsTrue(before, "GatesPassed"))
                transitions.Add(new Transition("ModelVersionGatesPassed", spec.Artifact.Digest, conditions.MessageOf("GatesPassed")));
            return true;
        }

        conditions.False("GatesPassed", "GateFailed", string.Join("; ", result.Failures) + leftOut);
        if (!before.Any(c => c is { Type: "GatesPassed", Status: "False" }))
            transitions.Add(new Transition("ModelVersionGateFailed", spec.Artifact.Digest, conditions.MessageOf("GatesPassed")) { IsWarning = true });
        return false;
    }

    private static void Approvals(ModelVersion resource, ApprovalTally tally, ConditionSet conditions, List<Transition> transitions)
    {
        var spec = resource.Spec;
        var command = $"kubectl enterpriseai model approve {resource.Metadata.Name} -n {resource.Metadata.Namespace}";
        var names = Names(tally.Approving);
        if (tally.Rejecting.Count > 0)
            conditions.False("Approved", "Rejected", $"rejected by {string.Join(", ", tally.Rejecting.Select(Said))}; it waits until they withdraw it or approve");
        else if (tally.IsApproved)
            conditions.True("Approved", tally.Required == 0 ? "NoApprovalRequired" : "Approved", tally.Required == 0 ? "no approval is required" : $"approved by {names}");
        else
        {
            var expired = tally.Expired.Count == 0 ? "" : $"; expired: {Names(tally.Expired)}";
            conditions.False("Approved", tally.Expired.Count > 0 ? "ApprovalExpired" : "AwaitingApproval",
                $"{tally.Approving.Count} of {tally.Required} approvals given{(names.Length == 0 ? "" : $" ({names})")}{expired}; approve with: {command}");
        }

        // The list only grows, so its length tells which decisions are new.
        foreach (var decision in (spec.Approvals?.Granted ?? []).Skip(resource.Status?.RecordedDecisions ?? 0).Where(a => a is { By: not null, At: not null }))
        {
            var (action, what) = decision.Decision switch
            {
                ApproverDecision.Reject => ("ModelVersionRejected", "rejected"),
                ApproverDecision.Withdraw => ("ModelVersionDecisionWithdrawn", "a decision was withdrawn"),
                _ => ("ModelVersionApproved", "approved"),
            };
            var at = decision.At!.Value.ToString("O", CultureInfo.InvariantCulture);
            transitions.Add(new Transition(action, $"{spec.Artifact.Digest}/{decision.By}/{at}", $"{what} by {Said(decision)}")
            {
                Actor = decision.By,
                IsWarning = decision.Decision == ApproverDecision.Reject,
                Details = new Dictionary<string, string> { ["at"] = at, ["digest"] = spec.Artifact.Digest },
            });
        }
    }

    /// <returns>When the condition has to change.</returns>
    private static DateTimeOffset? Expiring(ModelVersionSpec spec, ApprovalTally tally, ConditionSet conditions, DateTimeOffset now)
    {
        if (tally.HoldsUntil is not { } until || spec.Approvals?.ValidFor is not { } validFor)
        {
            conditions.Remove("Expiring");
            return null;
        }

        var notice = validFor.ToTimeSpan() / 4 < LongestNotice ? validFor.ToTimeSpan() / 4 : LongestNotice;
        if (now >= until - notice)
            conditions.True("Expiring", "ApprovalExpiring", $"too few approvals hold after {Text(until)}; have it approved again before");
        else
            conditions.False("Expiring", "Valid", $"the approvals hold until {Text(until)}");
        return until - notice;
    }

    /// <summary>What becomes of the version as a whole.</summary>
    private static void Record(
        ModelVersion resource, ModelVersionPhase phase, ApprovalTally tally, IReadOnlyList<V1Condition> before, ConditionSet conditions, List<Transition> transitions)
    {
        var occurrence = $"{resource.Spec.Artifact.Digest}/{resource.Metadata.Generation}";
        if (phase == ModelVersionPhase.Ready && (!Conditions.IsTrue(before, "Ready") || IsNewGeneration(resource)))
            transitions.Add(new Transition("ModelVersionReady", $"{occurrence}{NotReadySince(before)}", conditions.MessageOf("Ready")));
        if (phase == ModelVersionPhase.AwaitingApproval && tally.Expired.Count > 0 && Conditions.Find(before, "Approved")?.Reason != "ApprovalExpired")
            transitions.Add(new Transition("ModelVersionApprovalExpired", $"{occurrence}/{Latest(tally.Expired)}", conditions.MessageOf("Approved")) { IsWarning = true });
        if (resource.Status?.Stage is { } stage && stage != resource.Spec.Stage)
            transitions.Add(new Transition("ModelVersionStageChanged", $"{occurrence}/{resource.Spec.Stage}", $"stage {stage} -> {resource.Spec.Stage}"));
    }

    // A distrust may come and go within one generation; the time since which the version was not ready tells the returns apart.
    private static string NotReadySince(IReadOnlyList<V1Condition> before) =>
        Conditions.Find(before, "Ready") is { Status: "False", Reason: "Distrusted", LastTransitionTime: { } since } ? $"/{since.ToUnixTimeSeconds()}" : "";

    private static ModelVersionPlan Revoke(ModelVersionObservation observation, ModelVersionStatus present, ConditionSet conditions)
    {
        var resource = observation.Resource;
        var message = $"revoked: {resource.Spec.RevokedReason ?? "no reason given"}";
        var first = present.Phase != ModelVersionPhase.Revoked || IsNewGeneration(resource);
        return Stopped(resource, present, conditions.False("Ready", "Revoked", message), ModelVersionPhase.Revoked) with
        {
            Apply = [DesiredObject.Of(CoreResources.ConfigMaps, RevocationNotice.Build(resource, message), observation.RevocationNotice)],
            Transitions = first ? [new Transition("ModelVersionRevoked", $"{resource.Spec.Artifact.Digest}/{resource.Metadata.Generation}", message) { IsWarning = true }] : [],
        };
    }

    private static (PolicyDistrust By, string Message)? Distrusted(ModelVersionObservation observation, ModelVersionStatus verified)
    {
        // A version rests on whoever vouches for it, too.
        IReadOnlyList<ModelSigner> signers = [.. verified.Attestations.Select(attestation => attestation.Signer).Prepend(verified.Signer).OfType<ModelSigner>()];
        foreach (var distrust in observation.Distrusted)
        {
            if (distrust.Concerns(observation.Resource.Spec, signers) is { } message)
                return (distrust, message);
        }
        return null;
    }

    private static ModelVersionPlan Distrust(ModelVersionObservation observation, ModelVersionStatus present, ConditionSet conditions, (PolicyDistrust By, string Message) distrust)
    {
        var resource = observation.Resource;
        var before = Conditions.Find(resource.Status?.Conditions, "Ready");
        var first = before is not { Reason: "Distrusted" } || before.Message != distrust.Message || IsNewGeneration(resource);
        return Stopped(resource, present, conditions.False("Ready", "Distrusted", distrust.Message), ModelVersionPhase.Revoked) with
        {
            Apply = [DesiredObject.Of(CoreResources.ConfigMaps, RevocationNotice.Build(resource, distrust.Message), observation.RevocationNotice)],
            Transitions = first
                ? [new Transition("ModelVersionDistrusted", $"{resource.Spec.Artifact.Digest}/{resource.Metadata.Generation}/{distrust.By.Uid}/{distrust.By.Generation}", distrust.Message) { IsWarning = true }]
                : [],
        };
    }

    /// <summary>
    /// Whether the log must hear again of what the status says already: the entry of a generation in between may have been written by
    /// an operator that was killed before its status was, and would otherwise be the last word.
    /// </summary>
    private static bool IsNewGeneration(ModelVersion resource) => resource.Status?.ObservedGeneration != resource.Metadata.Generation;

    private static string Names(IEnumerable<Approval> approvals) => string.Join(", ", approvals.Select(a => a.By));

    private static string Said(Approval approval) => approval.By + (approval.Comment is { Length: > 0 } comment ? $": {comment}" : "");

    private static string Latest(IEnumerable<Approval> approvals) => Text(approvals.Max(a => a.At)!.Value);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static TimeSpan? Earliest(DateTimeOffset now, params ReadOnlySpan<DateTimeOffset?> times)
    {
        TimeSpan? earliest = null;
        foreach (var time in times)
        {
            if (time is { } at && at > now && !(at - now >= earliest))
                earliest = at - now;
        }
        return earliest;
    }
}
