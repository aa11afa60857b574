using System.Globalization;
using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>The Deployment of one revision: model servers that verify what they load before they serve it.</summary>
internal static class RevisionDeployment
{
    public const int Port = 8080;
    public const string Container = "model-server";
    private const string RevokedMount = "/mnt/revoked";

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

    /// <summary>One policy for all revisions of a service: in for requests, out only where an artifact has to be fetched.</summary>
    public static V1NetworkPolicy NetworkPolicy(InferenceService service, IReadOnlyList<ModelVersion> versions) => PodNetworkPolicy.Answering(
        service, "serving", Selector(service), Port, [.. versions.Select(v => v.Spec.Artifact).Where(ArtifactMount.IsFetched).Select(ArtifactMount.Port).Distinct().Order()]);

    /// <param name="service">Whose revision it is.</param>
    /// <param name="version">Its artifact's address is well formed.</param>
    /// <param name="revision">Name of the revision.</param>
    /// <param name="replicas">Pods.</param>
    /// <param name="images">What they are made of.</param>
    /// <param name="live">The Deployment as it is; keeps its pods as they were made: an upgrade of the operator must not roll every model
    /// out again, and an older image might not know the arguments of a newer one.</param>
    public static V1Deployment Build(InferenceService service, ModelVersion version, string revision, int replicas, ServingImages images, V1Deployment? live)
    {
        var labels = new Dictionary<string, string>(Selector(service)) { [CommonLabels.Revision] = revision };
        var artifact = ArtifactMount.Of(version, images.Agent, images.Cache);
        var signer = SignerMount.Of(version);
        var kept = live?.Spec?.Template?.Spec;
        var running = kept?.Containers?.FirstOrDefault();
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
                        InitContainers = kept is not null ? kept.InitContainers : artifact.Preparation.Count == 0 ? null : [.. artifact.Preparation.Select(AgentPod.Secured)],
                        Containers =
                        [
                            new V1Container
                            {
                                Name = Container,
                                Image = running?.Image ?? images.ModelServer,
                                ImagePullPolicy = "IfNotPresent",
                                Command = ["/app/model-server"],
                                Args = running?.Args ?? Arguments(service, version, artifact, signer),
                                Ports = [new V1ContainerPort { Name = "http", ContainerPort = Port, Protocol = "TCP" }],
                                StartupProbe = new V1Probe { HttpGet = new V1HttpGetAction { Path = "/healthz", Port = Port }, PeriodSeconds = 1, FailureThreshold = 300 },
                                ReadinessProbe = new V1Probe { HttpGet = ready, PeriodSeconds = 1, FailureThreshold = 3 },
                                LivenessProbe = new V1Probe { HttpGet = new V1HttpGetAction { Path = "/healthz", Port = Port }, PeriodSeconds = 10 },
                                Resources = service.Spec.Runtime.Resources ?? Defaults,
                                SecurityContext = AgentPod.ContainerSecurity,
                                VolumeMounts = running?.VolumeMounts ??
                                [
                                    .. artifact.Mounts, .. signer.Mounts,
                                    new V1VolumeMount { Name = "revoked", MountPath = RevokedMount, ReadOnly = true },
                                    new V1VolumeMount { Name = "tmp", MountPath = "/tmp" },
                                ],
                            },
                        ],
                        Volumes = kept?.Volumes ??
                        [
                            .. artifact.Volumes, .. signer.Volumes,
                            RevocationNotice.Volume("revoked", version),
                            new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() },
                        ],
                    },
                },
            },
        };
    }

    private static IReadOnlyList<string> Arguments(InferenceService service, ModelVersion version, ArtifactMount artifact, SignerMount signer) =>
    [
        $"--model={artifact.Path}",
        $"--digest={version.Spec.Artifact.Digest}",
        .. signer.Arguments,
        .. signer.Arguments.Count > 0 ? ["--require-signature"] : Array.Empty<string>(),
        $"--revoked-file={RevokedMount}/{RevocationNotice.Key}",
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
