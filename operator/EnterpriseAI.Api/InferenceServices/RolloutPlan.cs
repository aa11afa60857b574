using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>How a new version takes over.</summary>
public sealed record RolloutPlan
{
    /// <summary>How traffic moves.</summary>
    [Default(RolloutStrategy.Canary)]
    public RolloutStrategy Strategy { get; set; } = RolloutStrategy.Canary;

    /// <summary>Percent of traffic that the candidate gets, step by step, ascending from 1 to 100. After the last step it gets everything.</summary>
    [Default(Json = "[5,25,50]"), MaxItems(100), Minimum(1), Maximum(100)]
    public IReadOnlyList<int> Steps { get; init => field = value ?? [5, 25, 50]; } = [5, 25, 50];

    /// <summary>Shortest time at each step, such as 30s.</summary>
    [Default("30s")]
    public Duration Interval { get; set; } = new("30s");

    /// <summary>How the candidate is judged.</summary>
    public RolloutAnalysis Analysis { get; init => field = value ?? new(); } = new();

    /// <summary>What follows when the data does not allow a verdict.</summary>
    public InconclusivePolicy OnInconclusive { get; init => field = value ?? new(); } = new();

    /// <summary>False: the candidate waits at the last step for a promotion by override.</summary>
    [Default(true)]
    public bool AutomaticPromotion { get; set; } = true;

    /// <summary>True keeps the candidate at its step. A candidate that fails is still rolled back.</summary>
    [Default(false)]
    public bool Paused { get; init; }

    /// <summary>
    /// How long a revoked version may go on answering while the last good one takes over; then its pods are removed, whether or not
    /// another one is ready.
    /// </summary>
    [Default("5m")]
    public Duration RevocationDeadline { get; set; } = new("5m");

    /// <summary>A person's decision on the present candidate, stronger than the analysis.</summary>
    public RolloutOverride? Override { get; init; }
}

/// <summary>How traffic moves to a new version.</summary>
[JsonConverter(typeof(EnumNameConverter<RolloutStrategy>))]
public enum RolloutStrategy
{
    /// <summary>In steps, judged at each.</summary>
    Canary,

    /// <summary>At once, after the candidate is ready; the old version stays until the verdict.</summary>
    BlueGreen,

    /// <summary>The candidate gets copies of requests; its answers are compared and dropped.</summary>
    Shadow,

    /// <summary>Requests with the headers of routing.matchHeaders go to the candidate.</summary>
    ABTest,

    /// <summary>At once, without a verdict.</summary>
    Immediate,
}

/// <summary>How a candidate is judged against the stable version.</summary>
public sealed record RolloutAnalysis
{
    /// <summary>Requests that the candidate must have answered at a step before it can pass.</summary>
    [Default(100), Minimum(1)]
    public int MinRequests { get; set; } = 100;

    /// <summary>Share of failed requests compared with the stable version.</summary>
    public RelativeRiskTest ErrorRate { get; init => field = value ?? new(); } = new();

    /// <summary>Latency compared with the stable version. Left out: not judged.</summary>
    public LatencyTest? Latency { get; init; }

    /// <summary>Probability, over the whole rollout, of rejecting a candidate that is within tolerance: above 0, below 1.</summary>
    [Default(0.05), Minimum(0, Exclusive = true), Maximum(1, Exclusive = true)]
    public double FalseRejectionRate { get; set; } = 0.05;
}

/// <summary>Share of failed requests compared with the stable version.</summary>
public sealed record RelativeRiskTest
{
    /// <summary>How many times the stable version's share is tolerated, at least 1.</summary>
    [Default(1.25), Minimum(1), Maximum(100)]
    public double ToleratedRelativeRisk { get; set; } = 1.25;
}

/// <summary>Latency compared with the stable version.</summary>
public sealed record LatencyTest
{
    /// <summary>Percentile of the stable version's latency that counts as slow, above 0, below 100.</summary>
    [Default(95.0), Minimum(0, Exclusive = true), Maximum(100, Exclusive = true)]
    public double Percentile { get; set; } = 95;

    /// <summary>How many times the stable version's share of slow requests is tolerated, at least 1.</summary>
    [Default(1.25), Minimum(1), Maximum(100)]
    public double ToleratedRelativeRisk { get; set; } = 1.25;
}

/// <summary>What follows when the data does not allow a verdict: no traffic, or metrics out of reach.</summary>
public sealed record InconclusivePolicy
{
    /// <summary>What is done first.</summary>
    [Default(InconclusiveAction.Hold)]
    public InconclusiveAction Action { get; set; } = InconclusiveAction.Hold;

    /// <summary>What is done after that time.</summary>
    [Default(InconclusiveAction.Rollback)]
    public InconclusiveAction Then { get; set; } = InconclusiveAction.Rollback;

    /// <summary>How long the first action lasts, such as 30m.</summary>
    [Default("30m")]
    public Duration After { get; set; } = new("30m");
}

/// <summary>What is done without a verdict.</summary>
[JsonConverter(typeof(EnumNameConverter<InconclusiveAction>))]
public enum InconclusiveAction
{
    /// <summary>The candidate stays at its step.</summary>
    Hold,

    /// <summary>The candidate is taken away.</summary>
    Rollback,

    /// <summary>The candidate goes on to the next step.</summary>
    Promote,
}

/// <summary>A person's decision on a candidate.</summary>
public sealed record RolloutOverride
{
    /// <summary>Candidate that the decision is about. It has no effect on any other, so it may stay in the manifest.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>The decision.</summary>
    [Required]
    public OverrideAction Action { get; init; }
}

/// <summary>A person's decision on a candidate.</summary>
[JsonConverter(typeof(EnumNameConverter<OverrideAction>))]
public enum OverrideAction
{
    /// <summary>Back to the stable version at once.</summary>
    Abort,

    /// <summary>The candidate takes over at once.</summary>
    Promote,
}
