using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Who holds a role, and since when.</summary>
public sealed record V1Lease : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "coordination.k8s.io/v1"; } = "coordination.k8s.io/v1";
    public string Kind { get; init => field = value ?? "Lease"; } = "Lease";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1LeaseSpec? Spec { get; init; }
}

/// <summary>State of a lease.</summary>
public sealed record V1LeaseSpec
{
    /// <summary>Null or empty when released.</summary>
    public string? HolderIdentity { get; init; }

    /// <summary>Seconds without renewal after which others may take it.</summary>
    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    /// <summary>How often the holder changed.</summary>
    public int? LeaseTransitions { get; init; }
}
