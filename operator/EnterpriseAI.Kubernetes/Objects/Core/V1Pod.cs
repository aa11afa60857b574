using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>A pod.</summary>
public sealed record V1Pod : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1PodSpec? Spec { get; init; }
    public V1PodStatus? Status { get; init; }
}

/// <summary>The pod that a workload makes; whatever a user wrote in it survives a round trip.</summary>
public sealed record V1PodTemplateSpec
{
    public V1ObjectMeta? Metadata { get; init; }
    public V1PodSpec? Spec { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>What a pod runs, and where.</summary>
public sealed record V1PodSpec
{
    public IReadOnlyList<V1Container>? InitContainers { get; init; }
    public IReadOnlyList<V1Container>? Containers { get; init; }
    public IReadOnlyList<V1Volume>? Volumes { get; init; }

    /// <summary><c>Always</c>, <c>OnFailure</c> or <c>Never</c>.</summary>
    public string? RestartPolicy { get; init; }

    public string? ServiceAccountName { get; init; }
    public bool? AutomountServiceAccountToken { get; init; }
    public string? NodeName { get; init; }
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }
    public IReadOnlyList<V1Toleration>? Tolerations { get; init; }

    /// <summary>Affinity as written; built by hand where it is needed.</summary>
    public JsonElement? Affinity { get; init; }

    public V1PodSecurityContext? SecurityContext { get; init; }
    public string? Hostname { get; init; }
    public string? Subdomain { get; init; }
    public bool? HostNetwork { get; init; }
    public bool? EnableServiceLinks { get; init; }
    public string? PriorityClassName { get; init; }
    public int? Priority { get; init; }
    public string? SchedulerName { get; init; }

    /// <summary>Seconds.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Seconds.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    public IReadOnlyList<V1LocalObjectReference>? ImagePullSecrets { get; init; }

    /// <summary>Spread over zones, nodes and so on, as written.</summary>
    public IReadOnlyList<JsonElement>? TopologySpreadConstraints { get; init; }

    public IReadOnlyDictionary<string, string>? Overhead { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Lets a pod onto nodes with a matching taint.</summary>
public sealed record V1Toleration
{
    public string? Key { get; init; }

    /// <summary><c>Exists</c> or <c>Equal</c> (the default).</summary>
    public string? Operator { get; init; }

    public string? Value { get; init; }
    public string? Effect { get; init; }

    /// <summary>Seconds.</summary>
    public long? TolerationSeconds { get; init; }
}

/// <summary>Security settings of all containers of a pod.</summary>
public sealed record V1PodSecurityContext
{
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public long? FsGroup { get; init; }
    public string? FsGroupChangePolicy { get; init; }
    public IReadOnlyList<long>? SupplementalGroups { get; init; }
    public V1SeccompProfile? SeccompProfile { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Which system calls are allowed.</summary>
public sealed record V1SeccompProfile
{
    /// <summary><c>RuntimeDefault</c>, <c>Localhost</c> or <c>Unconfined</c>.</summary>
    public string? Type { get; init; }

    public string? LocalhostProfile { get; init; }
}

/// <summary>Names an object in the same namespace.</summary>
public sealed record V1LocalObjectReference
{
    public string? Name { get; init; }
}
