using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>What the data must satisfy. Each rule that fails makes the condition QualityMet false.</summary>
public sealed record DataQualityRules
{
    /// <summary>How many values may be missing.</summary>
    public CompletenessRule? Completeness { get; init; }

    /// <summary>How old the newest row may be.</summary>
    public FreshnessRule? Freshness { get; init; }

    /// <summary>Conditions on single rows.</summary>
    [ListMapKey("name"), MaxItems(200)]
    public IReadOnlyList<Expectation> Expectations { get; init => field = value ?? []; } = [];
}

/// <summary>How many values may be missing.</summary>
public sealed record CompletenessRule
{
    /// <summary>Smallest allowed share of values that are present, over all columns, from 0 to 1.</summary>
    [Required, Minimum(0), Maximum(1)]
    public double Minimum { get; init; }
}

/// <summary>How old the newest row may be.</summary>
public sealed record FreshnessRule
{
    /// <summary>Date or timestamp column that tells a row's age.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Column { get; init => field = value ?? ""; } = "";

    /// <summary>Largest allowed age of the newest row, such as 24h.</summary>
    [Required]
    public Duration MaxAge { get; init; }
}

/// <summary>A condition on single rows.</summary>
public sealed record Expectation
{
    /// <summary>Name by which a failure is reported.</summary>
    [Required, MinLength(1), MaxLength(63)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Boolean SQL expression over the columns of a row, in DuckDB's dialect. A row for which it is NULL is not counted.</summary>
    [Required, MinLength(1), MaxLength(4096)]
    public string Sql { get; init => field = value ?? ""; } = "";

    /// <summary>Smallest allowed share of rows that satisfy the expression, from 0 to 1.</summary>
    [Default(1.0), Minimum(0), Maximum(1)]
    public double MinPassRate { get; set; } = 1.0;
}
