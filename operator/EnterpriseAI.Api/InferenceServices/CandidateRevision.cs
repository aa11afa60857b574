using System.Text.Json.Serialization;

namespace EnterpriseAI.Api;

/// <summary>The version that is rolled out.</summary>
public sealed record CandidateRevision
{
    /// <summary>Name of the ModelVersion.</summary>
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the revision.</summary>
    public string Revision { get; init => field = value ?? ""; } = "";

    /// <summary>Index of the present step in spec.rollout.steps, from 0; -1 before the first.</summary>
    public int Step { get; init; }

    /// <summary>Percent of traffic that the gateways are told to give, from 0 to 100.</summary>
    public int Weight { get; init; }

    /// <summary>Percent of traffic that every gateway reports to give. Left out: they do not agree, or do not answer.</summary>
    public int? ObservedWeight { get; init; }

    /// <summary>What the analysis says.</summary>
    public RolloutVerdict Verdict { get; init; }

    /// <summary>Requests that the candidate got since the rollout began.</summary>
    public long Requests { get; init; }

    /// <summary>Of them, those that failed.</summary>
    public long Errors { get; init; }

    /// <summary>Requests that the stable version got since the rollout began.</summary>
    public long StableRequests { get; init; }

    /// <summary>Of them, those that failed.</summary>
    public long StableErrors { get; init; }

    /// <summary>What the verdict rests on.</summary>
    public RolloutEvidence? Evidence { get; init; }

    /// <summary>When the present step began.</summary>
    public DateTimeOffset? StepStartedAt { get; init; }

    /// <summary>When the rollout began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Why it stands where it stands.</summary>
    public string? Reason { get; init; }
}

/// <summary>What the analysis says of a candidate.</summary>
[JsonConverter(typeof(EnumNameConverter<RolloutVerdict>))]
public enum RolloutVerdict
{
    /// <summary>Nothing was measured yet.</summary>
    None,

    /// <summary>Data is being collected.</summary>
    Progressing,

    /// <summary>The data does not allow a verdict.</summary>
    Inconclusive,

    /// <summary>Within tolerance at this step.</summary>
    Pass,

    /// <summary>Worse than tolerated.</summary>
    Fail,
}

/// <summary>What a verdict rests on. The test values are e-values: 1 says nothing, the threshold or more rejects.</summary>
public sealed record RolloutEvidence
{
    /// <summary>Evidence that the candidate fails more often than tolerated.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>Evidence that the candidate is slower than tolerated.</summary>
    public double? Latency { get; init; }

    /// <summary>Evidence from which the candidate is rejected.</summary>
    public double? Threshold { get; init; }

    /// <summary>95th percentile of the candidate's latency, in seconds.</summary>
    public double? P95Seconds { get; init; }

    /// <summary>95th percentile of the stable version's latency, in seconds.</summary>
    public double? StableP95Seconds { get; init; }
}

/// <summary>How a rollout ended.</summary>
public sealed record RolloutRecord
{
    /// <summary>Name of the ModelVersion that was rolled out.</summary>
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Name of its revision.</summary>
    public string Revision { get; init => field = value ?? ""; } = "";

    /// <summary>How it ended.</summary>
    public RolloutOutcome Outcome { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>Requests that the candidate got.</summary>
    public long Requests { get; init; }

    /// <summary>Of them, those that failed.</summary>
    public long Errors { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>How a rollout ended.</summary>
[JsonConverter(typeof(EnumNameConverter<RolloutOutcome>))]
public enum RolloutOutcome
{
    /// <summary>The candidate became the stable version.</summary>
    Promoted,

    /// <summary>The candidate was taken away.</summary>
    RolledBack,
}
