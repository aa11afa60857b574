using System.Globalization;
using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>The Deployment of one revision: model servers that verify what they load before they serve it.</summary>
internal static class RevisionDeployment
{
    public const int Port = 8080;
    public const string Container = "model-server";
    private const string ModelMount = "/mnt/model";
    private const string KeyMount = "/mnt/key";
    private const string KeyFile = "cosign.pub";

    /// <summary>
    /// The revision's name: changes with the artifact and with how it is run. The image is not part of it: an upgrade of
    /// the operator must not roll every model out again.
    /// </summary>
    public static string Revision(InferenceService service, ModelVersion version) => ObjectNames.Hash(
        service.Metadata.Uid ?? "",
        version.Metadata.Uid ?? "",
        version.Spec.Artifact.Digest,
        JsonSerializer.Serialize(service.Spec.Runtime, ApiJsonContext.Default.ModelRuntime),
        service.Spec.Protection.MaxRequestBytes);

    public static string Name(InferenceService service, string revision) => ObjectNames.Of(service.Metadata.Name!, revision);

    public static IReadOnlyDictionary<string, string> Selector(InferenceService service) => new Dictionary<string, string>
    {
        [CommonLabels.InferenceService] = CommonLabels.Value(service.Metadata.Name!),
    };

    public static string NetworkPolicyName(InferenceService service) => PodNetworkPolicy.Name(service, "serving");

    /// <summary>One policy for all revisions of a service.</summary>
    public static V1NetworkPolicy NetworkPolicy(InferenceService service) => PodNetworkPolicy.Answering(service, "serving", Selector(service), Port);

    /// <param name="live">The Deployment as it is; keeps the image it was made with, and the arguments, which another image might not know.</param>
    public static V1Deployment Build(InferenceService service, ModelVersion version, ClaimUri artifact, string revision, int replicas, string image, V1Deployment? live)
    {
        var labels = new Dictionary<string, string>(Selector(service)) { [CommonLabels.Revision] = revision };
        var key = version.Spec.Signature?.PublicKey?.SecretKeyRef;
        List<V1VolumeMount> mounts = [new() { Name = "model", MountPath = ModelMount, ReadOnly = true }, new() { Name = "tmp", MountPath = "/tmp" }];
        List<V1Volume> volumes = [artifact.Volume("model", readOnly: true), new() { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() }];
        if (key is not null)
        {
            mounts.Add(new V1VolumeMount { Name = "key", MountPath = KeyMount, ReadOnly = true });
            volumes.Add(new V1Volume
            {
                Name = "key",
                Secret = new V1SecretVolumeSource { SecretName = key.Name, Items = [new V1KeyToPath { Key = key.Key, Path = KeyFile }] },
            });
        }

        var running = live?.Spec?.Template?.Spec?.Containers?.FirstOrDefault();
        var ready = new V1HttpGetAction { Path = "/readyz", Port = Port };
        return new V1Deployment
        {
            Metadata = new V1ObjectMeta
            {
                Name = Name(service, revision),
                Namespace = service.Metadata.Namespace,
                Labels = CommonLabels.With(labels),
                OwnerReferences = [V1OwnerReference.ControllerOf(service)],
            },
            Spec = new V1DeploymentSpec
            {
                Replicas = replicas,
                Selector = new V1LabelSelector { MatchLabels = labels },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = CommonLabels.With(labels) },
                    Spec = new V1PodSpec
                    {
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        SecurityContext = AgentPod.PodSecurity,
                        TerminationGracePeriodSeconds = 30,
                        Containers =
                        [
                            new V1Container
                            {
                                Name = Container,
                                Image = running?.Image ?? image,
                                ImagePullPolicy = "IfNotPresent",
                                Command = ["/app/model-server"],
                                Args = running?.Args ?? Arguments(service, version, artifact, hasKey: key is not null),
                                Ports = [new V1ContainerPort { Name = "http", ContainerPort = Port, Protocol = "TCP" }],
                                StartupProbe = new V1Probe { HttpGet = new V1HttpGetAction { Path = "/healthz", Port = Port }, PeriodSeconds = 1, FailureThreshold = 300 },
                                ReadinessProbe = new V1Probe { HttpGet = ready, PeriodSeconds = 1, FailureThreshold = 3 },
                                LivenessProbe = new V1Probe { HttpGet = new V1HttpGetAction { Path = "/healthz", Port = Port }, PeriodSeconds = 10 },
                                Resources = service.Spec.Runtime.Resources ?? Defaults,
                                SecurityContext = AgentPod.ContainerSecurity,
                                VolumeMounts = mounts,
                            },
                        ],
                        Volumes = volumes,
                    },
                },
            },
        };
    }

    private static IReadOnlyList<string> Arguments(InferenceService service, ModelVersion version, ClaimUri artifact, bool hasKey) =>
    [
        $"--model={ModelMount}/{artifact.Path}",
        $"--digest={version.Spec.Artifact.Digest}",
        .. hasKey ? [$"--public-key={KeyMount}/{KeyFile}", "--require-signature"] : Array.Empty<string>(),
        $"--model-name={service.Metadata.Name}",
        $"--model-version={version.Spec.Version}",
        string.Create(CultureInfo.InvariantCulture, $"--http=0.0.0.0:{Port}"),
        // The gateway speaks HTTP/1.1, and what is served is decided by the resource alone.
        "--grpc=none",
        "--model-control=None",
        $"--execution-provider={service.Spec.Runtime.ExecutionProvider}",
        string.Create(CultureInfo.InvariantCulture, $"--max-request-bytes={(long)Quantity.Parse(service.Spec.Protection.MaxRequestBytes)}"),
        .. service.Spec.Runtime.Batching is { } batching ? Batching(batching) : [],
    ];

    private static string[] Batching(RequestBatching batching) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"--max-batch-size={batching.MaxBatchSize}"),
        string.Create(CultureInfo.InvariantCulture, $"--max-batch-delay-us={(long)batching.MaxDelay.ToTimeSpan().TotalMicroseconds}"),
    ];

    private static V1ResourceRequirements Defaults { get; } = new()
    {
        Requests = new Dictionary<string, string> { ["cpu"] = "100m", ["memory"] = "128Mi" },
    };
}
