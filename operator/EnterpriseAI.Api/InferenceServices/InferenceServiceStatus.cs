using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>What was observed of an inference service.</summary>
public sealed record InferenceServiceStatus
{
    /// <summary>Generation of the spec that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Where the service stands.</summary>
    public InferenceServicePhase? Phase { get; init; }

    /// <summary>Address of the service inside the cluster.</summary>
    public string? Url { get; init; }

    /// <summary>The version that serves.</summary>
    public StableRevision? Stable { get; init; }

    /// <summary>The version that is rolled out. Left out: none.</summary>
    public CandidateRevision? Candidate { get; init; }

    /// <summary>Versions that served before, the last one first: what a revocation goes back to.</summary>
    [MaxItems(5)]
    public IReadOnlyList<FormerRevision> History { get; init => field = value ?? []; } = [];

    /// <summary>The revoked version that is being taken out of service. Left out: none.</summary>
    public RevokedRevision? Revoked { get; init; }

    /// <summary>How the last rollout ended.</summary>
    public RolloutRecord? LastRollout { get; init; }

    /// <summary>Revisions that were rolled back and are not tried again until the spec changes.</summary>
    [ListSet, MaxItems(32)]
    public IReadOnlyList<string> RejectedRevisions { get; init => field = value ?? []; } = [];

    /// <summary>Pods of all revisions.</summary>
    public int Replicas { get; init; }

    /// <summary>Label selector of the pods, in string form.</summary>
    public string? Selector { get; init; }

    /// <summary>Conditions Ready, TrafficAvailable, RolloutComplete, Verified and Compliant.</summary>
    [ListMapKey("type")]
    public IReadOnlyList<V1Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Where an inference service stands.</summary>
[JsonConverter(typeof(EnumNameConverter<InferenceServicePhase>))]
public enum InferenceServicePhase
{
    /// <summary>The wanted version serves.</summary>
    Ready,

    /// <summary>A version is being started or rolled out.</summary>
    Progressing,

    /// <summary>A rollout waits: paused, without a verdict, or for a promotion.</summary>
    Holding,

    /// <summary>The wanted version was rejected; the one before serves.</summary>
    RolledBack,

    /// <summary>Requests may fail; the condition Ready says why.</summary>
    Degraded,

    /// <summary>Scaled to zero; the next request starts a pod.</summary>
    Idle,
}

/// <summary>A version that served before.</summary>
public sealed record FormerRevision
{
    /// <summary>Name of the ModelVersion.</summary>
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>When another one took its place.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>A revoked version that still answers.</summary>
public sealed record RevokedRevision
{
    /// <summary>Name of the ModelVersion.</summary>
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the revision.</summary>
    public string Revision { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the ModelVersion that takes over. Left out: there is none that may serve.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>When its pods are removed at the latest.</summary>
    public DateTimeOffset Deadline { get; init; }
}

/// <summary>The version that serves.</summary>
public sealed record StableRevision
{
    /// <summary>Name of the ModelVersion.</summary>
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the revision: the version together with how it is run.</summary>
    public string Revision { get; init => field = value ?? ""; } = "";

    /// <summary>Pods that exist.</summary>
    public int Replicas { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int ReadyReplicas { get; init; }
}
