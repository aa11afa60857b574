using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Audit;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Reconciliation;

/// <summary>
/// The frame of every controller: find the resource in the cache, observe, decide, apply. A controller adds only how to
/// observe, and its pure decision.
/// </summary>
public abstract class ResourceReconciler<TResource, TStatus, TObservation>(
    Informer<TResource> resources, JsonTypeInfo<TStatus> statusType, PlanApplier applier, TimeProvider time) : IReconciler
    where TResource : class, IKubernetesObject
    where TStatus : class
{
    /// <summary>How long to wait before another try when the audit log is away.</summary>
    private static readonly TimeSpan AuditRetry = TimeSpan.FromSeconds(5);

    /// <summary>The condition that says whether transitions are being recorded; absent while they are.</summary>
    public const string AuditedCondition = "Audited";

    /// <summary>Gathers everything the decision depends on, as far as possible from caches.</summary>
    protected abstract ValueTask<TObservation> ObserveAsync(TResource resource, CancellationToken cancellationToken);

    /// <summary>The pure decision.</summary>
    protected abstract Plan<TStatus> Decide(TObservation observation, DateTimeOffset now);

    /// <summary>The status of a resource; null before the first reconcile.</summary>
    protected abstract TStatus? StatusOf(TResource resource);

    /// <summary>The status with other conditions.</summary>
    protected abstract TStatus WithConditions(TStatus status, IReadOnlyList<V1Condition> conditions);

    /// <summary>The conditions of a status.</summary>
    protected abstract IReadOnlyList<V1Condition> ConditionsOf(TStatus status);

    /// <summary>A status with nothing but its conditions, for a resource that has none yet.</summary>
    protected abstract TStatus EmptyStatus { get; }

    /// <summary>The clock that decisions and requeues go by.</summary>
    protected TimeProvider Time { get; } = time;

    /// <summary>Holds a key back until the cache shows the status that its last reconcile wrote.</summary>
    protected WriteTracker Written { get; } = new(time);

    /// <summary>Called when the resource is gone or going: what was assumed for it may be forgotten.</summary>
    protected virtual void OnGone(ObjectKey key)
    {
    }

    /// <inheritdoc/>
    public async Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        // Owned objects go with their owner by garbage collection; nothing of a deleted resource is left to decide.
        if (resources.Get(key) is not { } resource || resource.Metadata.DeletionTimestamp is not null)
        {
            OnGone(key);
            return ReconcileResult.Done;
        }

        var plan = Decide(await ObserveAsync(resource, cancellationToken), Time.GetUtcNow());
        var present = StatusOf(resource);
        try
        {
            if (await applier.ApplyAsync(resources.Type, resource, present, plan, statusType, cancellationToken) is { } written)
                Written.Wrote(key, resources, written);
        }
        catch (AuditUnavailableException e)
        {
            // Promise 1: a transition waits for the log. What is served goes on being served.
            var waiting = present ?? EmptyStatus;
            var conditions = Conditions.Merge(ConditionsOf(waiting), Time.GetUtcNow(), Conditions.Of(AuditedCondition, false, "AuditLogUnavailable",
                $"a change of state waits until the audit log takes its entry: {e.Message}", resource.Metadata.Generation));
            await applier.WriteStatusAsync(resources.Type, resource, present, WithConditions(waiting, conditions), statusType, cancellationToken);
            return ReconcileResult.After(AuditRetry);
        }
        return plan.RequeueAfter is { } after ? ReconcileResult.After(after) : ReconcileResult.Done;
    }
}
