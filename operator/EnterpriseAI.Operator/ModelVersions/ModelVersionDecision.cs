using System.Globalization;
using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// Decides how far a <see cref="ModelVersion"/> is: verified, past its gates, approved, and so ready to be served; or
/// revoked. Everything but the verification follows from the spec alone.
/// </summary>
public static class ModelVersionDecision
{
    /// <summary>How long after a failed verification the artifact is looked at again: a missing file may appear.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(60);

    // Failures that say the bytes were found but are not what was signed or named.
    private static readonly HashSet<string> NotWhatWasSigned =
        ["DigestMismatch", "SignatureMissing", "SignatureInvalid", "WrongKey", "PublicKeyMissing", "KeyInvalid", "Malformed"];

    public static ModelVersionPlan Decide(ModelVersionObservation observation, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var present = resource.Status ?? new ModelVersionStatus();
        var conditions = new ConditionSet(present.Conditions, resource, now);
        if (SpecValidation.Validate(resource) is [var error, ..])
            return Stopped(resource, present, conditions.False("Ready", "InvalidSpec", $"{error.Path}: {error.Message}"), ModelVersionPhase.Failed);
        if (resource.Spec.Revoked)
            return Revoke(resource, present, conditions);
        if (resource.Spec.Signature?.Keyless is not null)
            return Stopped(resource, present, conditions.False("Ready", "NotSupported", "spec.signature.keyless is not verified by this version; use spec.signature.publicKey"), ModelVersionPhase.Failed);
        if (ClaimUri.TryParse(resource.Spec.Artifact.Uri) is not { } artifact)
            return Stopped(resource, present, conditions.False("Ready", "NotSupported", $"spec.artifact.uri '{resource.Spec.Artifact.Uri}' cannot be read by this version; use pvc://CLAIM/PATH"), ModelVersionPhase.Failed);

        return present.VerifiedAt is not null && present.Digest == resource.Spec.Artifact.Digest
            ? Judge(resource, present, conditions, [], now)
            : Verify(observation, artifact, present, conditions, now);
    }

    private static ModelVersionPlan Verify(
        ModelVersionObservation observation, ClaimUri artifact, ModelVersionStatus present, ConditionSet conditions, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var outcome = PodOutcome.Of(observation.InspectPod);
        switch (outcome.Phase)
        {
            case PodPhase.Absent:
                return Verifying(resource, present, conditions, "VerificationPending", "the pod that verifies the artifact is being created") with
                {
                    Apply =
                    [
                        DesiredObject.Of(CoreResources.NetworkPolicies, InspectPod.NetworkPolicy(resource), observation.NetworkPolicy),
                        DesiredObject.Once(CoreResources.Pods, InspectPod.Build(resource, artifact, observation.ModelServerImage), null),
                    ],
                };

            case PodPhase.Running:
                return Verifying(resource, present, conditions, "Verifying", "the artifact's digest and signature are being verified");

            case PodPhase.Waiting:
                var reason = outcome.Message!.Contains("persistentvolumeclaim", StringComparison.OrdinalIgnoreCase) ? "VolumeNotAvailable"
                    : outcome.Reason == "ContainerCreating" ? "Verifying" : outcome.Reason!;
                return Verifying(resource, present, conditions, reason, $"the pod {InspectPod.Name(resource)} that verifies the artifact waits: {outcome.Message}");

            case PodPhase.Failed:
                return Refuse(resource, present, conditions, observation.InspectPod!, outcome, now);
        }

        InspectResult result;
        try
        {
            result = InspectResult.Parse(outcome.Result);
        }
        catch (JsonException e)
        {
            return Stopped(resource, present,
                conditions.False("Ready", "UnreadableResult", $"the result of pod {InspectPod.Name(resource)} is of another shape ({e.Message}); operator and model-server image must be of one version"),
                ModelVersionPhase.Failed);
        }

        conditions.True("ArtifactAvailable", "ArtifactRead", $"the artifact was read; its digest is {result.Digest}");
        if (resource.Spec.Signature is null)
            conditions.Unknown("SignatureVerified", "SignatureNotRequired", "the spec names no key, so only the digest was verified");
        else
            conditions.True("SignatureVerified", "SignatureValid", $"signed by the key {result.Signer?.KeyId}");

        var verified = present with
        {
            Digest = result.Digest,
            Signer = result.Signer is null ? null : new ModelSigner { KeyId = result.Signer.KeyId },
            Interface = result.Interface,
            VerifiedAt = outcome.FinishedAt ?? now,
        };
        var transition = new Transition("ModelVersionVerified", result.Digest, $"digest {result.Digest} and {(resource.Spec.Signature is null ? "no signature" : "signature")} verified")
        {
            Details = new Dictionary<string, string> { ["digest"] = result.Digest, ["keyId"] = result.Signer?.KeyId ?? "" },
        };
        return Judge(resource, verified, conditions, [transition], now);
    }

    private static ModelVersionPlan Refuse(
        ModelVersion resource, ModelVersionStatus present, ConditionSet conditions, V1Pod pod, PodOutcome outcome, DateTimeOffset now)
    {
        var (reason, message) = (outcome.Reason!, outcome.Message!);
        if (NotWhatWasSigned.Contains(reason))
            conditions.True("ArtifactAvailable", "ArtifactRead", "the artifact was read").False("SignatureVerified", reason, message);
        else
            conditions.False("ArtifactAvailable", reason, message);
        conditions.False("Ready", reason, message);

        var first = present.Phase != ModelVersionPhase.Failed || present.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Reason != reason;
        var retryAt = (outcome.FinishedAt ?? now) + RetryAfter;
        return Stopped(resource, present, conditions, ModelVersionPhase.Failed) with
        {
            Transitions = first ? [new Transition("ModelVersionRefused", $"{resource.Spec.Artifact.Digest}/{reason}/{pod.Metadata.Uid}", message) { IsWarning = true }] : [],
            Delete = now >= retryAt ? [ObjectDeletion.Of(CoreResources.Pods, pod)] : [],
            RequeueAfter = now >= retryAt ? TimeSpan.FromSeconds(1) : retryAt - now,
        };
    }

    /// <summary>Gates and approvals of a verified artifact.</summary>
    private static ModelVersionPlan Judge(
        ModelVersion resource, ModelVersionStatus verified, ConditionSet conditions, List<Transition> transitions, DateTimeOffset now)
    {
        var spec = resource.Spec;
        var before = resource.Status?.Conditions ?? [];
        var failures = EvaluationGates.Failures(spec.Gates, spec.Evaluation);
        if (failures.Count == 0)
        {
            conditions.True("GatesPassed", spec.Gates.Count == 0 ? "NoGates" : "GatesPassed", $"{spec.Gates.Count} of {spec.Gates.Count} gates passed");
            if (!IsTrue(before, "GatesPassed"))
                transitions.Add(new Transition("ModelVersionGatesPassed", spec.Artifact.Digest, conditions.MessageOf("GatesPassed")));
        }
        else
        {
            conditions.False("GatesPassed", "GateFailed", string.Join("; ", failures));
            if (!before.Any(c => c is { Type: "GatesPassed", Status: "False" }))
                transitions.Add(new Transition("ModelVersionGateFailed", spec.Artifact.Digest, conditions.MessageOf("GatesPassed")) { IsWarning = true });
        }

        var required = spec.Approvals?.Required ?? 1;
        var approvers = (spec.Approvals?.Granted ?? [])
            .Where(a => a is { By: not null, At: not null }).GroupBy(a => a.By!, StringComparer.Ordinal).Select(g => g.First()).ToList();
        var approved = approvers.Count >= required;
        var names = string.Join(", ", approvers.Select(a => a.By));
        if (approved)
            conditions.True("Approved", required == 0 ? "NoApprovalRequired" : "Approved", required == 0 ? "no approval is required" : $"approved by {names}");
        else
        {
            conditions.False("Approved", "AwaitingApproval",
                $"{approvers.Count} of {required} approvals given{(names.Length == 0 ? "" : $" ({names})")}; approve with: kubectl enterpriseai approve {resource.Metadata.Name} -n {resource.Metadata.Namespace}");
        }

        // Every pass sees the same list of approvals; the log records each once, by its approver.
        var seen = before.FirstOrDefault(c => c.Type == "Approved")?.Message;
        if (seen != conditions.MessageOf("Approved"))
        {
            foreach (var approval in approvers)
            {
                transitions.Add(new Transition("ModelVersionApproved", $"{spec.Artifact.Digest}/{approval.By}", $"approved by {approval.By}{(approval.Comment is { Length: > 0 } comment ? $": {comment}" : "")}")
                {
                    Actor = approval.By,
                    Details = new Dictionary<string, string> { ["at"] = approval.At!.Value.ToString("O", CultureInfo.InvariantCulture), ["digest"] = spec.Artifact.Digest },
                });
            }
        }

        var phase = failures.Count > 0 ? ModelVersionPhase.Failed
            : !approved ? ModelVersionPhase.AwaitingApproval
            : spec.Stage == ModelStage.Archived ? ModelVersionPhase.Archived
            : ModelVersionPhase.Ready;
        switch (phase)
        {
            case ModelVersionPhase.Failed:
                conditions.False("Ready", "GateFailed", conditions.MessageOf("GatesPassed"));
                break;
            case ModelVersionPhase.AwaitingApproval:
                conditions.False("Ready", "AwaitingApproval", conditions.MessageOf("Approved"));
                break;
            case ModelVersionPhase.Archived:
                conditions.False("Ready", "Archived", "spec.stage is Archived; it is not rolled out any more");
                break;
            default:
                conditions.True("Ready", "Ready", $"verified, {spec.Gates.Count} gates passed, {conditions.MessageOf("Approved")}");
                if (!IsTrue(before, "Ready") || IsNewGeneration(resource))
                    transitions.Add(new Transition("ModelVersionReady", $"{spec.Artifact.Digest}/{resource.Metadata.Generation}", conditions.MessageOf("Ready")));
                break;
        }

        return new ModelVersionPlan
        {
            Status = verified with { ObservedGeneration = resource.Metadata.Generation, Phase = phase, Conditions = conditions.ToList() },
            Transitions = transitions,
        };
    }

    private static ModelVersionPlan Revoke(ModelVersion resource, ModelVersionStatus present, ConditionSet conditions)
    {
        var message = $"revoked: {resource.Spec.RevokedReason ?? "no reason given"}";
        var first = present.Phase != ModelVersionPhase.Revoked || IsNewGeneration(resource);
        return Stopped(resource, present, conditions.False("Ready", "Revoked", message), ModelVersionPhase.Revoked) with
        {
            Transitions = first ? [new Transition("ModelVersionRevoked", $"{resource.Spec.Artifact.Digest}/{resource.Metadata.Generation}", message) { IsWarning = true }] : [],
        };
    }

    private static ModelVersionPlan Verifying(ModelVersion resource, ModelVersionStatus present, ConditionSet conditions, string reason, string message)
    {
        // A refused artifact stays refused while it is looked at again; only a success changes that.
        if (present.Phase == ModelVersionPhase.Failed && present.ObservedGeneration == resource.Metadata.Generation && (reason is "Verifying" or "VerificationPending"))
            return new ModelVersionPlan { Status = present };
        conditions.Unknown("SignatureVerified", reason, message).False("Ready", reason, message);
        if (reason == "VolumeNotAvailable")
            conditions.False("ArtifactAvailable", reason, message);
        return Stopped(resource, present, conditions, ModelVersionPhase.Verifying);
    }

    private static ModelVersionPlan Stopped(ModelVersion resource, ModelVersionStatus present, ConditionSet conditions, ModelVersionPhase phase) => new()
    {
        Status = present with { ObservedGeneration = resource.Metadata.Generation, Phase = phase, Conditions = conditions.ToList() },
    };

    /// <summary>
    /// Whether the log must hear again of what the status says already: the entry of a generation in between may have been written by
    /// an operator that was killed before its status was, and would otherwise be the last word.
    /// </summary>
    private static bool IsNewGeneration(ModelVersion resource) => resource.Status?.ObservedGeneration != resource.Metadata.Generation;

    private static bool IsTrue(IReadOnlyList<V1Condition> conditions, string type) => conditions.Any(c => c.Type == type && c.Status == "True");
}
