using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>
/// Builds the pods that the operator runs for itself: non-root, read-only, without capabilities and without a service
/// account token. Their one way to answer is the termination message (<see cref="PodOutcome"/>).
/// </summary>
public static class AgentPod
{
    /// <summary>The user and group of every process that the project's images hold.</summary>
    public const long User = 65532;

    /// <summary>A pod that runs one container once.</summary>
    /// <param name="owner">The resource it works for: its controller, and its namespace.</param>
    /// <param name="name">At most 63 characters, DNS label; deterministic, so that a second attempt to create it is harmless.</param>
    /// <param name="container">Image, command, arguments, mounts. Security and <c>/tmp</c> are added here.</param>
    /// <param name="volumes">What the mounts refer to.</param>
    /// <param name="labels">In addition to the common ones.</param>
    /// <param name="preparation">Init containers.</param>
    public static V1Pod Build(
        IKubernetesObject owner,
        string name,
        V1Container container,
        IReadOnlyList<V1Volume> volumes,
        IReadOnlyDictionary<string, string> labels,
        IReadOnlyList<V1Container>? preparation = null) => new()
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                Namespace = owner.Metadata.Namespace,
                Labels = CommonLabels.With(labels),
                OwnerReferences = [V1OwnerReference.ControllerOf(owner)],
            },
            Spec = new V1PodSpec
            {
                RestartPolicy = "Never",
                AutomountServiceAccountToken = false,
                EnableServiceLinks = false,
                SecurityContext = PodSecurity,
                InitContainers = preparation?.Select(Secured).ToList(),
                Containers = [Secured(container)],
                Volumes = [.. volumes, new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() }],
            },
        };

    /// <summary>A container as every pod of the operator has it.</summary>
    public static V1Container Secured(V1Container container) => container with
    {
        ImagePullPolicy = container.ImagePullPolicy ?? "IfNotPresent",
        SecurityContext = ContainerSecurity,
        Resources = container.Resources ?? SmallResources,
        VolumeMounts = [.. container.VolumeMounts ?? [], new V1VolumeMount { Name = "tmp", MountPath = "/tmp" }],
    };

    /// <summary>Pod-level security of everything the operator makes.</summary>
    public static V1PodSecurityContext PodSecurity { get; } = new()
    {
        RunAsNonRoot = true,
        RunAsUser = User,
        RunAsGroup = User,
        FsGroup = User,
        SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
    };

    /// <summary>Container-level security of everything the operator makes.</summary>
    public static V1SecurityContext ContainerSecurity { get; } = new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        Capabilities = new V1Capabilities { Drop = ["ALL"] },
    };

    private static V1ResourceRequirements SmallResources { get; } = new()
    {
        Requests = new Dictionary<string, string> { ["cpu"] = "50m", ["memory"] = "64Mi" },
        Limits = new Dictionary<string, string> { ["memory"] = "1Gi" },
    };
}
