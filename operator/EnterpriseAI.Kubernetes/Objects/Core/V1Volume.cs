using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>A volume of a pod; exactly one source is set.</summary>
public sealed record V1Volume
{
    public string Name { get; init; } = "";
    public V1PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; init; }
    public V1SecretVolumeSource? Secret { get; init; }
    public V1ConfigMapVolumeSource? ConfigMap { get; init; }
    public V1EmptyDirVolumeSource? EmptyDir { get; init; }
    public V1ProjectedVolumeSource? Projected { get; init; }
    public V1HostPathVolumeSource? HostPath { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>A claim in the pod's namespace.</summary>
public sealed record V1PersistentVolumeClaimVolumeSource
{
    public string ClaimName { get; init; } = "";
    public bool? ReadOnly { get; init; }
}

/// <summary>Keys of a Secret as files.</summary>
public sealed record V1SecretVolumeSource
{
    public string? SecretName { get; init; }
    public IReadOnlyList<V1KeyToPath>? Items { get; init; }

    /// <summary>File mode, decimal in JSON.</summary>
    public int? DefaultMode { get; init; }

    public bool? Optional { get; init; }
}

/// <summary>Keys of a ConfigMap as files.</summary>
public sealed record V1ConfigMapVolumeSource
{
    public string? Name { get; init; }
    public IReadOnlyList<V1KeyToPath>? Items { get; init; }

    /// <summary>File mode, decimal in JSON.</summary>
    public int? DefaultMode { get; init; }

    public bool? Optional { get; init; }
}

/// <summary>Which key becomes which file.</summary>
public sealed record V1KeyToPath
{
    public string Key { get; init; } = "";
    public string Path { get; init; } = "";
    public int? Mode { get; init; }
}

/// <summary>A folder that lives as long as the pod.</summary>
public sealed record V1EmptyDirVolumeSource
{
    /// <summary>Empty for disk, <c>Memory</c> for tmpfs.</summary>
    public string? Medium { get; init; }

    public string? SizeLimit { get; init; }
}

/// <summary>A folder or file of the node.</summary>
public sealed record V1HostPathVolumeSource
{
    public string Path { get; init; } = "";

    /// <summary>What must be there: Directory, DirectoryOrCreate, File, … Null for no check.</summary>
    public string? Type { get; init; }
}

/// <summary>Several sources in one folder.</summary>
public sealed record V1ProjectedVolumeSource
{
    public IReadOnlyList<V1VolumeProjection>? Sources { get; init; }
    public int? DefaultMode { get; init; }
}

/// <summary>One source of a projected volume; exactly one is set.</summary>
public sealed record V1VolumeProjection
{
    public V1SourceProjection? Secret { get; init; }
    public V1SourceProjection? ConfigMap { get; init; }
    public V1ServiceAccountTokenProjection? ServiceAccountToken { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>A Secret or ConfigMap inside a projected volume.</summary>
public sealed record V1SourceProjection
{
    public string? Name { get; init; }
    public IReadOnlyList<V1KeyToPath>? Items { get; init; }
    public bool? Optional { get; init; }
}

/// <summary>A short-lived token of the pod's service account.</summary>
public sealed record V1ServiceAccountTokenProjection
{
    public string? Audience { get; init; }

    /// <summary>Seconds, at least 600.</summary>
    public long? ExpirationSeconds { get; init; }

    public string Path { get; init; } = "";
}
