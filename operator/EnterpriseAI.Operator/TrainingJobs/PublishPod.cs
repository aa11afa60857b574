using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>
/// The pod that signs what a job has written. The signing key is mounted here and nowhere else: training code never sees it.
/// </summary>
internal static class PublishPod
{
    private const string ArtifactMount = "/mnt/artifact";
    private const string KeyMount = "/mnt/key";
    private const string KeyFile = "cosign.key";

    public static string Name(TrainingJob job) => ObjectNames.Of(job.Metadata.Name!, "publish");

    // Not the job's own label: by that the gang's Service would take this pod for a worker.
    private static readonly Dictionary<string, string> Labels = new() { [CommonLabels.Role] = "publish" };

    public static string NetworkPolicyName(TrainingJob job) => PodNetworkPolicy.Name(job, "publish");

    /// <summary>The pod that holds the signing key reaches nobody, and nobody reaches it.</summary>
    public static V1NetworkPolicy NetworkPolicy(TrainingJob job) => PodNetworkPolicy.Sealed(job, "publish", Labels);

    public static V1Pod Build(TrainingJob job, ClaimUri artifact, string image) => AgentPod.Build(
        job,
        Name(job),
        new V1Container
        {
            Name = "sign",
            Image = image,
            Command = ["/app/agent", "sign"],
            Args = [$"--artifact={ArtifactMount}/{artifact.Path}", $"--key={KeyMount}/{KeyFile}", $"--name={job.Spec.Output!.Model}-{job.Spec.Output.Version}"],
            VolumeMounts =
            [
                new V1VolumeMount { Name = "artifact", MountPath = ArtifactMount },
                new V1VolumeMount { Name = "key", MountPath = KeyMount, ReadOnly = true },
            ],
        },
        [
            artifact.Volume("artifact", readOnly: false),
            new V1Volume
            {
                Name = "key",
                Secret = new V1SecretVolumeSource { SecretName = job.Spec.Output.SigningKeySecret, Items = [new V1KeyToPath { Key = KeyFile, Path = KeyFile }] },
            },
        ],
        Labels);
}

/// <summary>The result of <c>agent sign</c>.</summary>
internal sealed record SignResult
{
    public required string Digest { get; init; }

    public string? KeyId { get; init; }

    public IReadOnlyList<EvaluationResult>? Evaluation { get; init; }

    /// <exception cref="JsonException">The result is of another shape.</exception>
    public static SignResult Parse(JsonElement result) =>
        result.Deserialize(SignResultJson.Default.SignResult) ?? throw new JsonException("the result is null");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SignResult))]
internal sealed partial class SignResultJson : JsonSerializerContext;
