using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>
/// Decides which revisions of an <see cref="InferenceService"/> run and how much traffic the candidate gets. How a
/// candidate goes on is <see cref="RolloutDecision"/>.
/// </summary>
/// <remarks>
/// Guarantees: the stable revision is touched by nothing but its own health and a promotion. A revision that neither
/// serves nor is tried is deleted only when every gateway says that it routes nothing there. A spec that is wrong, or asks for
/// what this version cannot do, changes nothing of what serves.
/// </remarks>
public static class InferenceServiceDecision
{
    /// <summary>How often a service is looked at while a candidate is judged or a revision is drained.</summary>
    public static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public static InferenceServicePlan Decide(InferenceServiceObservation observation, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var present = resource.Status ?? new InferenceServiceStatus();
        var refusal = Refusal(observation);
        // A revision that was rejected may be tried again once the spec has changed.
        if (present.ObservedGeneration != resource.Metadata.Generation && present.RejectedRevisions.Count > 0 && refusal is null)
            present = present with { RejectedRevisions = StillWanted(observation, present) };

        var transitions = new List<Transition>();
        var status = RevocationDecision.Next(observation, present, transitions, now);
        if (refusal is null && status.Revoked is null)
        {
            var wanted = observation.ModelVersions[resource.Spec.ModelVersion];
            var revision = RevisionDeployment.Revision(resource, wanted);
            if (status.Stable is null)
            {
                status = status with { Stable = new StableRevision { ModelVersion = resource.Spec.ModelVersion, Revision = revision } };
                transitions.Add(new Transition("ServingStarted", $"{revision}{RemovedAt(present)}", $"{resource.Spec.ModelVersion} is the first version to serve")
                {
                    Details = new Dictionary<string, string> { ["modelVersion"] = resource.Spec.ModelVersion, ["digest"] = wanted.Spec.Artifact.Digest, ["revision"] = revision },
                });
            }
            else
                status = RolloutDecision.Next(observation, status, wanted, revision, transitions, now);
        }

        status = Health(observation, status, refusal, transitions, now);
        return new InferenceServicePlan
        {
            Apply = Desired(observation, status),
            Delete = Unneeded(observation, status, now),
            Transitions = transitions,
            Status = status,
            RequeueAfter = status.Candidate is not null || status.Revoked is not null || observation.Deployments.Keys.Any(r => !IsNeeded(r, observation, status)) || transitions.Count > 0 ? WatchInterval : null,
        };
    }

    // A service may end by a revocation and start again with the same revision.
    private static string RemovedAt(InferenceServiceStatus status) =>
        Conditions.Find(status.Conditions, "TrafficAvailable") is { Status: "False", LastTransitionTime: { } since } && status.ObservedGeneration is not null ? $"/{since.ToUnixTimeSeconds()}" : "";

    /// <summary>Why the wanted model version cannot be served, as a reason and a message; null when it can.</summary>
    private static (string Reason, string Message)? Refusal(InferenceServiceObservation observation)
    {
        var spec = observation.Resource.Spec;
        if (SpecValidation.Validate(observation.Resource) is [var error, ..])
            return ("InvalidSpec", $"{error.Path}: {error.Message}");
        if (Unsupported(spec) is { } unsupported)
            return ("NotSupported", unsupported);
        if (!observation.ModelVersions.TryGetValue(spec.ModelVersion, out var version))
            return ("ModelVersionNotFound", $"spec.modelVersion: there is no ModelVersion '{spec.ModelVersion}' in namespace '{observation.Resource.Metadata.Namespace}'");
        if (!Conditions.IsTrue(version.Status?.Conditions, "Ready"))
        {
            var why = Conditions.Find(version.Status?.Conditions, "Ready");
            return ("ModelVersionNotReady", $"ModelVersion {spec.ModelVersion} is not ready: {why?.Message ?? "it was not looked at yet"}");
        }
        if (observation.ForbiddenBy is [var policy, ..])
            return ("ForbiddenByPolicy", policy);
        return null;
    }

    // A field that would be ignored is refused: nobody shall believe in a protection or a scaling that is not there.
    private static string? Unsupported(InferenceServiceSpec spec) => spec switch
    {
        { Rollout.Strategy: not (RolloutStrategy.Canary or RolloutStrategy.Immediate) } => $"spec.rollout.strategy {spec.Rollout.Strategy} is not supported by this version; use Canary or Immediate",
        { Access: not null } => "spec.access is not supported by this version; leave it out and protect the gateway by other means",
        { Protection.Outlier: not null } => "spec.protection.outlier is not supported by this version; leave it out",
        { Monitoring: not null } => "spec.monitoring is not supported by this version; leave it out",
        { Routing.MatchHeaders.Count: > 0 } => "spec.routing.matchHeaders is not supported by this version; leave it out",
        { Routing.SessionAffinity: not SessionAffinity.None } => "spec.routing.sessionAffinity is not supported by this version; use None",
        { Scaling.MinReplicas: 0 } => "spec.scaling.minReplicas 0 (scale to zero) is not supported by this version; use at least 1",
        { Protection.ValidateInput: false } => "spec.protection.validateInput false is not supported by this version: input is always validated; leave it out",
        { Scaling.Target: not null } => "spec.scaling.target (autoscaling) is not supported by this version; set minReplicas",
        { Scaling: { MaxReplicas: { } most, MinReplicas: var least } } when most > least => $"spec.scaling.maxReplicas {most} is more than minReplicas {least}, and autoscaling is not supported by this version; set minReplicas alone",
        _ => null,
    };

    private static IReadOnlyList<string> StillWanted(InferenceServiceObservation observation, InferenceServiceStatus present)
    {
        // Touching another field must not try a rejected version again; naming another version and coming back does.
        var version = observation.ModelVersions[observation.Resource.Spec.ModelVersion];
        var revision = RevisionDeployment.Revision(observation.Resource, version);
        return present.RejectedRevisions.Contains(revision) ? [revision] : [];
    }

    private static InferenceServiceStatus Health(InferenceServiceObservation observation, InferenceServiceStatus status, (string Reason, string Message)? refusal, List<Transition> transitions, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var conditions = new ConditionSet(status.Conditions, resource, now);
        var stable = status.Stable;
        var readyReplicas = 0;
        if (stable is not null)
        {
            var deployment = observation.Deployments.GetValueOrDefault(stable.Revision);
            readyReplicas = observation.Pods[stable.Revision].Count(RevisionPods.IsReady);
            stable = stable with { Replicas = deployment?.Status?.Replicas ?? 0, ReadyReplicas = readyReplicas };
        }

        var stableFailure = stable is null ? null : RevisionPods.Failure(observation.Pods[stable.Revision]);
        var rejected = refusal is null && status.RejectedRevisions.Contains(WantedRevision(observation));
        Traffic(conditions, stable, readyReplicas, stableFailure);
        Verified(conditions, stable, readyReplicas, stableFailure);
        Record(status.Conditions, conditions, stable, stableFailure, transitions);
        conditions.Remove("Compliant");
        if (refusal?.Reason == "ForbiddenByPolicy")
            conditions.False("Compliant", "ForbiddenByPolicy", refusal.Value.Message);

        var phase =
            status.Revoked is not null || refusal is { Reason: "InvalidSpec" or "NotSupported" } || stable is not null && readyReplicas == 0 && stableFailure is not null ? InferenceServicePhase.Degraded
            : status.Candidate is { Verdict: RolloutVerdict.Inconclusive } ? InferenceServicePhase.Holding
            : status.Candidate is not null || readyReplicas == 0 || refusal is not null ? InferenceServicePhase.Progressing
            : rejected ? InferenceServicePhase.RolledBack
            : InferenceServicePhase.Ready;

        if (status.Revoked is { } revoked)
            conditions.False("RolloutComplete", "Revoked", RevocationDecision.Message(revoked));
        else if (status.Candidate is { } candidate)
            conditions.False("RolloutComplete", "Progressing", $"{candidate.ModelVersion} gets {candidate.Weight} % of the traffic: {candidate.Reason}");
        else if (rejected)
            conditions.False("RolloutComplete", "RolledBack", status.LastRollout?.Reason ?? "the wanted version was rolled back");
        else if (refusal is { } r)
            conditions.False("RolloutComplete", r.Reason, r.Message);
        else
            conditions.True("RolloutComplete", "Complete", $"{stable?.ModelVersion} is the version that should serve");

        if (status.Revoked is { } leaving)
            conditions.False("Ready", "Revoked", RevocationDecision.Message(leaving));
        else if (refusal is { } no)
            conditions.False("Ready", no.Reason, readyReplicas > 0 ? $"{no.Message}; {stable!.ModelVersion} goes on serving" : no.Message);
        else if (readyReplicas == 0)
            conditions.False("Ready", stableFailure?.Reason ?? "Starting", stableFailure?.Message ?? "the first model server is starting");
        else if (rejected)
            conditions.False("Ready", "RolledBack", $"{resource.Spec.ModelVersion} was rolled back ({status.LastRollout?.Reason}); {stable!.ModelVersion} serves");
        else
            conditions.True("Ready", "Serving", $"{stable!.ModelVersion} serves with {readyReplicas} ready model servers");

        return status with
        {
            ObservedGeneration = resource.Metadata.Generation,
            Phase = phase,
            Url = $"http://{observation.GatewayHost}/namespaces/{resource.Metadata.Namespace}/v2/models/{resource.Metadata.Name}",
            Stable = stable,
            Replicas = stable?.Replicas ?? 0,
            Selector = string.Join(",", RevisionDeployment.Selector(resource).Select(label => $"{label.Key}={label.Value}")),
            Conditions = conditions.ToList(),
        };
    }

    private static void Traffic(ConditionSet conditions, StableRevision? stable, int ready, (string Reason, string Message)? failure)
    {
        if (ready > 0)
            conditions.True("TrafficAvailable", "Serving", $"{stable!.ModelVersion} answers requests");
        else
            conditions.False("TrafficAvailable", failure?.Reason ?? "NoReadyModelServer", failure?.Message ?? "no model server is ready yet");
    }

    private static void Verified(ConditionSet conditions, StableRevision? stable, int ready, (string Reason, string Message)? failure)
    {
        // Readiness follows verification inside the pod: a ready model server has verified the very bytes it serves.
        if (failure is { } f && RevisionPods.IsVerificationFailure(f.Reason))
            conditions.False("Verified", f.Reason, f.Message);
        else if (ready > 0)
            conditions.True("Verified", "VerifiedAtLoad", $"every ready model server verified the bytes of {stable!.ModelVersion} before it loaded them");
        else
            conditions.Unknown("Verified", "NotLoaded", "no model server has loaded the model yet");
    }

    /// <summary>The first answer of a revision, and a refusal of its bytes, stand in the audit log.</summary>
    private static void Record(
        IReadOnlyList<V1Condition> before, ConditionSet now, StableRevision? stable, (string Reason, string Message)? failure, List<Transition> transitions)
    {
        if (stable is null)
            return;
        if (now.IsTrue("TrafficAvailable") && !Conditions.IsTrue(before, "TrafficAvailable"))
            transitions.Add(new Transition("ModelServed", stable.Revision, now.MessageOf("TrafficAvailable")));
        if (failure is { } f && RevisionPods.IsVerificationFailure(f.Reason) && Conditions.Find(before, "Verified")?.Reason != f.Reason)
            transitions.Add(new Transition("ArtifactRefusedAtLoad", $"{stable.Revision}/{f.Reason}", f.Message) { IsWarning = true });
    }

    private static string? WantedRevision(InferenceServiceObservation observation) =>
        observation.ModelVersions.TryGetValue(observation.Resource.Spec.ModelVersion, out var version) ? RevisionDeployment.Revision(observation.Resource, version) : null;

    private static List<DesiredObject> Desired(InferenceServiceObservation observation, InferenceServiceStatus status)
    {
        var resource = observation.Resource;
        List<(string Name, string Revision)> running = [];
        if (status.Stable is { } stable)
            running.Add((stable.ModelVersion, stable.Revision));
        if (status.Candidate is { } candidate)
            running.Add((candidate.ModelVersion, candidate.Revision));
        if (ReplacementOf(observation, status) is { } replacement)
            running.Add(replacement);
        if (running.Count == 0)
            return [];
        List<DesiredObject> desired = [DesiredObject.Of(CoreResources.NetworkPolicies, RevisionDeployment.NetworkPolicy(resource, [.. running.Select(r => observation.ModelVersions.GetValueOrDefault(r.Name)).OfType<ModelVersion>()]), observation.NetworkPolicy)];
        foreach (var (name, revision) in running.DistinctBy(r => r.Revision))
        {
            var live = observation.Deployments.GetValueOrDefault(revision);
            // A deleted ModelVersion leaves its Deployment as it is: it goes on serving what it verified. A revoked one is only waited for.
            if (!observation.ModelVersions.TryGetValue(name, out var version) || RevocationDecision.IsRevoked(version) || !ArtifactUri.TryParse(version.Spec.Artifact.Uri, out _, out _))
                continue;
            // The stable revision keeps the runtime it was made with: a changed runtime is another revision, and a rollout.
            if (RevisionDeployment.Revision(resource, version) != revision)
                continue;
            desired.Add(DesiredObject.Of(
                CoreResources.Deployments,
                RevisionDeployment.Build(resource, version, revision, resource.Spec.Scaling.MinReplicas, observation.Images, live),
                live));
        }
        return desired;
    }

    /// <summary>The version that is started to take the place of a revoked one.</summary>
    private static (string Name, string Revision)? ReplacementOf(InferenceServiceObservation observation, InferenceServiceStatus status) =>
        status.Revoked?.ReplacedBy is { } name && observation.ModelVersions.TryGetValue(name, out var version) ? (name, RevisionDeployment.Revision(observation.Resource, version)) : null;

    private static bool IsNeeded(string revision, InferenceServiceObservation observation, InferenceServiceStatus status) =>
        revision == status.Stable?.Revision || revision == status.Candidate?.Revision || revision == ReplacementOf(observation, status)?.Revision;

    // Weight 0 is seen in every gateway before a revision's pods go; a revoked one's go at its deadline, whatever a gateway still sends.
    private static List<ObjectDeletion> Unneeded(InferenceServiceObservation observation, InferenceServiceStatus status, DateTimeOffset now) =>
        [.. observation.Deployments
            .Where(d => !IsNeeded(d.Key, observation, status)
                && (observation.Traffic.IsUnrouted(d.Key) || status.Revoked is { } revoked && revoked.Revision == d.Key && now >= revoked.Deadline))
            .Select(d => ObjectDeletion.Of(CoreResources.Deployments, d.Value))];
}
