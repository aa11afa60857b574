using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator;

/// <summary>What the operator keeps of the cluster: one informer per kind, shared by all controllers. No Secrets.</summary>
public sealed class Caches
{
    private const string ByOwner = "owner";

    /// <summary>Index of pods by <c>namespace/value</c> of the label that names their inference service.</summary>
    public const string ByInferenceService = "inferenceservice";

    public Caches(KubernetesClient client, ILoggerFactory loggers)
    {
        DataSources = Of(ApiResources.DataSources);
        TrainingJobs = Of(ApiResources.TrainingJobs);
        ModelVersions = Of(ApiResources.ModelVersions);
        InferenceServices = Of(ApiResources.InferenceServices);
        CompliancePolicies = Of(ApiResources.CompliancePolicies);
        Namespaces = Of(CoreResources.Namespaces);
        Nodes = Of(CoreResources.Nodes);
        PriorityClasses = Of(CoreResources.PriorityClasses);
        // All pods, not only our own: what is free for a gang is what every pod leaves.
        Pods = Of(CoreResources.Pods, new InformerOptions<V1Pod> { Transform = Prune })
            .AddIndex(ByOwner, OwnerUid)
            .AddIndex(ByInferenceService, pod => pod.Label(CommonLabels.InferenceService) is { } name ? [$"{pod.Metadata.Namespace}/{name}"] : []);
        Services = Of(CoreResources.Services, Ours<V1Service>()).AddIndex(ByOwner, OwnerUid);
        Deployments = Of(CoreResources.Deployments, Ours<V1Deployment>()).AddIndex(ByOwner, OwnerUid);
        NetworkPolicies = Of(CoreResources.NetworkPolicies, Ours<V1NetworkPolicy>());
        ConfigMaps = Of(CoreResources.ConfigMaps, Ours<V1ConfigMap>());
        // That they changed is all that matters here; what they say is read in the pod that verifies.
        Evidence = Of(CoreResources.ConfigMaps, new InformerOptions<V1ConfigMap> { LabelSelector = CommonLabels.Evidence, Transform = static map => map with { Data = null, BinaryData = null } });

        Informer<T> Of<T>(ResourceType<T> type, InformerOptions<T>? options = null) where T : class, IKubernetesObject =>
            new(client, type, options, loggers.CreateLogger<Informer<T>>());
    }

    public Informer<DataSource> DataSources { get; }

    public Informer<TrainingJob> TrainingJobs { get; }

    public Informer<ModelVersion> ModelVersions { get; }

    public Informer<InferenceService> InferenceServices { get; }

    public Informer<CompliancePolicy> CompliancePolicies { get; }

    public Informer<V1Namespace> Namespaces { get; }

    public Informer<V1Node> Nodes { get; }

    public Informer<V1PriorityClass> PriorityClasses { get; }

    public Informer<V1Pod> Pods { get; }

    /// <summary>Services that the operator made.</summary>
    public Informer<V1Service> Services { get; }

    /// <summary>Deployments that the operator made.</summary>
    public Informer<V1Deployment> Deployments { get; }

    /// <summary>Network policies that the operator made.</summary>
    public Informer<V1NetworkPolicy> NetworkPolicies { get; }

    /// <summary>ConfigMaps that the operator made.</summary>
    public Informer<V1ConfigMap> ConfigMaps { get; }

    /// <summary>ConfigMaps of users that bear the label <see cref="CommonLabels.Evidence"/>, without their content.</summary>
    public Informer<V1ConfigMap> Evidence { get; }

    /// <summary>All informers, for the host to run and to wait for.</summary>
    public IEnumerable<IInformer> All =>
        [DataSources, TrainingJobs, ModelVersions, InferenceServices, CompliancePolicies, Namespaces, Nodes, PriorityClasses, Pods, Services, Deployments, NetworkPolicies, ConfigMaps, Evidence];

    /// <summary>The pods that a resource controls.</summary>
    public IReadOnlyList<V1Pod> PodsOf(IKubernetesObject owner) => Pods.ByIndex(ByOwner, owner.Metadata.Uid ?? "");

    /// <summary>The Deployments that a resource controls.</summary>
    public IReadOnlyList<V1Deployment> DeploymentsOf(IKubernetesObject owner) => Deployments.ByIndex(ByOwner, owner.Metadata.Uid ?? "");

    private static IEnumerable<string> OwnerUid(IKubernetesObject obj) => obj.ControllerOwner is { } owner ? [owner.Uid] : [];

    private static InformerOptions<T> Ours<T>() where T : class, IKubernetesObject =>
        new() { LabelSelector = $"{CommonLabels.ManagedBy}={CommonLabels.ManagedByValue}" };

    // Of a stranger's pod only what it takes from its node matters; a big cluster's pods would fill the memory otherwise.
    private static V1Pod Prune(V1Pod pod)
    {
        var containers = pod.Spec?.Containers?.Select(c => new V1Container { Name = c.Name, Image = c.Image, Resources = c.Resources }).ToList();
        return pod with
        {
            Metadata = pod.Metadata with { Annotations = null },
            Spec = new V1PodSpec
            {
                NodeName = pod.Spec?.NodeName,
                Containers = containers,
                InitContainers = pod.Spec?.InitContainers?.Select(c => new V1Container { Name = c.Name, Resources = c.Resources }).ToList(),
                Overhead = pod.Spec?.Overhead,
            },
        };
    }
}
