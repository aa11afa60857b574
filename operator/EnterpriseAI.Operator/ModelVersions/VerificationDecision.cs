using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// Decides on one round of verification: a pod of its own reads the artifact, and its answer is the only source of what the status says
/// of digest and signature. Rounds follow each other by <c>spec.verification.interval</c>.
/// </summary>
/// <remarks>
/// Guarantees: a version that was ready stays so while it is verified again, and while its artifact merely cannot be reached; bytes that
/// are not what was signed end it at once.
/// </remarks>
internal static class VerificationDecision
{
    /// <summary>How long after the first failed verification the artifact and its attestations are looked at again: a missing file may appear.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);

    /// <summary>How long it is at most, however often the verification has failed: each one needs a pod.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    public static bool IsDue(ModelVersionObservation observation, DateTimeOffset now)
    {
        var resource = observation.Resource;
        return !IsVerified(resource)
            || NextAt(resource.Spec, resource.Status!) is { } next && now >= next
            || IsRefused(resource.Status!)
            || AttestationCheck.IsRefused(resource.Spec, resource.Status!) && IsEdited(resource, resource.Status!)
            // A round that has begun is brought to its end.
            || observation.InspectPod is not null
            // The root that vouched is another one now, or what was attested.
            || InstalledTrustedRoot.HasChanged(observation)
            || observation.Evidence is { } evidence && evidence != resource.Status!.Evidence;
    }

    /// <summary>When the next round begins; null when there is none.</summary>
    public static DateTimeOffset? NextAt(ModelVersionSpec spec, ModelVersionStatus verified)
    {
        if (AttestationCheck.IsRefused(spec, verified))
            return verified.VerifiedAt is { } last ? RetryAt(verified, AttestationCheck.Condition, last) : null;
        var interval = (spec.Verification ?? new VerificationSchedule()).Interval.ToTimeSpan();
        return interval > TimeSpan.Zero ? verified.VerifiedAt + interval : null;
    }

    /// <summary>Pods of rounds that are over; the last one stays for its log.</summary>
    public static IReadOnlyList<ObjectDeletion> Outdated(ModelVersionObservation observation) =>
        [.. observation.FormerPods.OrderByDescending(pod => pod.Metadata.CreationTimestamp).Skip(1).Select(pod => ObjectDeletion.Of(CoreResources.Pods, pod))];

    public static ModelVersionPlan Verify(ModelVersionObservation observation, ModelVersionStatus present, ConditionSet conditions, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var outcome = PodOutcome.Of(observation.InspectPod);
        switch (outcome.Phase)
        {
            case PodPhase.Absent:
                var root = InstalledTrustedRoot.Of(observation);
                if (root.Problem is { } problem)
                    return ModelVersionDecision.Stopped(resource, present, conditions.False("Ready", "TrustedRootMissing", problem), ModelVersionPhase.Failed);
                return Verifying(observation, present, conditions, "VerificationPending", "the pod that verifies the artifact is being created", now) with
                {
                    Apply =
                    [
                        .. root.Apply,
                        DesiredObject.Of(CoreResources.NetworkPolicies, InspectPod.NetworkPolicy(resource), observation.NetworkPolicy),
                        DesiredObject.Once(CoreResources.Pods, InspectPod.Build(resource, observation.Evidence, observation.ModelServerImage, observation.AgentImage, observation.ModelCache), null),
                    ],
                };

            case PodPhase.Running:
                return Verifying(observation, present, conditions, "Verifying", "the artifact's digest and signature are being verified", now);

            case PodPhase.Waiting:
                var reason = outcome.Message!.Contains("persistentvolumeclaim", StringComparison.OrdinalIgnoreCase) ? "VolumeNotAvailable"
                    : outcome.Reason == "ContainerCreating" ? "Verifying" : outcome.Reason!;
                return Verifying(observation, present, conditions, reason, $"the pod {InspectPod.Name(resource, observation.Evidence)} that verifies the artifact waits: {outcome.Message}", now);

            case PodPhase.Failed:
                return Refuse(observation, present, conditions, outcome, now);

            default:
                return Take(observation, present, conditions, outcome, now);
        }
    }

    private static ModelVersionPlan Take(ModelVersionObservation observation, ModelVersionStatus present, ConditionSet conditions, PodOutcome outcome, DateTimeOffset now)
    {
        var resource = observation.Resource;
        InspectResult result;
        try
        {
            result = InspectResult.Parse(outcome.Result);
        }
        catch (JsonException e)
        {
            return ModelVersionDecision.Stopped(resource, present,
                conditions.False("Ready", "UnreadableResult", $"the result of pod {InspectPod.Name(resource, observation.Evidence)} is of another shape ({e.Message}); operator and model-server image must be of one version"),
                ModelVersionPhase.Failed);
        }

        var signer = result.Signer is { } found ? new ModelSigner { KeyId = found.KeyId, Identity = found.Identity, Issuer = found.Issuer, LogIndex = found.LogIndex } : null;
        conditions.True("ArtifactAvailable", "ArtifactRead", $"the artifact was read; its digest is {result.Digest}");
        if (resource.Spec.Signature is null)
            conditions.Unknown("SignatureVerified", "SignatureNotRequired", "the spec names no key, so only the digest was verified");
        else
            conditions.True("SignatureVerified", "SignatureValid", signer?.Identity is { } identity ? $"signed by {identity}, vouched for by {signer.Issuer}" : $"signed by the key {signer?.KeyId}");

        var verified = present with
        {
            Digest = result.Digest,
            Signer = signer,
            Attestations = AttestationCheck.Outcomes(resource.Spec, result.Attestations),
            Interface = result.Interface,
            Graph = result.ToGraph(),
            VerifiedAt = outcome.FinishedAt ?? now,
            Evidence = observation.Evidence,
        };
        // A round that finds what the one before found is no transition.
        var isNews = !IsVerified(resource) || present.Signer != signer
            // An attestation that does not hold yet is no news of the artifact, though it brings rounds.
            || (present.Phase == ModelVersionPhase.Failed && Conditions.Find(present.Conditions, "Ready")?.Reason != AttestationCheck.Refused);
        var transition = new Transition("ModelVersionVerified", $"{result.Digest}{(present.VerifiedAt is null ? "" : $"/{verified.VerifiedAt:O}")}",
            $"digest {result.Digest} and {(resource.Spec.Signature is null ? "no signature" : "signature")} verified")
        {
            Details = new Dictionary<string, string> { ["digest"] = result.Digest, ["keyId"] = signer?.KeyId ?? "", ["identity"] = signer?.Identity ?? "" },
        };
        return ModelVersionDecision.Judge(observation, verified, conditions, isNews ? [transition] : [], now);
    }

    private static ModelVersionPlan Refuse(ModelVersionObservation observation, ModelVersionStatus present, ConditionSet conditions, PodOutcome outcome, DateTimeOffset now)
    {
        var (resource, pod, reason, message) = (observation.Resource, observation.InspectPod!, outcome.Reason!, outcome.Message!);
        var isForged = VerificationFailures.Contains(reason);
        // Who mended the spec need not wait.
        var retryAt = IsEdited(resource, present) ? now : RetryAt(present, isForged ? "SignatureVerified" : "ArtifactAvailable", outcome.FinishedAt ?? now);
        IReadOnlyList<ObjectDeletion> delete = now >= retryAt ? [ObjectDeletion.Of(CoreResources.Pods, pod)] : [];
        var requeue = now >= retryAt ? TimeSpan.FromSeconds(1) : retryAt - now;
        if (!isForged && IsVerified(resource) && present.Phase != ModelVersionPhase.Failed)
        {
            // What was verified before does not become wrong because a server is away.
            conditions.False("ArtifactAvailable", reason, message);
            return ModelVersionDecision.Judge(observation, present, conditions, [], now) with { Delete = delete, RequeueAfter = requeue };
        }

        if (isForged && resource.Spec.Attestations.Count > 0)
        {
            // What was said of the bytes that were there before says nothing of these.
            conditions.Unknown(AttestationCheck.Condition, reason, "the artifact is not what was named or signed, so what is attested of it was not looked at");
            present = present with { Attestations = [] };
        }
        if (isForged)
            conditions.True("ArtifactAvailable", "ArtifactRead", "the artifact was read").False("SignatureVerified", reason, message);
        else
            conditions.False("ArtifactAvailable", reason, message);
        conditions.False("Ready", reason, message);
        var first = present.Phase != ModelVersionPhase.Failed || Conditions.Find(present.Conditions, "Ready")?.Reason != reason;
        return ModelVersionDecision.Stopped(resource, present, conditions, ModelVersionPhase.Failed) with
        {
            Transitions = first ? [new Transition("ModelVersionRefused", $"{resource.Spec.Artifact.Digest}/{reason}/{pod.Metadata.Uid}", message) { IsWarning = true }] : [],
            Delete = delete,
            RequeueAfter = requeue,
        };
    }

    private static ModelVersionPlan Verifying(
        ModelVersionObservation observation, ModelVersionStatus present, ConditionSet conditions, string reason, string message, DateTimeOffset now)
    {
        var resource = observation.Resource;
        if (IsVerified(resource) && !IsRefused(present))
            return ModelVersionDecision.Judge(observation, present, conditions, [], now);
        // A refused artifact stays refused while it is looked at again; only a success changes that.
        if (present.Phase == ModelVersionPhase.Failed && present.ObservedGeneration == resource.Metadata.Generation && (reason is "Verifying" or "VerificationPending"))
            return new ModelVersionPlan { Status = present };
        conditions.Unknown("SignatureVerified", reason, message).False("Ready", reason, message);
        if (reason == "VolumeNotAvailable")
            conditions.False("ArtifactAvailable", reason, message);
        return ModelVersionDecision.Stopped(resource, present, conditions, ModelVersionPhase.Verifying);
    }

    // As long again as it has failed already, so the waits double without a count that a status would have to keep.
    private static DateTimeOffset RetryAt(ModelVersionStatus present, string condition, DateTimeOffset last)
    {
        var since = Conditions.Find(present.Conditions, condition) is { Status: "False", LastTransitionTime: { } first } ? first : last;
        var failing = last - since;
        return last + (failing < FirstRetry ? FirstRetry : failing > LongestRetry ? LongestRetry : failing);
    }

    private static bool IsEdited(ModelVersion resource, ModelVersionStatus present) => present.ObservedGeneration is { } seen && seen != resource.Metadata.Generation;

    private static bool IsVerified(ModelVersion resource) => resource.Status is { VerifiedAt: not null } status && status.Digest == resource.Spec.Artifact.Digest;

    /// <summary>The last round found bytes that are not what was signed; only another round can change that.</summary>
    private static bool IsRefused(ModelVersionStatus status) => Conditions.Find(status.Conditions, "SignatureVerified") is { Status: "False" };
}
