using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Pods that run to completion.</summary>
public sealed record V1Job : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "batch/v1"; } = "batch/v1";
    public string Kind { get; init => field = value ?? "Job"; } = "Job";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1JobSpec? Spec { get; init; }
    public V1JobStatus? Status { get; init; }
}

/// <summary>What runs, and how often it may fail.</summary>
public sealed record V1JobSpec
{
    public V1PodTemplateSpec? Template { get; init; }
    public int? Parallelism { get; init; }
    public int? Completions { get; init; }

    /// <summary>Default 6.</summary>
    public int? BackoffLimit { get; init; }

    /// <summary>Seconds.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>Seconds until a finished job is deleted.</summary>
    public int? TtlSecondsAfterFinished { get; init; }
}

/// <summary>Progress of a job.</summary>
public sealed record V1JobStatus
{
    public int? Active { get; init; }
    public int? Succeeded { get; init; }
    public int? Failed { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? StartTime { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? CompletionTime { get; init; }

    /// <summary><c>Complete</c> or <c>Failed</c> when it ended.</summary>
    public IReadOnlyList<V1WorkloadCondition>? Conditions { get; init; }
}
