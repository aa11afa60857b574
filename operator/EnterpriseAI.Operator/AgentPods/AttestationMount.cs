using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>How the pod that verifies a version comes to know which attestations to check, and gets them.</summary>
/// <param name="Volumes">What has to be mounted.</param>
/// <param name="Mounts">Where.</param>
/// <param name="Arguments">The arguments of <c>model-server inspect</c>.</param>
internal sealed record AttestationMount(IReadOnlyList<V1Volume> Volumes, IReadOnlyList<V1VolumeMount> Mounts, IReadOnlyList<string> Arguments)
{
    private const string Folder = "/mnt/attestations", VolumeName = "attestations";
    private const string BundleFile = "bundle.json", KeyFile = "cosign.pub", RootFile = "trusted_root.json";

    // An argument may have 128 KiB: what is not ASCII stays as short as it is.
    private static readonly AttestationArgumentJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static AttestationMount Of(ModelVersion version)
    {
        if (version.Spec.Attestations.Count == 0)
            return new AttestationMount([], [], []);
        var sources = new List<V1VolumeProjection>();
        var arguments = version.Spec.Attestations.Select(attestation => Text(Argument(version, attestation, sources))).ToList();
        return new AttestationMount(
            [new V1Volume { Name = VolumeName, Projected = new V1ProjectedVolumeSource { Sources = sources } }],
            [new V1VolumeMount { Name = VolumeName, MountPath = Folder, ReadOnly = true }],
            arguments);
    }

    private static AttestationArgument Argument(ModelVersion version, ModelAttestation attestation, List<V1VolumeProjection> sources)
    {
        var signature = attestation.Signature ?? version.Spec.Signature;
        var argument = new AttestationArgument(attestation.Name, attestation.Type.ToString(), Map(attestation.Bundle.ConfigMapKeyRef, BundleFile))
        {
            Vex = attestation.Vex.Count == 0 ? null : [.. attestation.Vex.Select((vex, i) => Map(vex.ConfigMapKeyRef, $"vex-{i}.json"))],
            SlsaProvenance = attestation.SlsaProvenance,
            BillOfMaterials = attestation.BillOfMaterials,
            Vulnerabilities = attestation.Vulnerabilities is { } scan ? new ScanArgument(scan.Refuse.ToString(), scan.MaxAge?.ToTimeSpan().TotalSeconds) : null,
        };
        if (signature?.PublicKey?.SecretKeyRef is { } key)
        {
            sources.Add(new V1VolumeProjection { Secret = Source(key.Name, key.Key, KeyFile) });
            return argument with { PublicKey = Path(KeyFile) };
        }
        var keyless = signature?.Keyless ?? new KeylessIdentity();
        return argument with
        {
            Identity = keyless.Identity,
            Issuer = keyless.Issuer,
            TrustedRoot = Map(keyless.TrustedRoot?.ConfigMapKeyRef ?? SignerMount.InstalledRoot(version), RootFile),
        };

        string Map(ConfigMapKeyReference reference, string file)
        {
            sources.Add(new V1VolumeProjection { ConfigMap = Source(reference.Name, reference.Key, file) });
            return Path(file);
        }

        string Path(string file) => $"{Folder}/{attestation.Name}/{file}";

        // Optional: a pod that waits for what is not there says nothing, while the program names the file.
        V1SourceProjection Source(string name, string key, string file) =>
            new() { Name = name, Optional = true, Items = [new V1KeyToPath { Key = key, Path = $"{attestation.Name}/{file}" }] };
    }

    // A dollar sign and brackets in an argument are a variable to the kubelet; in JSON it occurs in texts only.
    private static string Text(AttestationArgument argument) =>
        $"--attestation={JsonSerializer.Serialize(argument, Json.AttestationArgument).Replace("$", "\\u0024", StringComparison.Ordinal)}";
}

/// <summary>What <c>model-server inspect --attestation</c> reads; it refuses members that it does not know.</summary>
/// <param name="Bundle">Path of the bundle.</param>
internal sealed record AttestationArgument(string Name, string Type, string Bundle)
{
    public IReadOnlyList<string>? Vex { get; init; }

    public string? PublicKey { get; init; }

    public string? Identity { get; init; }

    public string? Issuer { get; init; }

    public string? TrustedRoot { get; init; }

    public ProvenanceRequirement? SlsaProvenance { get; init; }

    public BillOfMaterialsRequirement? BillOfMaterials { get; init; }

    public ScanArgument? Vulnerabilities { get; init; }
}

/// <param name="Refuse">The least severity that is refused.</param>
internal sealed record ScanArgument(string Refuse, double? MaxAgeSeconds);

[JsonSerializable(typeof(AttestationArgument))]
internal sealed partial class AttestationArgumentJson : JsonSerializerContext;
