using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>Watches data sources and the pods that profile them.</summary>
public sealed class DataSourceController(Caches caches, PlanApplier applier, OperatorOptions options, TimeProvider time)
    : ResourceReconciler<DataSource, DataSourceStatus, DataSourceObservation>(caches.DataSources, ApiJsonContext.Default.DataSourceStatus, applier, time)
{
    /// <summary>The controller: what it watches, what it owns, how much at once.</summary>
    public Controller Build(ILoggerFactory loggers) => new ControllerBuilder("datasource", loggers, Time)
        .For(caches.DataSources)
        .Owns(caches.Pods)
        .WithConcurrency(8)
        .WithWriteTracker(Written)
        .WithReconciler(this)
        .Build();

    /// <inheritdoc/>
    protected override ValueTask<DataSourceObservation> ObserveAsync(DataSource resource, CancellationToken cancellationToken) =>
        new(new DataSourceObservation(resource, caches.PodsOf(resource).ToDictionary(pod => pod.Metadata.Name!), options.Image)
        {
            NetworkPolicy = caches.NetworkPolicies.Get(resource.Metadata.Namespace, ProfilePod.NetworkPolicyName(resource)),
        });

    /// <inheritdoc/>
    protected override Plan<DataSourceStatus> Decide(DataSourceObservation observation, DateTimeOffset now) => DataSourceDecision.Decide(observation, now);

    /// <inheritdoc/>
    protected override DataSourceStatus? StatusOf(DataSource resource) => resource.Status;

    /// <inheritdoc/>
    protected override DataSourceStatus EmptyStatus { get; } = new();

    /// <inheritdoc/>
    protected override IReadOnlyList<V1Condition> ConditionsOf(DataSourceStatus status) => status.Conditions;

    /// <inheritdoc/>
    protected override DataSourceStatus WithConditions(DataSourceStatus status, IReadOnlyList<V1Condition> conditions) => status with { Conditions = conditions };
}
