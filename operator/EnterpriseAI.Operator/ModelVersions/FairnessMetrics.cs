namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>One group of an attribute, with what was measured on it.</summary>
/// <param name="Name">Such as <c>female</c>, of the slice <c>sex=female</c>.</param>
/// <param name="Count">Rows it was measured on; null when nobody said.</param>
/// <param name="Metrics">Values by metric.</param>
internal sealed record EvaluatedGroup(string Name, long? Count, IReadOnlyDictionary<string, double> Metrics);

/// <summary>Compares the groups of an attribute.</summary>
/// <remarks>
/// The definitions of Fairlearn's <c>fairness_metrics</c>: the difference between the largest and the smallest rate of any two groups,
/// their ratio, and the larger one of the differences of true and of false positive rates. All are symmetric in the groups.
/// </remarks>
internal static class FairnessMetrics
{
    public const string DemographicParityDifference = "demographic_parity_difference";
    public const string DisparateImpact = "disparate_impact";
    public const string EqualizedOddsDifference = "equalized_odds_difference";

    private const string SelectionRate = "selection_rate", TruePositiveRate = "true_positive_rate", FalsePositiveRate = "false_positive_rate";

    /// <summary>The metrics of each group that a comparison needs.</summary>
    public static IReadOnlyList<string> Needs(string metric) => metric switch
    {
        DemographicParityDifference or DisparateImpact => [SelectionRate],
        EqualizedOddsDifference => [TruePositiveRate, FalsePositiveRate],
        _ => throw new ArgumentException($"'{metric}' compares no groups", nameof(metric)),
    };

    /// <param name="metric">One of the three.</param>
    /// <param name="groups">At least two, each with what <see cref="Needs"/> says.</param>
    /// <returns>NaN when a rate is NaN.</returns>
    public static double Compare(string metric, IReadOnlyList<EvaluatedGroup> groups) => metric switch
    {
        DemographicParityDifference => Difference(groups, SelectionRate),
        DisparateImpact => Ratio(groups, SelectionRate),
        EqualizedOddsDifference => Math.Max(Difference(groups, TruePositiveRate), Difference(groups, FalsePositiveRate)),
        _ => throw new ArgumentException($"'{metric}' compares no groups", nameof(metric)),
    };

    private static double Difference(IReadOnlyList<EvaluatedGroup> groups, string rate)
    {
        var (smallest, largest) = Extremes(groups, rate);
        return largest - smallest;
    }

    private static double Ratio(IReadOnlyList<EvaluatedGroup> groups, string rate)
    {
        var (smallest, largest) = Extremes(groups, rate);
        // Nobody is selected: then nobody is treated worse than others.
        return largest == 0 ? 1 : smallest / largest;
    }

    private static (double Smallest, double Largest) Extremes(IReadOnlyList<EvaluatedGroup> groups, string rate)
    {
        var (smallest, largest) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var group in groups)
        {
            var value = group.Metrics[rate];
            // Math.Min and Math.Max hand NaN on.
            (smallest, largest) = (Math.Min(smallest, value), Math.Max(largest, value));
        }
        return (smallest, largest);
    }
}
