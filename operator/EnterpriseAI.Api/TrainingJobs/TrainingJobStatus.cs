using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>What was observed of a training job.</summary>
public sealed record TrainingJobStatus
{
    /// <summary>Generation of the spec that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Where the job stands.</summary>
    public TrainingPhase? Phase { get; init; }

    /// <summary>The attempts, oldest first.</summary>
    [ListMapKey("number"), MaxItems(1001)]
    public IReadOnlyList<TrainingAttempt> Attempts { get; init => field = value ?? []; } = [];

    /// <summary>Place in the queue, from 1. Left out: not queued.</summary>
    public int? QueuePosition { get; init; }

    /// <summary>Pods by role.</summary>
    [MaxItems(16)]
    public IReadOnlyDictionary<string, RoleStatus> Roles { get; init => field = value ?? new Dictionary<string, RoleStatus>(); } = new Dictionary<string, RoleStatus>();

    /// <summary>GPU time used so far, in seconds: GPUs of each pod times its run time, over all attempts.</summary>
    public double? GpuSeconds { get; init; }

    /// <summary>Cost so far, in the currency of the operator's price list.</summary>
    public double? Cost { get; init; }

    /// <summary>How far the work is, as reported by the pods.</summary>
    public TrainingProgress? Progress { get; init; }

    /// <summary>Last lines of the log of the pod that failed, or that ended last. At most 4096 characters.</summary>
    [MaxLength(4096)]
    public string? LogTail { get; init; }

    /// <summary>Name of the ModelVersion that the job created.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>When the first pod was created.</summary>
    public DateTimeOffset? StartTime { get; init; }

    /// <summary>When the job succeeded or failed for good.</summary>
    public DateTimeOffset? CompletionTime { get; init; }

    /// <summary>Conditions Ready, Admitted, Running and Succeeded.</summary>
    [ListMapKey("type")]
    public IReadOnlyList<V1Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Where a training job stands.</summary>
[JsonConverter(typeof(EnumNameConverter<TrainingPhase>))]
public enum TrainingPhase
{
    /// <summary>Not looked at yet, or waiting for something that the condition Ready names.</summary>
    Pending,

    /// <summary>Waiting for room for the whole gang.</summary>
    Queued,

    /// <summary>Admitted; the pods are being created.</summary>
    Starting,

    /// <summary>All pods run.</summary>
    Running,

    /// <summary>The pods are done; the artifact is being signed and registered.</summary>
    Publishing,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Ended without success; the condition Ready says why.</summary>
    Failed,

    /// <summary>Stopped by spec.suspend.</summary>
    Suspended,
}

/// <summary>One run of the gang.</summary>
public sealed record TrainingAttempt
{
    /// <summary>Number, from 1.</summary>
    [Required, Minimum(1)]
    public int Number { get; init; }

    /// <summary>When its first pod was created.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended. Left out: it has not.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How it ended. Left out: it has not.</summary>
    public AttemptOutcome? Outcome { get; init; }

    /// <summary>Why it ended, in CamelCase.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it ended, naming the pod and exit code.</summary>
    public string? Message { get; init; }
}

/// <summary>How an attempt ended.</summary>
[JsonConverter(typeof(EnumNameConverter<AttemptOutcome>))]
public enum AttemptOutcome
{
    /// <summary>All pods succeeded.</summary>
    Succeeded,

    /// <summary>A pod failed, or the time was over.</summary>
    Failed,

    /// <summary>Stopped by spec.suspend.</summary>
    Suspended,

    /// <summary>Stopped to make room for another job.</summary>
    Preempted,
}

/// <summary>Pods of a role.</summary>
public sealed record RoleStatus
{
    /// <summary>Pods that should exist.</summary>
    public int Desired { get; init; }

    /// <summary>Pods that exist and have not ended.</summary>
    public int Active { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int Ready { get; init; }

    /// <summary>Pods that ended with success.</summary>
    public int Succeeded { get; init; }

    /// <summary>Pods that failed.</summary>
    public int Failed { get; init; }
}

/// <summary>How far the work is, as reported by the pods.</summary>
public sealed record TrainingProgress
{
    /// <summary>Percent of the work that is done, from 0 to 100.</summary>
    public double? Percent { get; init; }

    /// <summary>Latest values by name of metric.</summary>
    [MaxItems(64)]
    public IReadOnlyDictionary<string, double> Metrics { get; init => field = value ?? new Dictionary<string, double>(); } = new Dictionary<string, double>();

    /// <summary>When the work is expected to be done.</summary>
    public DateTimeOffset? Eta { get; init; }
}
