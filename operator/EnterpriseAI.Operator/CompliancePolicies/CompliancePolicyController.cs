using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>Watches policies, and every resource that a policy may judge.</summary>
public sealed class CompliancePolicyController(Caches caches, PlanApplier applier, TimeProvider time)
    : ResourceReconciler<CompliancePolicy, CompliancePolicyStatus, CompliancePolicyObservation>(
        caches.CompliancePolicies, ApiJsonContext.Default.CompliancePolicyStatus, applier, time)
{
    private readonly PolicySelection _selection = new(caches.CompliancePolicies, caches.Namespaces);

    /// <summary>The controller: what it watches.</summary>
    public Controller Build(ILoggerFactory loggers) => new ControllerBuilder("compliancepolicy", loggers, Time)
        .For(caches.CompliancePolicies)
        .Watches(caches.DataSources, Policies)
        .Watches(caches.TrainingJobs, Policies)
        .Watches(caches.ModelVersions, Policies)
        .Watches(caches.InferenceServices, Policies)
        // A label more or less selects or drops a namespace: any policy may be meant.
        .Watches(caches.Namespaces, _ => caches.CompliancePolicies.List().Select(ObjectKey.Of), PrimaryChanges.Matter)
        .WithWriteTracker(Written)
        .WithReconciler(this)
        .Build();

    /// <inheritdoc/>
    protected override ValueTask<CompliancePolicyObservation> ObserveAsync(CompliancePolicy resource, CancellationToken cancellationToken)
    {
        var selected = caches.Namespaces.List().Where(ns => PolicySelection.Selects(resource, ns)).Select(ns => ns.Metadata.Name!).ToList();
        return new(new CompliancePolicyObservation(resource, new Evidence
        {
            DataSources = [.. selected.SelectMany(caches.DataSources.List)],
            TrainingJobs = [.. selected.SelectMany(caches.TrainingJobs.List)],
            ModelVersions = [.. selected.SelectMany(caches.ModelVersions.List)],
            InferenceServices = [.. selected.SelectMany(caches.InferenceServices.List)],
        }));
    }

    /// <inheritdoc/>
    protected override Plan<CompliancePolicyStatus> Decide(CompliancePolicyObservation observation, DateTimeOffset now) => CompliancePolicyDecision.Decide(observation, now);

    /// <inheritdoc/>
    protected override CompliancePolicyStatus? StatusOf(CompliancePolicy resource) => resource.Status;

    /// <inheritdoc/>
    protected override CompliancePolicyStatus EmptyStatus { get; } = new();

    /// <inheritdoc/>
    protected override IReadOnlyList<V1Condition> ConditionsOf(CompliancePolicyStatus status) => status.Conditions;

    /// <inheritdoc/>
    protected override CompliancePolicyStatus WithConditions(CompliancePolicyStatus status, IReadOnlyList<V1Condition> conditions) => status with { Conditions = conditions };

    // Only those that look at the namespace: with many policies, one change would otherwise evaluate all of them.
    private IReadOnlyList<ObjectKey> Policies(IKubernetesObject changed) => _selection.Of(changed.Metadata.Namespace!);
}
