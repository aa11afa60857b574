using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;
using EnterpriseAI.Operator.TrainingJobs.Gang;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>Watches training jobs, their pods and inputs, and asks for the whole cluster's room when a gang wants to start.</summary>
/// <remarks>One job at a time: two that ask at once would be shown the same free GPUs.</remarks>
public sealed class TrainingJobController(
    Caches caches, KubernetesClient client, PlanApplier applier, AdmissionLedger ledger, OperatorOptions options, TimeProvider time)
    : ResourceReconciler<TrainingJob, TrainingJobStatus, TrainingJobObservation>(caches.TrainingJobs, ApiJsonContext.Default.TrainingJobStatus, applier, time)
{
    private const string ByDataSource = "dataSource", ByPhase = "phase";
    private const int LogTailLines = 10;
    private const int LogTailBytes = 2048;

    /// <summary>The controller: what it watches, what it owns.</summary>
    public Controller Build(ILoggerFactory loggers)
    {
        caches.TrainingJobs
            .AddIndex(ByDataSource, job => job.Spec.Inputs.Select(input => $"{job.Metadata.Namespace}/{input.DataSource}"))
            .AddIndex(ByPhase, job => job.Status?.Phase is { } phase ? [phase.ToString()] : []);
        return new ControllerBuilder("trainingjob", loggers, Time)
            .For(caches.TrainingJobs)
            .Owns(caches.Pods)
            .Watches(caches.DataSources, source => caches.TrainingJobs.ByIndex(ByDataSource, $"{source.Metadata.Namespace}/{source.Metadata.Name}").Select(ObjectKey.Of))
            // What one job gives back another may take.
            .Watches(caches.TrainingJobs, _ => Queued())
            .Watches(caches.Nodes, _ => Queued())
            .WithConcurrency(1)
            .WithWriteTracker(Written)
            .WithReconciler(this)
            .Build();
    }

    /// <inheritdoc/>
    protected override async ValueTask<TrainingJobObservation> ObserveAsync(TrainingJob resource, CancellationToken cancellationToken)
    {
        var ns = resource.Metadata.Namespace!;
        return new TrainingJobObservation
        {
            Resource = resource,
            DataSources = resource.Spec.Inputs.Select(i => caches.DataSources.Get(ns, i.DataSource)).OfType<DataSource>().DistinctBy(s => s.Metadata.Name).ToDictionary(s => s.Metadata.Name!),
            Pods = caches.PodsOf(resource).ToDictionary(pod => pod.Metadata.Name!),
            Service = caches.Services.Get(ns, RendezvousService.Name(resource)),
            WorkerNetworkPolicy = caches.NetworkPolicies.Get(ns, WorkerPod.NetworkPolicyName(resource)),
            PublishNetworkPolicy = caches.NetworkPolicies.Get(ns, PublishPod.NetworkPolicyName(resource)),
            ModelVersion = resource.Spec.Output is { } output ? caches.ModelVersions.Get(ns, RegisteredModelVersion.Name(output)) : null,
            Ask = () => Ask(resource),
            LogTail = await LogTailAsync(resource, cancellationToken),
            AgentImage = options.Image,
        };
    }

    /// <inheritdoc/>
    protected override Plan<TrainingJobStatus> Decide(TrainingJobObservation observation, DateTimeOffset now)
    {
        var plan = TrainingJobDecision.Decide(observation, now);
        if (plan.Admits is { } attempt)
            ledger.Admit(observation.Resource.Metadata.Uid!, attempt);
        return plan;
    }

    /// <inheritdoc/>
    protected override TrainingJobStatus? StatusOf(TrainingJob resource) => resource.Status;

    /// <inheritdoc/>
    protected override TrainingJobStatus EmptyStatus { get; } = new();

    /// <inheritdoc/>
    protected override IReadOnlyList<V1Condition> ConditionsOf(TrainingJobStatus status) => status.Conditions;

    /// <inheritdoc/>
    protected override TrainingJobStatus WithConditions(TrainingJobStatus status, IReadOnlyList<V1Condition> conditions) => status with { Conditions = conditions };

    private GangAdmission Ask(TrainingJob asking)
    {
        var jobs = caches.TrainingJobs.List();
        var pods = caches.Pods.List();
        var reserved = jobs.Where(job => job.Metadata.Uid != asking.Metadata.Uid).SelectMany(job => Reserved(job, pods));
        var waiting = jobs.Where(job => job.Metadata.Uid == asking.Metadata.Uid || IsQueued(job) && !IsAdmitted(job)).Select(job => new WaitingGang(
            job.Metadata.Uid!,
            $"{job.Metadata.Namespace}/{job.Spec.Queue}",
            job.Spec.PriorityClassName is { } name ? caches.PriorityClasses.Get(null, name)?.Value ?? 0 : 0,
            job.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue,
            AttemptDecision.Demand(job)));
        return GangQueue.Ask(GangPlacement.Rooms(caches.Nodes.List(), pods), reserved, waiting, asking.Metadata.Uid!);
    }

    /// <summary>The pods of an admitted job that no node counts yet: not created, not seen, or not scheduled.</summary>
    private IEnumerable<PodDemand> Reserved(TrainingJob job, IReadOnlyList<V1Pod> pods)
    {
        if (!IsAdmitted(job))
            return [];
        var attempt = job.Status?.Attempts.LastOrDefault() is { FinishedAt: null } open ? open.Number : (job.Status?.Attempts.Count ?? 0) + 1;
        var placed = pods.Where(p => p.Metadata.Namespace == job.Metadata.Namespace && (p.Spec?.NodeName is { Length: > 0 } || p.Status?.Phase is "Succeeded" or "Failed"))
            .Select(p => p.Metadata.Name).ToHashSet();
        return AttemptDecision.Wanted(job, attempt).Where(w => !placed.Contains(w.Name)).Select(w => PodDemand.Of(w.Role.Template.Spec));
    }

    private bool IsAdmitted(TrainingJob job) =>
        job.Status?.CompletionTime is null
        && (job.Status?.Attempts.LastOrDefault() is { FinishedAt: null } || ledger.IsAheadOf(job.Metadata.Uid!, job.Status?.Attempts.Count ?? 0));

    private IEnumerable<ObjectKey> Queued() => caches.TrainingJobs.ByIndex(ByPhase, nameof(TrainingPhase.Queued)).Select(ObjectKey.Of);

    private static bool IsQueued(TrainingJob job) => job.Status?.Phase == TrainingPhase.Queued;

    /// <summary>The end of rank 0's log, while an attempt is open; a log that cannot be read is no reason to stop.</summary>
    private async Task<string?> LogTailAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        if (job.Status?.Attempts.LastOrDefault() is not { FinishedAt: null } attempt)
            return null;
        var name = WorkerPod.Name(job, job.Spec.Roles[0], 0, attempt.Number);
        if (caches.Pods.Get(job.Metadata.Namespace, name)?.Status is not { } status || status.ContainerStatuses?.Any(c => c.State?.Running is not null || c.State?.Terminated is not null) is not true)
            return null;
        try
        {
            var log = await client.GetLogsAsync(job.Metadata.Namespace!, name, new LogOptions { TailLines = LogTailLines, LimitBytes = 16 * LogTailBytes, Container = job.Spec.Roles[0].Template.Spec?.Containers?.FirstOrDefault()?.Name }, cancellationToken);
            return log.Length <= LogTailBytes ? log : log[^LogTailBytes..];
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or TimeoutException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    protected override void OnGone(ObjectKey key)
    {
        foreach (var uid in caches.TrainingJobs.List().Where(j => j.Status?.CompletionTime is not null).Select(j => j.Metadata.Uid!))
            ledger.Forget(uid);
    }
}
