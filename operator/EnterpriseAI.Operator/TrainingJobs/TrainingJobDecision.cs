using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>
/// Decides how far a <see cref="TrainingJob"/> is: waits for its inputs, queues for its gang's place, runs an attempt, starts
/// another, publishes what it made. What happens inside an attempt is <see cref="AttemptDecision"/>.
/// </summary>
/// <remarks>
/// Guarantees: no pod exists before the whole gang was admitted; never two attempts at once (a new one begins only when no
/// pod of an older one is left). Attempts are counted in the status: that is what a restart of the operator must not lose.
/// </remarks>
public static class TrainingJobDecision
{
    /// <summary>How often a waiting or running job is looked at without a change.</summary>
    public static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(5);

    public static TrainingJobPlan Decide(TrainingJobObservation observation, DateTimeOffset now)
    {
        var job = observation.Resource;
        var present = job.Status ?? new TrainingJobStatus();
        var conditions = new ConditionSet(present.Conditions, job, now);
        if (present.Phase is TrainingPhase.Succeeded or TrainingPhase.Failed && present.CompletionTime is not null)
            return Finished(job, present, now);
        if (SpecValidation.Validate(job) is [var error, ..])
            return Waiting(job, present, conditions, TrainingPhase.Pending, "InvalidSpec", $"{error.Path}: {error.Message}");
        if (Unsupported(job.Spec) is { } unsupported)
            return Waiting(job, present, conditions, TrainingPhase.Pending, "NotSupported", unsupported);
        if (job.Spec.Suspend)
            return Suspend(observation, present, conditions, now);
        if (job.Spec.ActiveDeadlineSeconds is { } deadline && present.StartTime is { } start && now >= start.AddSeconds(deadline))
            return Fail(observation, present, conditions, "DeadlineExceeded", $"the job ran longer than activeDeadlineSeconds ({deadline} s)", now);

        // Also after a suspension: what has trained is not trained again.
        if (present.Attempts is [.., { Outcome: AttemptOutcome.Succeeded }])
            return PublishDecision.Decide(observation, present, conditions, now);
        if (present.Attempts.LastOrDefault() is { FinishedAt: null } attempt)
            return AttemptDecision.Decide(observation, present, attempt, conditions, now);
        if (InputProblem(observation) is { } problem)
            return Waiting(job, present, conditions, TrainingPhase.Pending, problem.Reason, problem.Message) with { RequeueAfter = null };
        return Queue(observation, present, conditions, now);
    }

    private static string? Unsupported(TrainingJobSpec spec) => spec switch
    {
        { Search: not null } => "spec.search is not supported by this version; leave it out",
        { Federated: not null } => "spec.federated is not supported by this version; leave it out",
        { Privacy: not null } => "spec.privacy is not supported by this version; leave it out",
        { Framework: TrainingFramework.Mpi or TrainingFramework.TensorFlow } => $"spec.framework {spec.Framework} is not supported by this version; use PyTorch or Plain",
        { Gang.TopologyKey: not null } => "spec.gang.topologyKey is not supported by this version; leave it out",
        { RestartPolicy.Scope: RestartScope.Replica } => "spec.restartPolicy.scope Replica is not supported by this version; use Gang",
        _ when spec.Roles.Any(r => r.MinReplicas is not null) => "spec.roles[].minReplicas (elastic training) is not supported by this version; leave it out",
        { Output: { } output } when ClaimUri.TryParse(output.Artifact) is null => $"spec.output.artifact '{output.Artifact}' is not supported by this version; use pvc://CLAIM/PATH",
        { Output: { SigningKeySecret: null } } => "spec.output.signingKeySecret is needed: what a job registers is signed",
        _ => null,
    };

    /// <summary>Why the inputs may not be used, or null.</summary>
    private static (string Reason, string Message)? InputProblem(TrainingJobObservation observation)
    {
        var spec = observation.Resource.Spec;
        foreach (var input in spec.Inputs)
        {
            if (!observation.DataSources.TryGetValue(input.DataSource, out var source))
                return ("InputNotFound", $"spec.inputs: there is no DataSource '{input.DataSource}' in namespace '{observation.Resource.Metadata.Namespace}'");
            if (source.Spec.Governance?.PermittedPurposes is { Count: > 0 } permitted && !permitted.Contains(spec.Purpose ?? ""))
                return ("PurposeNotPermitted", $"spec.purpose '{spec.Purpose}' is not permitted by DataSource {input.DataSource}, which permits {string.Join(", ", permitted)}");
            if (source.Spec.Source.PersistentVolumeClaim is null)
                return ("NotSupported", $"DataSource {input.DataSource} is not on a volume claim; this version mounts no other");
            if (!Conditions.IsTrue(source.Status?.Conditions, "Ready"))
                return ("InputNotReady", $"DataSource {input.DataSource} is not ready: {Conditions.Find(source.Status?.Conditions, "Ready")?.Message ?? "it was not profiled yet"}");
        }
        return null;
    }

    private static TrainingJobPlan Queue(TrainingJobObservation observation, TrainingJobStatus present, ConditionSet conditions, DateTimeOffset now)
    {
        var job = observation.Resource;
        // An older attempt's pods still hold their GPUs, and their names must not meet those of the next attempt.
        if (AttemptDecision.Workers(observation).Any())
            return Waiting(job, present, conditions, TrainingPhase.Queued, "CleaningUp", "the pods of the last attempt are going") with
            {
                Delete = [.. AttemptDecision.Workers(observation).Select(pod => ObjectDeletion.Of(CoreResources.Pods, pod))],
                RequeueAfter = TimeSpan.FromSeconds(1),
            };

        var answer = observation.Ask();
        var first = IsNews(job, present, TrainingPhase.Queued);
        if (!answer.IsAdmitted)
        {
            var waiting = Waiting(job, present, conditions, TrainingPhase.Queued, "Queued", $"position {answer.Position} in queue '{job.Spec.Queue ?? ""}': {answer.Reason}");
            return waiting with
            {
                Status = waiting.Status with { QueuePosition = answer.Position },
                Transitions = first ? [new Transition("TrainingQueued", $"{present.Attempts.Count}/{job.Metadata.Generation}", waiting.Status.Conditions.First(c => c.Type == "Ready").Message)] : [],
                RequeueAfter = WatchInterval,
            };
        }

        var number = present.Attempts.Count + 1;
        var pods = job.Spec.Roles.Sum(r => r.Replicas);
        conditions.False("Ready", "Starting", $"attempt {number}: {pods} pods are being created").True("Admitted", "Admitted", $"all {pods} pods have a place");
        return new TrainingJobPlan
        {
            Admits = number,
            Status = present with
            {
                ObservedGeneration = job.Metadata.Generation,
                Phase = TrainingPhase.Starting,
                QueuePosition = null,
                StartTime = present.StartTime ?? Second(now),
                Attempts = [.. present.Attempts, new TrainingAttempt { Number = number, StartedAt = Second(now) }],
                Conditions = conditions.ToList(),
            },
            Transitions =
            [
                new Transition("TrainingAdmitted", number.ToString(CultureInfo.InvariantCulture), $"attempt {number} starts with {pods} pods")
                {
                    Details = new Dictionary<string, string>
                    {
                        ["attempt"] = number.ToString(CultureInfo.InvariantCulture),
                        ["purpose"] = job.Spec.Purpose ?? "",
                        ["inputs"] = string.Join(",", job.Spec.Inputs.Select(i => $"{i.DataSource}@{observation.DataSources[i.DataSource].Status?.Snapshot?.Digest}")),
                    },
                },
            ],
            RequeueAfter = TimeSpan.Zero,
        };
    }

    private static TrainingJobPlan Suspend(TrainingJobObservation observation, TrainingJobStatus present, ConditionSet conditions, DateTimeOffset now)
    {
        var plan = Waiting(observation.Resource, present, conditions, TrainingPhase.Suspended, "Suspended", "spec.suspend is set; no pod runs");
        return plan with
        {
            Status = AttemptDecision.Close(plan.Status, AttemptOutcome.Suspended, "Suspended", "the job was suspended", observation, now),
            Delete = [.. observation.Pods.Values.Select(pod => ObjectDeletion.Of(CoreResources.Pods, pod))],
            Transitions = !IsNews(observation.Resource, present, TrainingPhase.Suspended) ? [] : [new Transition("TrainingSuspended", $"{observation.Resource.Metadata.Generation}", "the job was suspended")],
        };
    }

    /// <summary>
    /// Whether the log must hear of this phase. Of a new generation even when the phase is the same: the entry of a generation in between
    /// may have been written by an operator that was killed before its status was, and would otherwise be the last word.
    /// </summary>
    private static bool IsNews(TrainingJob job, TrainingJobStatus present, TrainingPhase phase) =>
        present.Phase != phase || present.ObservedGeneration != job.Metadata.Generation;

    /// <summary>Ends the job for good.</summary>
    internal static TrainingJobPlan Fail(TrainingJobObservation observation, TrainingJobStatus present, ConditionSet conditions, string reason, string message, DateTimeOffset now)
    {
        conditions.False("Ready", reason, message).True("Failed", reason, message);
        return new TrainingJobPlan
        {
            // Failed pods stay for their logs; running ones must free their GPUs.
            Delete = [.. AttemptDecision.Workers(observation).Where(pod => PodOutcome.Of(pod).Phase is not (PodPhase.Failed or PodPhase.Succeeded)).Select(pod => ObjectDeletion.Of(CoreResources.Pods, pod))],
            Status = AttemptDecision.Close(present, AttemptOutcome.Failed, reason, message, observation, now) with
            {
                ObservedGeneration = observation.Resource.Metadata.Generation,
                Phase = TrainingPhase.Failed,
                QueuePosition = null,
                CompletionTime = Second(now),
                Conditions = conditions.ToList(),
            },
            Transitions = [new Transition("TrainingFailed", $"{present.Attempts.Count}/{reason}", message) { IsWarning = true }],
            RequeueAfter = TimeSpan.Zero,
        };
    }

    private static TrainingJobPlan Finished(TrainingJob job, TrainingJobStatus present, DateTimeOffset now)
    {
        if (job.Spec.TtlSecondsAfterFinished is not { } ttl)
            return new TrainingJobPlan { Status = present };
        var expiry = present.CompletionTime!.Value.AddSeconds(ttl);
        return new TrainingJobPlan
        {
            Status = present,
            Delete = now >= expiry ? [ObjectDeletion.Of(ApiResources.TrainingJobs, job)] : [],
            Transitions = now >= expiry ? [new Transition("TrainingExpired", "ttl", $"deleted {ttl} s after it finished, by ttlSecondsAfterFinished")] : [],
            RequeueAfter = now >= expiry ? null : expiry - now,
        };
    }

    private static TrainingJobPlan Waiting(TrainingJob job, TrainingJobStatus present, ConditionSet conditions, TrainingPhase phase, string reason, string message) => new()
    {
        Status = present with
        {
            ObservedGeneration = job.Metadata.Generation,
            Phase = phase,
            QueuePosition = null,
            Conditions = conditions.False("Ready", reason, message).ToList(),
        },
    };

    internal static DateTimeOffset Second(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
