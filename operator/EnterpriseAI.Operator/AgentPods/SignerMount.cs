using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>How a pod that loads a model comes to know who must have signed it.</summary>
/// <param name="Volumes">What has to be mounted.</param>
/// <param name="Mounts">Where.</param>
/// <param name="Arguments">The model server's arguments.</param>
internal sealed record SignerMount(IReadOnlyList<V1Volume> Volumes, IReadOnlyList<V1VolumeMount> Mounts, IReadOnlyList<string> Arguments)
{
    private const string KeyMount = "/mnt/key", KeyFile = "cosign.pub";
    private const string RootMount = "/mnt/trusted-root", RootFile = "trusted_root.json";

    /// <summary>The key of a ConfigMap that the operator makes of the trusted root it was installed with.</summary>
    public const string InstalledRootKey = RootFile;

    /// <summary>The ConfigMap with the trusted root that the operator was installed with, in the namespace of a version that names none.</summary>
    public static string InstalledRootName(ModelVersion version) => ObjectNames.Of(version.Metadata.Name!, "trusted-root");

    /// <summary>Where that root is.</summary>
    public static ConfigMapKeyReference InstalledRoot(ModelVersion version) => new() { Name = InstalledRootName(version), Key = InstalledRootKey };

    public static SignerMount Of(ModelVersion version)
    {
        if (version.Spec.Signature?.PublicKey?.SecretKeyRef is { } key)
        {
            return new SignerMount(
                [new V1Volume { Name = "key", Secret = new V1SecretVolumeSource { SecretName = key.Name, Items = [new V1KeyToPath { Key = key.Key, Path = KeyFile }] } }],
                [new V1VolumeMount { Name = "key", MountPath = KeyMount, ReadOnly = true }],
                [$"--public-key={KeyMount}/{KeyFile}"]);
        }

        if (version.Spec.Signature?.Keyless is { } keyless)
        {
            var root = keyless.TrustedRoot?.ConfigMapKeyRef ?? InstalledRoot(version);
            return new SignerMount(
                [new V1Volume { Name = "trusted-root", ConfigMap = new V1ConfigMapVolumeSource { Name = root.Name, Items = [new V1KeyToPath { Key = root.Key, Path = RootFile }] } }],
                [new V1VolumeMount { Name = "trusted-root", MountPath = RootMount, ReadOnly = true }],
                [$"--certificate-identity={keyless.Identity}", $"--certificate-oidc-issuer={keyless.Issuer}", $"--trusted-root={RootMount}/{RootFile}"]);
        }

        return new SignerMount([], [], []);
    }
}
