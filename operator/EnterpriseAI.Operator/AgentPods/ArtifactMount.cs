using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>How a pod comes by a model's bytes.</summary>
/// <param name="Path">Where they lie in the pod.</param>
/// <param name="Volumes">What has to be mounted.</param>
/// <param name="Mounts">Where the container that reads them mounts it, read-only.</param>
/// <param name="Preparation">Init containers that fetch them; empty when they lie on a volume already.</param>
internal sealed record ArtifactMount(string Path, IReadOnlyList<V1Volume> Volumes, IReadOnlyList<V1VolumeMount> Mounts, IReadOnlyList<V1Container> Preparation)
{
    private const string ModelMount = "/mnt/model", CacheMount = "/mnt/cache", CredentialsMount = "/mnt/credentials", CaMount = "/mnt/ca";
    private const string CaFile = "ca.pem";

    /// <summary>Why an artifact cannot be had; null when it can.</summary>
    public static string? Unsupported(ModelArtifact artifact) =>
        ArtifactUri.TryParse(artifact.Uri, out _, out var error) ? null : $"spec.artifact.uri: {error}";

    /// <summary>Whether the pod has to reach anybody for it.</summary>
    public static bool IsFetched(ModelArtifact artifact) => ArtifactUri.TryParse(artifact.Uri, out var uri, out _) && uri.Scheme != ArtifactScheme.Pvc;

    /// <summary>The TCP port at which the artifact is fetched.</summary>
    public static int Port(ModelArtifact artifact)
    {
        var address = artifact.S3?.Endpoint ?? artifact.Uri;
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Port > 0 ? uri.Port : 443;
    }

    /// <param name="version">The model version; its artifact's address is well formed.</param>
    /// <param name="agentImage">The image that fetches.</param>
    /// <param name="cache">The node's folder for fetched artifacts, or null.</param>
    public static ArtifactMount Of(ModelVersion version, string agentImage, string? cache)
    {
        var artifact = version.Spec.Artifact;
        var uri = ArtifactUri.Parse(artifact.Uri);
        if (uri.Scheme == ArtifactScheme.Pvc)
        {
            return new ArtifactMount(
                $"{ModelMount}/{uri.Path}",
                [new ClaimUri(uri.Authority, uri.Path).Volume("model", readOnly: true)],
                [new V1VolumeMount { Name = "model", MountPath = ModelMount, ReadOnly = true }],
                []);
        }

        var name = FileName(artifact.Uri);
        // A namespace of its own: what one team's credentials fetched must not be had by another that only knows the digest.
        var shared = $"{CacheMount}/{version.Metadata.Namespace}";
        var (mount, volume) = cache is null
            ? (ModelMount, new V1Volume { Name = "model", EmptyDir = new V1EmptyDirVolumeSource() })
            : (CacheMount, new V1Volume { Name = "model", HostPath = new V1HostPathVolumeSource { Path = cache, Type = "Directory" } });
        List<V1Volume> volumes = [volume];
        List<V1VolumeMount> fetching = [new() { Name = "model", MountPath = mount }];
        List<string> arguments = [$"--from={artifact.Uri}", $"--to={ModelMount}/{name}", $"--digest={artifact.Digest}"];
        if (cache is not null)
            arguments.Add($"--cache={shared}");
        if (artifact.SecretRef is { } secret)
        {
            volumes.Add(new V1Volume { Name = "credentials", Secret = new V1SecretVolumeSource { SecretName = secret.Name } });
            fetching.Add(new V1VolumeMount { Name = "credentials", MountPath = CredentialsMount, ReadOnly = true });
            arguments.Add($"--credentials={CredentialsMount}");
        }
        if (artifact.CaBundleRef is { } ca)
        {
            volumes.Add(new V1Volume { Name = "ca", ConfigMap = new V1ConfigMapVolumeSource { Name = ca.Name, Items = [new V1KeyToPath { Key = ca.Key, Path = CaFile }] } });
            fetching.Add(new V1VolumeMount { Name = "ca", MountPath = CaMount, ReadOnly = true });
            arguments.Add($"--ca-file={CaMount}/{CaFile}");
        }
        if (artifact.S3?.Endpoint is { } endpoint)
            arguments.AddRange([$"--s3-endpoint={endpoint}", "--s3-path-style"]);
        if (artifact.S3?.Region is { } region)
            arguments.Add($"--s3-region={region}");

        return new ArtifactMount(
            cache is null ? $"{ModelMount}/{name}" : $"{shared}/{artifact.Digest.Replace(':', '-')}/{name}",
            volumes,
            [new V1VolumeMount { Name = "model", MountPath = mount, ReadOnly = true }],
            [new V1Container { Name = "fetch", Image = agentImage, Command = ["/app/agent", "fetch"], Args = arguments, VolumeMounts = fetching }]);
    }

    // The last name of the address, without a digest or a query; a name that a file cannot have becomes "model".
    private static string FileName(string uri)
    {
        var name = uri.TrimEnd('/').Split('/')[^1].Split('@', '?', '#')[0];
        return name.Length is > 0 and <= 128 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && name[0] != '.' ? name : "model";
    }
}
