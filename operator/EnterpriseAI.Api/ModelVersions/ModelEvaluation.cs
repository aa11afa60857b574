using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>One measured result.</summary>
public sealed record EvaluationResult
{
    /// <summary>Name of the metric, such as accuracy or disparate_impact.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Metric { get; init => field = value ?? ""; } = "";

    /// <summary>The measured value.</summary>
    [Required]
    public double Value { get; init; }

    /// <summary>Data that it was measured on.</summary>
    [NullableField, MaxLength(253)]
    public string? Dataset { get; init; }

    /// <summary>Part of the data that it was measured on, such as "sex=female". Left out or null: all of it.</summary>
    [NullableField, MaxLength(253)]
    public string? Slice { get; init; }
}

/// <summary>What a result must reach.</summary>
[CelRule("has(self.minimum) || has(self.maximum)", "set minimum, maximum or both")]
[CelRule("!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum", "minimum must not exceed maximum")]
public sealed record EvaluationGate
{
    /// <summary>Name of the metric.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Metric { get; init => field = value ?? ""; } = "";

    /// <summary>Smallest value that passes.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest value that passes.</summary>
    public double? Maximum { get; init; }

    /// <summary>Data whose results are gated. Left out: every dataset's.</summary>
    [MaxLength(253)]
    public string? Dataset { get; init; }

    /// <summary>Slice whose results are gated. Left out: every slice's.</summary>
    [MaxLength(253)]
    public string? Slice { get; init; }
}
