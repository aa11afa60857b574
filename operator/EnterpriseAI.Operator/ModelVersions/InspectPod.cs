using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// The pod that verifies an artifact's digest, signature and attestations and loads it into ONNX Runtime once, and answers with its
/// interface. It is the same program, with the same checks, that serves the model later.
/// </summary>
internal static class InspectPod
{
    /// <summary>One name per round: the time of the verification before is part of it, and so is the state of the evidence.</summary>
    public static string Name(ModelVersion resource, string? evidence) => ObjectNames.Of(resource.Metadata.Name!, "verify-" + ObjectNames.Hash(
        resource.Metadata.Uid ?? "", resource.Spec.Artifact.Uri, resource.Spec.Artifact.Digest,
        resource.Status?.VerifiedAt?.UtcTicks.ToString(CultureInfo.InvariantCulture) ?? "", evidence ?? ""));

    public static string NetworkPolicyName(ModelVersion resource) => PodNetworkPolicy.Name(resource, "verify");

    /// <summary>An artifact that is not trusted yet is loaded here: the pod reaches nobody, or only where the artifact is.</summary>
    public static V1NetworkPolicy NetworkPolicy(ModelVersion resource) => ArtifactMount.IsFetched(resource.Spec.Artifact)
        ? PodNetworkPolicy.Fetching(resource, "verify", Labels(resource), ArtifactMount.Port(resource.Spec.Artifact))
        : PodNetworkPolicy.Sealed(resource, "verify", Labels(resource));

    /// <param name="resource">Its artifact's address is well formed.</param>
    /// <param name="evidence">The state of the evidence that the version names.</param>
    /// <param name="image">The image with the model server.</param>
    /// <param name="agentImage">The image that fetches.</param>
    /// <param name="cache">The node's folder for fetched artifacts, or null.</param>
    public static V1Pod Build(ModelVersion resource, string? evidence, string image, string agentImage, string? cache)
    {
        var artifact = ArtifactMount.Of(resource, agentImage, cache);
        var signer = SignerMount.Of(resource);
        var attestations = AttestationMount.Of(resource);
        return AgentPod.Build(
            resource,
            Name(resource, evidence),
            new V1Container
            {
                Name = "inspect",
                Image = image,
                Command = ["/app/model-server", "inspect"],
                Args = [$"--model={artifact.Path}", $"--digest={resource.Spec.Artifact.Digest}", .. signer.Arguments, .. attestations.Arguments],
                Resources = resource.Spec.Verification?.Resources,
                VolumeMounts = [.. artifact.Mounts, .. signer.Mounts, .. attestations.Mounts],
            },
            [.. artifact.Volumes, .. signer.Volumes, .. attestations.Volumes],
            Labels(resource),
            artifact.Preparation.Count == 0 ? null : artifact.Preparation);
    }

    private static Dictionary<string, string> Labels(ModelVersion resource) => new()
    {
        [CommonLabels.ModelVersion] = CommonLabels.Value(resource.Metadata.Name!),
        [CommonLabels.Role] = "verify",
    };
}
