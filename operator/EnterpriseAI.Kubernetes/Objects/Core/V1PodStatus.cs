using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>What the kubelet last reported of a pod.</summary>
public sealed record V1PodStatus
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; init; }

    public string? Reason { get; init; }
    public string? Message { get; init; }
    public string? PodIP { get; init; }
    public string? HostIP { get; init; }
    public string? NominatedNodeName { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? StartTime { get; init; }

    public IReadOnlyList<V1PodCondition>? Conditions { get; init; }
    public IReadOnlyList<V1ContainerStatus>? InitContainerStatuses { get; init; }
    public IReadOnlyList<V1ContainerStatus>? ContainerStatuses { get; init; }
}

/// <summary>One condition of a pod, such as <c>Ready</c> or <c>PodScheduled</c>.</summary>
public sealed record V1PodCondition
{
    public string Type { get; init; } = "";
    public string Status { get; init; } = "Unknown";
    public string? Reason { get; init; }
    public string? Message { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }
}

/// <summary>State of one container.</summary>
public sealed record V1ContainerStatus
{
    public string Name { get; init; } = "";
    public bool Ready { get; init; }
    public bool? Started { get; init; }
    public int RestartCount { get; init; }
    public string? Image { get; init; }
    public string? ImageID { get; init; }
    public string? ContainerID { get; init; }
    public V1ContainerState? State { get; init; }

    /// <summary>How the run before the last restart ended.</summary>
    public V1ContainerState? LastState { get; init; }
}

/// <summary>Exactly one is set.</summary>
public sealed record V1ContainerState
{
    public V1ContainerStateWaiting? Waiting { get; init; }
    public V1ContainerStateRunning? Running { get; init; }
    public V1ContainerStateTerminated? Terminated { get; init; }
}

/// <summary>Not running yet, and why.</summary>
public sealed record V1ContainerStateWaiting
{
    public string? Reason { get; init; }
    public string? Message { get; init; }
}

/// <summary>Running since a time.</summary>
public sealed record V1ContainerStateRunning
{
    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>Ended, and how.</summary>
public sealed record V1ContainerStateTerminated
{
    public int ExitCode { get; init; }
    public int? Signal { get; init; }
    public string? Reason { get; init; }

    /// <summary>The termination message, at most 4096 bytes.</summary>
    public string? Message { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? StartedAt { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? FinishedAt { get; init; }
}
