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

    /// <summary>Number of rows that it was measured on.</summary>
    [Minimum(0)]
    public long? Count { get; init; }
}

/// <summary>
/// What a result must reach. With groupBy, the metric is computed over the slices of that attribute: demographic_parity_difference and
/// disparate_impact from their selection_rate, equalized_odds_difference from their true_positive_rate and false_positive_rate.
/// </summary>
[CelRule("!has(self.groupBy) || !has(self.slice)", "set groupBy or slice, not both")]
[CelRule("!has(self.groupBy) || self.metric in ['demographic_parity_difference', 'disparate_impact', 'equalized_odds_difference']", "groupBy needs one of the metrics demographic_parity_difference, disparate_impact and equalized_odds_difference")]
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

    /// <summary>Slice whose results are gated: "sex=female", every slice of an attribute "sex=*", or every slice "*". Left out: the whole data.</summary>
    [MaxLength(253)]
    public string? Slice { get; init; }

    /// <summary>Attribute whose groups are compared, such as sex, for slices named "sex=female" and so on.</summary>
    [Pattern("^[^=*]+$"), MaxLength(253)]
    public string? GroupBy { get; init; }

    /// <summary>
    /// Smallest number of rows of a slice or group that is judged. Smaller ones are left out and named; when fewer than two groups are
    /// left to compare, or no slice, the gate is not passed. Left out: every size will do.
    /// </summary>
    [Minimum(1)]
    public int? MinGroupSize { get; init; }
}
