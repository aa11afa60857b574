using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Watches model versions and the pods that verify their artifacts.</summary>
public sealed class ModelVersionController(Caches caches, PlanApplier applier, OperatorOptions options, TimeProvider time)
    : ResourceReconciler<ModelVersion, ModelVersionStatus, ModelVersionObservation>(caches.ModelVersions, ApiJsonContext.Default.ModelVersionStatus, applier, time)
{
    /// <summary>The controller: what it watches, what it owns, how much at once.</summary>
    public Controller Build(ILoggerFactory loggers) => new ControllerBuilder("modelversion", loggers, Time)
        .For(caches.ModelVersions)
        .Owns(caches.Pods)
        .WithConcurrency(8)
        .WithWriteTracker(Written)
        .WithReconciler(this)
        .Build();

    /// <inheritdoc/>
    protected override ValueTask<ModelVersionObservation> ObserveAsync(ModelVersion resource, CancellationToken cancellationToken) =>
        new(new ModelVersionObservation(resource, caches.Pods.Get(resource.Metadata.Namespace, InspectPod.Name(resource)), options.ModelServerImage)
        {
            NetworkPolicy = caches.NetworkPolicies.Get(resource.Metadata.Namespace, InspectPod.NetworkPolicyName(resource)),
        });

    /// <inheritdoc/>
    protected override Plan<ModelVersionStatus> Decide(ModelVersionObservation observation, DateTimeOffset now) => ModelVersionDecision.Decide(observation, now);

    /// <inheritdoc/>
    protected override ModelVersionStatus? StatusOf(ModelVersion resource) => resource.Status;

    /// <inheritdoc/>
    protected override ModelVersionStatus EmptyStatus { get; } = new();

    /// <inheritdoc/>
    protected override IReadOnlyList<V1Condition> ConditionsOf(ModelVersionStatus status) => status.Conditions;

    /// <inheritdoc/>
    protected override ModelVersionStatus WithConditions(ModelVersionStatus status, IReadOnlyList<V1Condition> conditions) => status with { Conditions = conditions };
}
