using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;
using EnterpriseAI.Operator.TrainingJobs.Gang;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>Decides what happens while an attempt runs: its pods are made, watched, and judged together.</summary>
internal static class AttemptDecision
{
    public static TrainingJobPlan Decide(TrainingJobObservation observation, TrainingJobStatus present, TrainingAttempt attempt, ConditionSet conditions, DateTimeOffset now)
    {
        var job = observation.Resource;
        var pods = Wanted(job, attempt.Number).Select(w => (w.Role, w.Index, w.Name, Outcome: PodOutcome.Of(observation.Pods.GetValueOrDefault(w.Name)))).ToList();
        var status = present with { Roles = Roles(job, pods.Select(p => (p.Role.Name, p.Outcome.Phase))) };

        // The others fall with the first one: what they say is its echo. A pod without a time was taken away whole, and comes first.
        if (pods.Where(p => p.Outcome.Phase == PodPhase.Failed).OrderBy(p => p.Outcome.FinishedAt ?? DateTimeOffset.MinValue).FirstOrDefault() is { Name: not null } failed)
            return Ended(observation, status, attempt, conditions, failed.Name, failed.Outcome, now);
        if (pods.All(p => p.Outcome.Phase == PodPhase.Succeeded))
            return Succeeded(observation, status, attempt, conditions, now);
        // Once all ran, a pod that is gone was taken away (its node died, somebody deleted it): the gang cannot go on without it.
        if (present.Phase == TrainingPhase.Running && pods.FirstOrDefault(p => p.Outcome.Phase == PodPhase.Absent) is { Name: not null } lost)
            return Ended(observation, status, attempt, conditions, lost.Name, new PodOutcome(PodPhase.Failed) { Reason = "PodLost", Message = "the pod was deleted or its node was lost", IsRetryable = true }, now);

        var started = pods.All(p => p.Outcome.Phase is PodPhase.Running or PodPhase.Succeeded);
        var timeout = job.Spec.Gang?.Timeout.ToTimeSpan() ?? TimeSpan.FromMinutes(10);
        if (!started && present.Phase == TrainingPhase.Starting && now - attempt.StartedAt > timeout)
        {
            var late = pods.First(p => p.Outcome.Phase is not (PodPhase.Running or PodPhase.Succeeded));
            return Ended(observation, status, attempt, conditions, late.Name, new PodOutcome(PodPhase.Failed) { Reason = "GangTimeout", Message = $"not all pods started within gang.timeout: {late.Outcome.Message ?? "the pod is missing"}", IsRetryable = true }, now);
        }

        var phase = started || present.Phase == TrainingPhase.Running ? TrainingPhase.Running : TrainingPhase.Starting;
        var waiting = pods.FirstOrDefault(p => p.Outcome.Phase == PodPhase.Waiting);
        if (phase == TrainingPhase.Running)
            conditions.False("Ready", "Training", $"attempt {attempt.Number}: {pods.Count} pods train");
        else
            conditions.False("Ready", waiting.Outcome?.Reason ?? "Starting", waiting.Name is null ? $"attempt {attempt.Number}: pods are being created" : $"pod {waiting.Name} waits: {waiting.Outcome!.Message}");

        return new TrainingJobPlan
        {
            Apply =
            [
                DesiredObject.Of(CoreResources.NetworkPolicies, WorkerPod.NetworkPolicy(job), observation.WorkerNetworkPolicy),
                DesiredObject.Of(CoreResources.Services, RendezvousService.Build(job), observation.Service),
                .. Missing(observation, attempt),
            ],
            Status = WithLog(status, observation) with { ObservedGeneration = job.Metadata.Generation, Phase = phase, Conditions = conditions.ToList() },
            Transitions = phase == TrainingPhase.Running && present.Phase != TrainingPhase.Running
                ? [new Transition("TrainingRunning", Text(attempt.Number), $"attempt {attempt.Number}: all {pods.Count} pods run")]
                : [],
            RequeueAfter = TrainingJobDecision.WatchInterval,
        };
    }

    /// <summary>The pods of any attempt, without the one that publishes.</summary>
    public static IEnumerable<V1Pod> Workers(TrainingJobObservation observation) =>
        observation.Pods.Values.Where(pod => pod.Label(CommonLabels.Attempt) is not null);

    /// <summary>The status with its running attempt closed; unchanged when none runs.</summary>
    public static TrainingJobStatus Close(TrainingJobStatus status, AttemptOutcome outcome, string? reason, string? message, TrainingJobObservation observation, DateTimeOffset now) =>
        status.Attempts is not [.., { FinishedAt: null } open]
            ? status
            : WithLog(status, observation) with
            {
                GpuSeconds = (status.GpuSeconds ?? 0) + GpuSeconds(observation, open.Number, now),
                Attempts = [.. status.Attempts.SkipLast(1), open with { FinishedAt = TrainingJobDecision.Second(now), Outcome = outcome, Reason = reason, Message = message }],
            };

    /// <summary>What the gang asks of the nodes, pod by pod.</summary>
    public static IReadOnlyList<PodDemand> Demand(TrainingJob job) =>
        [.. job.Spec.Roles.SelectMany(role => Enumerable.Repeat(PodDemand.Of(role.Template.Spec), role.Replicas))];

    public static IEnumerable<(TrainingRole Role, int Index, string Name)> Wanted(TrainingJob job, int attempt) =>
        job.Spec.Roles.SelectMany(role => Enumerable.Range(0, role.Replicas).Select(index => (role, index, WorkerPod.Name(job, role, index, attempt))));

    private static IEnumerable<DesiredObject> Missing(TrainingJobObservation observation, TrainingAttempt attempt)
    {
        var job = observation.Resource;
        var claims = observation.DataSources.Where(s => s.Value.Spec.Source.PersistentVolumeClaim is not null)
            .ToDictionary(s => s.Key, s => s.Value.Spec.Source.PersistentVolumeClaim!.ClaimName);
        if (job.Spec.Inputs.Any(input => !claims.ContainsKey(input.DataSource)))
            return [];
        return Wanted(job, attempt.Number)
            .Where(w => !observation.Pods.ContainsKey(w.Name))
            .Select(w => DesiredObject.Once(CoreResources.Pods, WorkerPod.Build(job, w.Role, w.Index, attempt.Number, claims), null));
    }

    private static TrainingJobPlan Ended(
        TrainingJobObservation observation, TrainingJobStatus status, TrainingAttempt attempt, ConditionSet conditions, string pod, PodOutcome outcome, DateTimeOffset now)
    {
        var job = observation.Resource;
        var policy = job.Spec.RestartPolicy ?? new TrainingRestartPolicy();
        var message = $"pod {pod}: {outcome.Message}";
        var permanent = outcome.ExitCode is { } code && code != 0 && ExitCodes.Contains(policy.PermanentExitCodes ?? ExitCodes.DefaultPermanent, code);
        if (permanent)
            return TrainingJobDecision.Fail(observation, status, conditions, outcome.Reason!, $"{message} (exit code {outcome.ExitCode} is permanent)", now);
        // An attempt that was suspended did not fail: it uses up no restart.
        if (status.Attempts.Count(a => a.Outcome == AttemptOutcome.Failed) >= policy.MaxRestarts)
            return TrainingJobDecision.Fail(observation, status, conditions, "MaxRestartsExceeded", $"{message}; {policy.MaxRestarts} restarts are used up", now);

        conditions.False("Ready", "Restarting", $"attempt {attempt.Number} ended: {message}");
        return new TrainingJobPlan
        {
            Delete = [.. Workers(observation).Select(p => ObjectDeletion.Of(CoreResources.Pods, p))],
            Status = Close(status, AttemptOutcome.Failed, outcome.Reason, message, observation, now) with
            {
                ObservedGeneration = job.Metadata.Generation,
                Phase = TrainingPhase.Queued,
                Conditions = conditions.Remove("Admitted").ToList(),
            },
            Transitions = [new Transition("TrainingAttemptFailed", Text(attempt.Number), $"attempt {attempt.Number} ended: {message}") { IsWarning = true }],
            RequeueAfter = TimeSpan.FromSeconds(1),
        };
    }

    private static TrainingJobPlan Succeeded(TrainingJobObservation observation, TrainingJobStatus status, TrainingAttempt attempt, ConditionSet conditions, DateTimeOffset now)
    {
        var job = observation.Resource;
        var closed = Close(status, AttemptOutcome.Succeeded, null, null, observation, now) with { ObservedGeneration = job.Metadata.Generation };
        var transition = new Transition("TrainingSucceeded", Text(attempt.Number), $"attempt {attempt.Number} succeeded")
        {
            Details = new Dictionary<string, string> { ["gpuSeconds"] = (closed.GpuSeconds ?? 0).ToString("0", CultureInfo.InvariantCulture) },
        };
        if (job.Spec.Output is null)
        {
            return new TrainingJobPlan
            {
                Status = closed with { Phase = TrainingPhase.Succeeded, CompletionTime = TrainingJobDecision.Second(now), Conditions = conditions.True("Ready", "Succeeded", "every pod succeeded").ToList() },
                Transitions = [transition],
            };
        }
        return new TrainingJobPlan
        {
            Status = closed with { Phase = TrainingPhase.Publishing, Conditions = conditions.False("Ready", "Publishing", "what was trained is being signed").ToList() },
            Transitions = [transition],
            RequeueAfter = TimeSpan.Zero,
        };
    }

    private static Dictionary<string, RoleStatus> Roles(TrainingJob job, IEnumerable<(string Role, PodPhase Phase)> pods)
    {
        var byRole = pods.ToLookup(p => p.Role, p => p.Phase);
        return job.Spec.Roles.ToDictionary(role => role.Name, role => new RoleStatus
        {
            Desired = role.Replicas,
            Active = byRole[role.Name].Count(p => p is PodPhase.Waiting or PodPhase.Running),
            Ready = byRole[role.Name].Count(p => p == PodPhase.Running),
            Succeeded = byRole[role.Name].Count(p => p == PodPhase.Succeeded),
            Failed = byRole[role.Name].Count(p => p == PodPhase.Failed),
        });
    }

    // A pod that ended at once may leave no log: what was seen last stays.
    private static TrainingJobStatus WithLog(TrainingJobStatus status, TrainingJobObservation observation) =>
        observation.LogTail is not { Length: > 0 } log ? status : status with { LogTail = log, Progress = ProgressLine.Last(log) ?? status.Progress };

    private static double GpuSeconds(TrainingJobObservation observation, int attempt, DateTimeOffset now) =>
        Workers(observation)
            .Where(pod => pod.Label(CommonLabels.Attempt) == Text(attempt))
            .Sum(pod =>
            {
                var state = pod.Status?.ContainerStatuses?.FirstOrDefault()?.State;
                var from = state?.Terminated?.StartedAt ?? state?.Running?.StartedAt;
                var to = state?.Terminated?.FinishedAt ?? now;
                return from is null ? 0 : (double)ResourceDemand.Of(pod.Spec)[ResourceDemand.Gpu] * (to - from.Value).TotalSeconds;
            });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
