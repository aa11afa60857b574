using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.CompliancePolicies;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>Watches inference services, their model versions, revisions and pods, and what gateways observe of them.</summary>
public sealed class InferenceServiceController(
    Caches caches, GatewayObserver gateways, PlanApplier applier, OperatorOptions options, TimeProvider time)
    : ResourceReconciler<InferenceService, InferenceServiceStatus, InferenceServiceObservation>(
        caches.InferenceServices, ApiJsonContext.Default.InferenceServiceStatus, applier, time)
{
    /// <summary>Index of the services that serve, want or may go back to a version, by namespace/name of it.</summary>
    internal const string ByModelVersion = "modelVersion";

    /// <summary>The controller: what it watches, what it owns, how much at once.</summary>
    public Controller Build(ILoggerFactory loggers)
    {
        // Those that serve and those to go back to count as well as the wanted one: any of them may be revoked.
        caches.InferenceServices.AddIndex(ByModelVersion, service => VersionsOf(service).Select(name => $"{service.Metadata.Namespace}/{name}"));
        return new ControllerBuilder("inferenceservice", loggers, Time)
            .For(caches.InferenceServices)
            .Owns(caches.Deployments)
            .Watches(caches.Pods, ServiceOf)
            // What a policy found is its own affair; what it demands is its spec.
            .Watches(caches.CompliancePolicies, _ => caches.InferenceServices.List().Select(ObjectKey.Of), PrimaryChanges.Matter)
            .Watches(caches.Namespaces, ns => caches.InferenceServices.List(ns.Metadata.Name).Select(ObjectKey.Of), PrimaryChanges.Matter)
            .Watches(caches.ModelVersions, version =>
                caches.InferenceServices.ByIndex(ByModelVersion, $"{version.Metadata.Namespace}/{version.Metadata.Name}").Select(ObjectKey.Of))
            .WithConcurrency(8)
            .WithWriteTracker(Written)
            .WithReconciler(this)
            .Build();
    }

    /// <inheritdoc/>
    protected override ValueTask<InferenceServiceObservation> ObserveAsync(InferenceService resource, CancellationToken cancellationToken)
    {
        var ns = resource.Metadata.Namespace!;
        return new(new InferenceServiceObservation
        {
            Resource = resource,
            ModelVersions = VersionsOf(resource).Select(name => caches.ModelVersions.Get(ns, name)).OfType<ModelVersion>().ToDictionary(v => v.Metadata.Name!),
            Deployments = caches.DeploymentsOf(resource).Where(d => d.Label(CommonLabels.Revision) is not null).ToDictionary(d => d.Label(CommonLabels.Revision)!),
            // Pods belong to the ReplicaSets of the Deployments: found by label, not by owner.
            Pods = caches.Pods.ByIndex(Caches.ByInferenceService, $"{ns}/{CommonLabels.Value(resource.Metadata.Name!)}").ToLookup(p => p.Label(CommonLabels.Revision) ?? ""),
            NetworkPolicy = caches.NetworkPolicies.Get(ns, RevisionDeployment.NetworkPolicyName(resource)),
            ForbiddenBy = caches.ModelVersions.Get(ns, resource.Spec.ModelVersion) is { } wanted
                ? Enforcement.Forbids(caches.CompliancePolicies.List(), caches.Namespaces.Get(null, ns), resource, wanted, new Evidence { DataSources = caches.DataSources.List(ns) }, Time.GetUtcNow())
                : [],
            Traffic = gateways.TrafficOf(ns, resource.Metadata.Name!),
            Images = new ServingImages(options.ModelServerImage, options.Image, options.ModelCache),
            GatewayHost = $"{options.GatewayService}.{options.Namespace}.svc",
        });
    }

    /// <inheritdoc/>
    protected override Plan<InferenceServiceStatus> Decide(InferenceServiceObservation observation, DateTimeOffset now) => InferenceServiceDecision.Decide(observation, now);

    /// <inheritdoc/>
    protected override InferenceServiceStatus? StatusOf(InferenceService resource) => resource.Status;

    /// <inheritdoc/>
    protected override InferenceServiceStatus EmptyStatus { get; } = new();

    /// <inheritdoc/>
    protected override IReadOnlyList<V1Condition> ConditionsOf(InferenceServiceStatus status) => status.Conditions;

    /// <inheritdoc/>
    protected override InferenceServiceStatus WithConditions(InferenceServiceStatus status, IReadOnlyList<V1Condition> conditions) => status with { Conditions = conditions };

    private static IEnumerable<string> VersionsOf(InferenceService service) =>
        new[] { service.Spec.ModelVersion, service.Status?.Stable?.ModelVersion, service.Status?.Candidate?.ModelVersion, service.Status?.Revoked?.ModelVersion }
            .Concat(service.Status?.History.Select(former => former.ModelVersion) ?? []).OfType<string>().Distinct();

    private static IEnumerable<ObjectKey> ServiceOf(V1Pod pod) =>
        pod.Label(CommonLabels.InferenceService) is { } name && pod.Label(CommonLabels.ManagedBy) == CommonLabels.ManagedByValue
            ? [new ObjectKey(pod.Metadata.Namespace, name)]
            : [];
}
