using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.CompliancePolicies;
using EnterpriseAI.Operator.InferenceServices;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Watches model versions, the pods that verify their artifacts, the jobs that made them, and what policies distrust.</summary>
public sealed class ModelVersionController(Caches caches, PlanApplier applier, OperatorOptions options, TimeProvider time)
    : ResourceReconciler<ModelVersion, ModelVersionStatus, ModelVersionObservation>(caches.ModelVersions, ApiJsonContext.Default.ModelVersionStatus, applier, time)
{
    private const string ByTrainingJob = "trainingJob", ByEvidence = "evidence", ByDistrust = "distrust", Distrusting = "true";

    private readonly string? _trustedRoot = options.TrustedRoot is { } file ? File.ReadAllText(file) : null;

    /// <summary>The controller: what it watches, what it owns, how much at once.</summary>
    public Controller Build(ILoggerFactory loggers)
    {
        caches.ModelVersions.AddIndex(ByTrainingJob, version => version.Spec.Provenance?.TrainingJob is { } job ? [$"{version.Metadata.Namespace}/{job}"] : []);
        caches.ModelVersions.AddIndex(ByEvidence, version => NamedEvidence.ConfigMapsOf(version.Spec).Select(map => $"{version.Metadata.Namespace}/{map}"));
        caches.CompliancePolicies.AddIndex(ByDistrust, policy => policy.Spec.Distrust.Count > 0 ? [Distrusting] : []);
        return new ControllerBuilder("modelversion", loggers, Time)
            .For(caches.ModelVersions)
            .Owns(caches.Pods)
            .Owns(caches.ConfigMaps)
            .Watches(caches.TrainingJobs, job => caches.ModelVersions.ByIndex(ByTrainingJob, $"{job.Metadata.Namespace}/{job.Metadata.Name}").Select(ObjectKey.Of))
            .Watches(caches.Evidence, map => caches.ModelVersions.ByIndex(ByEvidence, $"{map.Metadata.Namespace}/{map.Metadata.Name}").Select(ObjectKey.Of))
            // Before or after: distrust that was lifted matters as much.
            .Watches(caches.CompliancePolicies, policy => policy.Spec.Distrust.Count > 0 ? caches.ModelVersions.List().Select(ObjectKey.Of) : [], PrimaryChanges.Matter)
            .Watches(caches.Namespaces, ns => Distrust().Count > 0 ? caches.ModelVersions.List(ns.Metadata.Name).Select(ObjectKey.Of) : [], PrimaryChanges.Matter)
            .WithConcurrency(8)
            .WithWriteTracker(Written)
            .WithReconciler(this)
            .Build();
    }

    /// <inheritdoc/>
    protected override ValueTask<ModelVersionObservation> ObserveAsync(ModelVersion resource, CancellationToken cancellationToken)
    {
        var ns = resource.Metadata.Namespace!;
        var evidence = NamedEvidence.StateOf(NamedEvidence.ConfigMapsOf(resource.Spec).Select(name => caches.Evidence.Get(ns, name)).OfType<V1ConfigMap>());
        var present = InspectPod.Name(resource, evidence);
        return new(new ModelVersionObservation(resource, caches.Pods.Get(ns, present), options.ModelServerImage)
        {
            AgentImage = options.Image,
            ModelCache = options.ModelCache,
            InstalledTrustedRoot = _trustedRoot,
            TrustedRoot = caches.ConfigMaps.Get(ns, AgentPods.SignerMount.InstalledRootName(resource)),
            Evidence = evidence,
            FormerPods = [.. caches.PodsOf(resource).Where(pod => pod.Metadata.Name != present)],
            NetworkPolicy = caches.NetworkPolicies.Get(ns, InspectPod.NetworkPolicyName(resource)),
            RevocationNotice = caches.ConfigMaps.Get(ns, RevocationNotice.Name(resource)),
            TrainingJob = resource.Spec.Provenance?.TrainingJob is { } job ? caches.TrainingJobs.Get(ns, job) : null,
            UsedBy = [.. Retention.UsersOf(resource, caches.InferenceServices.ByIndex(InferenceServiceController.ByModelVersion, $"{ns}/{resource.Metadata.Name}"))],
            Distrusted = Distrusted(ns),
        });
    }

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

    private IReadOnlyList<CompliancePolicy> Distrust() => caches.CompliancePolicies.ByIndex(ByDistrust, Distrusting);

    // A policy whose spec is wrong judges nothing, as its own status says.
    private IReadOnlyList<PolicyDistrust> Distrusted(string ns) => Distrust() is { Count: > 0 } policies && caches.Namespaces.Get(null, ns) is { } found
        ? [.. policies.Where(policy => PolicySelection.Selects(policy, found) && SpecValidation.Validate(policy) is [])
            .OrderBy(policy => policy.Metadata.Name, StringComparer.Ordinal)
            .SelectMany(policy => policy.Spec.Distrust.Select(distrust => new PolicyDistrust(policy.Metadata.Name!, policy.Metadata.Uid ?? "", policy.Metadata.Generation ?? 0, distrust)))]
        : [];
}
