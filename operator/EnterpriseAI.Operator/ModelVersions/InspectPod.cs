using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// The pod that verifies an artifact's digest and signature and loads it into ONNX Runtime once, and answers with its
/// interface. It is the same program, with the same checks, that serves the model later.
/// </summary>
internal static class InspectPod
{
    private const string ModelMount = "/mnt/model";
    private const string KeyMount = "/mnt/key";
    private const string KeyFile = "cosign.pub";

    public static string Name(ModelVersion resource) =>
        ObjectNames.Of(resource.Metadata.Name!, "verify-" + ObjectNames.Hash(resource.Metadata.Uid ?? "", resource.Spec.Artifact.Uri, resource.Spec.Artifact.Digest));

    public static string NetworkPolicyName(ModelVersion resource) => PodNetworkPolicy.Name(resource, "verify");

    /// <summary>An artifact that is not trusted yet is loaded here: the pod reaches nobody.</summary>
    public static V1NetworkPolicy NetworkPolicy(ModelVersion resource) => PodNetworkPolicy.Sealed(resource, "verify", Labels(resource));

    /// <param name="artifact">The parsed <c>spec.artifact.uri</c>.</param>
    public static V1Pod Build(ModelVersion resource, ClaimUri artifact, string image)
    {
        var key = resource.Spec.Signature?.PublicKey?.SecretKeyRef;
        List<V1VolumeMount> mounts = [new() { Name = "model", MountPath = ModelMount, ReadOnly = true }];
        List<V1Volume> volumes = [artifact.Volume("model", readOnly: true)];
        if (key is not null)
        {
            mounts.Add(new V1VolumeMount { Name = "key", MountPath = KeyMount, ReadOnly = true });
            volumes.Add(new V1Volume
            {
                Name = "key",
                Secret = new V1SecretVolumeSource { SecretName = key.Name, Items = [new V1KeyToPath { Key = key.Key, Path = KeyFile }] },
            });
        }

        return AgentPod.Build(
            resource,
            Name(resource),
            new V1Container
            {
                Name = "inspect",
                Image = image,
                Command = ["/app/model-server", "inspect"],
                Args =
                [
                    $"--model={ModelMount}/{artifact.Path}", $"--digest={resource.Spec.Artifact.Digest}",
                    .. key is null ? Array.Empty<string>() : [$"--public-key={KeyMount}/{KeyFile}"],
                ],
                VolumeMounts = mounts,
            },
            volumes,
            Labels(resource));
    }

    private static Dictionary<string, string> Labels(ModelVersion resource) => new()
    {
        [CommonLabels.ModelVersion] = CommonLabels.Value(resource.Metadata.Name!),
        [CommonLabels.Role] = "verify",
    };
}
