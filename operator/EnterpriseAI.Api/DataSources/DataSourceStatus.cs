using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>What was observed of a data source.</summary>
public sealed record DataSourceStatus
{
    /// <summary>Generation of the spec that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Where the data source stands.</summary>
    public DataSourcePhase? Phase { get; init; }

    /// <summary>The data as it was read last.</summary>
    public DataSnapshot? Snapshot { get; init; }

    /// <summary>The columns that were found.</summary>
    public ObservedSchema? Schema { get; init; }

    /// <summary>Measured quality.</summary>
    public QualityReport? Quality { get; init; }

    /// <summary>Comparison with the baseline.</summary>
    public DriftReport? Drift { get; init; }

    /// <summary>Sensitive content that was found.</summary>
    public ClassificationReport? Classification { get; init; }

    /// <summary>When the last profile ended.</summary>
    public DateTimeOffset? LastProfiled { get; init; }

    /// <summary>When the next profile is due. Left out: none is planned.</summary>
    public DateTimeOffset? NextProfile { get; init; }

    /// <summary>Name of the Job that profiles now, or profiled last.</summary>
    public string? ProfileJob { get; init; }

    /// <summary>Conditions Ready, Reachable, SchemaValid, QualityMet and Drifted.</summary>
    [ListMapKey("type")]
    public IReadOnlyList<V1Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Where a data source stands.</summary>
[JsonConverter(typeof(EnumNameConverter<DataSourcePhase>))]
public enum DataSourcePhase
{
    /// <summary>Not looked at yet, or waiting for something that the condition Ready names.</summary>
    Pending,

    /// <summary>The first profile is running.</summary>
    Profiling,

    /// <summary>Readable and within its rules.</summary>
    Ready,

    /// <summary>Readable, but a rule of schema or quality is not met.</summary>
    Degraded,

    /// <summary>Cannot be read, or the spec is invalid.</summary>
    Failed,
}

/// <summary>Data as it was read at one time.</summary>
public sealed record DataSnapshot
{
    /// <summary>Digest of the content, "sha256:" and 64 hexadecimal digits.</summary>
    public string Digest { get; init => field = value ?? ""; } = "";

    /// <summary>Number of rows.</summary>
    public long Rows { get; init; }

    /// <summary>Size as stored, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>When it was read.</summary>
    public DateTimeOffset? ObservedAt { get; init; }
}
