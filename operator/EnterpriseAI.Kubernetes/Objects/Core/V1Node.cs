using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>A machine of the cluster.</summary>
public sealed record V1Node : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Node"; } = "Node";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1NodeSpec? Spec { get; init; }
    public V1NodeStatus? Status { get; init; }
}

/// <summary>Settings of a node.</summary>
public sealed record V1NodeSpec
{
    /// <summary>No new pods are scheduled.</summary>
    public bool? Unschedulable { get; init; }

    public IReadOnlyList<V1Taint>? Taints { get; init; }
    public string? ProviderID { get; init; }
}

/// <summary>Keeps pods without a matching toleration away.</summary>
public sealed record V1Taint
{
    public string Key { get; init; } = "";
    public string? Value { get; init; }

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</summary>
    public string Effect { get; init; } = "";
}

/// <summary>What a node has; quantities as text, see <see cref="Quantity"/>.</summary>
public sealed record V1NodeStatus
{
    public IReadOnlyDictionary<string, string>? Capacity { get; init; }
    public IReadOnlyDictionary<string, string>? Allocatable { get; init; }
    public IReadOnlyList<V1NodeCondition>? Conditions { get; init; }
    public IReadOnlyList<V1NodeAddress>? Addresses { get; init; }
}

/// <summary>One condition of a node, such as <c>Ready</c>.</summary>
public sealed record V1NodeCondition
{
    public string Type { get; init; } = "";
    public string Status { get; init; } = "Unknown";
    public string? Reason { get; init; }
    public string? Message { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }
}

/// <summary>One address of a node.</summary>
public sealed record V1NodeAddress
{
    public string Type { get; init; } = "";
    public string Address { get; init; } = "";
}
