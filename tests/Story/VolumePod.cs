using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Story;

/// <summary>A pod that runs one program on the volume claim <c>models</c>, as somebody with access to it could.</summary>
public static class VolumePod
{
    public const string Tools = "docker.io/enterpriseai/test-tools:1";

    /// <param name="command">Sees the claim as <c>/models</c>.</param>
    /// <param name="secret">Mounted at <c>/secret</c> when given.</param>
    /// <returns>What the container left as its termination message.</returns>
    /// <exception cref="StoryException">It failed; the message holds its log.</exception>
    public static async Task<string?> RunAsync(Cluster cluster, Waiting wait, string ns, string name, string image, IReadOnlyList<string> command, string? secret, CancellationToken cancellationToken)
    {
        await cluster.Client.DeleteAsync(CoreResources.Pods, ns, name, new DeleteOptions { GracePeriod = TimeSpan.Zero }, cancellationToken);
        await wait.UntilGoneAsync(CoreResources.Pods, ns, name, cancellationToken);
        List<V1Volume> volumes = [new() { Name = "models", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = "models" } }];
        List<V1VolumeMount> mounts = [new() { Name = "models", MountPath = "/models" }];
        if (secret is not null)
        {
            volumes.Add(new V1Volume { Name = "secret", Secret = new V1SecretVolumeSource { SecretName = secret } });
            mounts.Add(new V1VolumeMount { Name = "secret", MountPath = "/secret", ReadOnly = true });
        }
        await cluster.Client.CreateAsync(CoreResources.Pods, new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = name, Namespace = ns },
            Spec = new V1PodSpec
            {
                RestartPolicy = "Never",
                AutomountServiceAccountToken = false,
                SecurityContext = new V1PodSecurityContext { RunAsNonRoot = true, RunAsUser = 65532, RunAsGroup = 65532, FsGroup = 65532 },
                Containers = [new V1Container { Name = "tool", Image = image, ImagePullPolicy = "IfNotPresent", Command = command, VolumeMounts = mounts }],
                Volumes = volumes,
            },
        }, cancellationToken: cancellationToken);
        var pod = await wait.UntilAsync(CoreResources.Pods, ns, name, p => p.Status?.Phase is "Succeeded" or "Failed", p => $"{name}: {p.Status?.Phase}", TimeSpan.FromMinutes(2), cancellationToken);
        return pod.Status!.Phase == "Succeeded"
            ? pod.Status.ContainerStatuses?[0].State?.Terminated?.Message
            : throw new StoryException($"pod {name}: {await cluster.Client.GetLogsAsync(ns, name, cancellationToken: cancellationToken)}");
    }
}
