using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>What was observed under a policy.</summary>
public sealed record CompliancePolicyStatus
{
    /// <summary>Generation of the spec that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Where the policy stands.</summary>
    public CompliancePolicyPhase? Phase { get; init; }

    /// <summary>Share of the checks that pass, from 0 to 1; one that could not be assessed counts as not passed. Left out: nothing was evaluated.</summary>
    public double? Score { get; init; }

    /// <summary>Number of results by outcome.</summary>
    public ResultSummary? Summary { get; init; }

    /// <summary>Score by framework.</summary>
    [ListMapKey("name"), MaxItems(16)]
    public IReadOnlyList<FrameworkScore> Frameworks { get; init => field = value ?? []; } = [];

    /// <summary>Controls that passed; at most 100, see summary.pass for the number.</summary>
    [MaxItems(100)]
    public IReadOnlyList<ControlResult> Passed { get; init => field = value ?? []; } = [];

    /// <summary>Controls that did not pass, worst first; at most 100, see summary.fail for the number.</summary>
    [MaxItems(100)]
    public IReadOnlyList<ControlResult> Violations { get; init => field = value ?? []; } = [];

    /// <summary>Risk from what does not pass.</summary>
    public RiskAssessment? Risk { get; init; }

    /// <summary>When the results last changed.</summary>
    public DateTimeOffset? LastEvaluated { get; init; }

    /// <summary>
    /// The evaluation that is being recorded in the audit log, while it is. After a crash it tells that the log may have heard of results
    /// that this status does not show, so that what holds now is recorded after them.
    /// </summary>
    [MaxLength(64)]
    public string? PendingEvaluation { get; init; }

    /// <summary>Conditions Ready and Compliant.</summary>
    [ListMapKey("type")]
    public IReadOnlyList<V1Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Where a policy stands.</summary>
[JsonConverter(typeof(EnumNameConverter<CompliancePolicyPhase>))]
public enum CompliancePolicyPhase
{
    /// <summary>Not evaluated yet.</summary>
    Pending,

    /// <summary>Nothing fails.</summary>
    Compliant,

    /// <summary>Something fails.</summary>
    NonCompliant,

    /// <summary>Cannot be evaluated; the condition Ready says why.</summary>
    Failed,
}

/// <summary>Number of results by outcome.</summary>
public sealed record ResultSummary
{
    /// <summary>The control holds.</summary>
    public int Pass { get; init; }

    /// <summary>It does not.</summary>
    public int Fail { get; init; }

    /// <summary>It does not, and does not count.</summary>
    public int Warn { get; init; }

    /// <summary>It could not be evaluated.</summary>
    public int Error { get; init; }

    /// <summary>An exception is in force.</summary>
    public int Skip { get; init; }
}

/// <summary>Score of one framework.</summary>
public sealed record FrameworkScore
{
    /// <summary>The framework, or Policy for the policy's own requirements and rules.</summary>
    [Required]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Share of controls that pass, from 0 to 1. Left out: nothing was evaluated.</summary>
    public double? Score { get; init; }

    /// <summary>Number of results by outcome.</summary>
    public ResultSummary? Summary { get; init; }
}

/// <summary>Result of one control for one resource.</summary>
public sealed record ControlResult
{
    /// <summary>The framework, or Policy for the policy's own requirements and rules.</summary>
    public string Framework { get; init => field = value ?? ""; } = "";

    /// <summary>The control, such as 32(1)(a).</summary>
    public string Control { get; init => field = value ?? ""; } = "";

    /// <summary>The resource that was evaluated.</summary>
    public ResourceReference? Resource { get; init; }

    /// <summary>How bad a violation is.</summary>
    public Severity Severity { get; init; }

    /// <summary>What was found.</summary>
    public string? Message { get; init; }

    /// <summary>What to do.</summary>
    public string? Remediation { get; init; }

    /// <summary>What the result rests on: the field and its value.</summary>
    public string? Evidence { get; init; }
}

/// <summary>A resource.</summary>
public sealed record ResourceReference
{
    /// <summary>Kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>Risk from what does not pass.</summary>
public sealed record RiskAssessment
{
    /// <summary>Level, by the worst violation.</summary>
    public RiskLevel Level { get; init; }

    /// <summary>Score, from 0 (none) to 100.</summary>
    public double Score { get; init; }
}

/// <summary>Level of risk.</summary>
[JsonConverter(typeof(EnumNameConverter<RiskLevel>))]
public enum RiskLevel
{
    /// <summary>Nothing, or only notes.</summary>
    Low,

    /// <summary>Something to be planned.</summary>
    Medium,

    /// <summary>Something to be done next.</summary>
    High,

    /// <summary>Something to be done now.</summary>
    Critical,
}
