using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>One pod of a gang: the user's template, with its rank, its inputs, its output, and safe defaults.</summary>
internal static class WorkerPod
{
    /// <summary>Where the output's folder is mounted, and what the variable OUTPUT_DIR names.</summary>
    public const string OutputMount = "/output";

    public static string Name(TrainingJob job, TrainingRole role, int index, int attempt) =>
        ObjectNames.Of(job.Metadata.Name!, string.Create(CultureInfo.InvariantCulture, $"{role.Name}-{index}-{attempt}"));

    /// <summary>The DNS name of a pod, the same over all attempts.</summary>
    public static string Host(TrainingJob job, TrainingRole role, int index) => $"{HostName(job, role, index)}.{RendezvousService.Name(job)}";

    public static IReadOnlyDictionary<string, string> Selector(TrainingJob job) => new Dictionary<string, string>
    {
        [CommonLabels.TrainingJob] = CommonLabels.Value(job.Metadata.Name!),
    };

    public static string NetworkPolicyName(TrainingJob job) => PodNetworkPolicy.Name(job, "gang");

    /// <summary>A job's pods talk with each other; training code that wants more needs a policy of its team's.</summary>
    public static V1NetworkPolicy NetworkPolicy(TrainingJob job) => PodNetworkPolicy.AmongThemselves(job, "gang", Selector(job));

    /// <summary>The spec as it will run; also what admission counts.</summary>
    /// <param name="claims">The volume of each input, by data source.</param>
    public static V1PodSpec Spec(TrainingJob job, TrainingRole role, int index, IReadOnlyDictionary<string, string> claims)
    {
        var spec = role.Template.Spec ?? new V1PodSpec();
        var volumes = new List<V1Volume>(spec.Volumes ?? []);
        var mounts = new List<V1VolumeMount>();
        foreach (var (input, number) in job.Spec.Inputs.Select((input, number) => (input, number)))
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"input-{number}");
            volumes.Add(new V1Volume { Name = name, PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claims[input.DataSource], ReadOnly = true } });
            mounts.Add(new V1VolumeMount { Name = name, MountPath = input.MountPath, ReadOnly = true });
        }
        if (job.Spec.Checkpoint is { } checkpoint)
        {
            volumes.Add(new V1Volume { Name = "checkpoint", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = checkpoint.ClaimName } });
            mounts.Add(new V1VolumeMount { Name = "checkpoint", MountPath = checkpoint.MountPath });
        }
        List<V1EnvVar> environment = [.. EnvironmentContract.Of(job, role, index)];
        if (job.Spec.Output is { } output && ClaimUri.TryParse(output.Artifact) is { } artifact)
        {
            volumes.Add(artifact.Volume("output", readOnly: false));
            mounts.Add(new V1VolumeMount { Name = "output", MountPath = OutputMount, SubPath = artifact.Path });
            environment.Add(new V1EnvVar { Name = "OUTPUT_DIR", Value = OutputMount });
        }
        if (!volumes.Any(v => v.Name == "tmp"))
        {
            volumes.Add(new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() });
            mounts.Add(new V1VolumeMount { Name = "tmp", MountPath = "/tmp" });
        }

        return spec with
        {
            RestartPolicy = "Never",
            Hostname = HostName(job, role, index),
            Subdomain = RendezvousService.Name(job),
            AutomountServiceAccountToken = spec.AutomountServiceAccountToken ?? false,
            EnableServiceLinks = spec.EnableServiceLinks ?? false,
            PriorityClassName = spec.PriorityClassName ?? job.Spec.PriorityClassName,
            SecurityContext = spec.SecurityContext ?? AgentPod.PodSecurity,
            Volumes = volumes,
            Containers =
            [
                .. (spec.Containers ?? []).Select(container => container with
                {
                    SecurityContext = container.SecurityContext ?? AgentPod.ContainerSecurity,
                    // What the user set wins: a variable of the contract that the template names is the template's.
                    Env = [.. environment.Where(e => container.Env?.Any(own => own.Name == e.Name) is not true), .. container.Env ?? []],
                    VolumeMounts = [.. container.VolumeMounts ?? [], .. mounts.Where(m => container.VolumeMounts?.Any(own => own.MountPath == m.MountPath) is not true)],
                }),
            ],
        };
    }

    public static V1Pod Build(TrainingJob job, TrainingRole role, int index, int attempt, IReadOnlyDictionary<string, string> claims)
    {
        var labels = new Dictionary<string, string>(role.Template.Metadata?.Labels?.ToDictionary() ?? [])
        {
            [CommonLabels.TrainingJob] = CommonLabels.Value(job.Metadata.Name!),
            [CommonLabels.Role] = role.Name,
            [CommonLabels.Rank] = EnvironmentContract.Rank(job, role, index).ToString(CultureInfo.InvariantCulture),
            [CommonLabels.Attempt] = attempt.ToString(CultureInfo.InvariantCulture),
        };
        return new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = Name(job, role, index, attempt),
                Namespace = job.Metadata.Namespace,
                Labels = CommonLabels.With(labels),
                Annotations = role.Template.Metadata?.Annotations,
                OwnerReferences = [V1OwnerReference.ControllerOf(job)],
            },
            Spec = Spec(job, role, index, claims),
        };
    }

    private static string HostName(TrainingJob job, TrainingRole role, int index) =>
        ObjectNames.Of(job.Metadata.Name!, string.Create(CultureInfo.InvariantCulture, $"{role.Name}-{index}"));
}
