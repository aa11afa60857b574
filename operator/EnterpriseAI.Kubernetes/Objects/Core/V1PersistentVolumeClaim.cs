using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>A claim for storage.</summary>
public sealed record V1PersistentVolumeClaim : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "PersistentVolumeClaim"; } = "PersistentVolumeClaim";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1PersistentVolumeClaimSpec? Spec { get; init; }
    public V1PersistentVolumeClaimStatus? Status { get; init; }
}

/// <summary>What storage is asked for.</summary>
public sealed record V1PersistentVolumeClaimSpec
{
    public IReadOnlyList<string>? AccessModes { get; init; }
    public V1ResourceRequirements? Resources { get; init; }
    public string? StorageClassName { get; init; }
    public string? VolumeName { get; init; }
    public string? VolumeMode { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>What storage was given.</summary>
public sealed record V1PersistentVolumeClaimStatus
{
    /// <summary><c>Pending</c>, <c>Bound</c> or <c>Lost</c>.</summary>
    public string? Phase { get; init; }

    public IReadOnlyDictionary<string, string>? Capacity { get; init; }
    public IReadOnlyList<string>? AccessModes { get; init; }
}
