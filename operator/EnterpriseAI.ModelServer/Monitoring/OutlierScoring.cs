namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>How unusual one value of a feature is.</summary>
internal static class OutlierScoring
{
    /// <summary>Values of a feature that must have been seen before a score is given.</summary>
    public const int MinimumCount = 100;

    /// <summary>The score of what cannot be measured in standard deviations: another value of a constant feature, NaN, infinity.</summary>
    public const double Highest = 1e6;

    /// <returns>The distance from the mean in standard deviations; null while too few values were seen.</returns>
    public static double? Score(double value, FeatureSummary feature)
    {
        if (feature.Count < MinimumCount)
            return null;
        if (!double.IsFinite(value))
            return Highest;
        var distance = Math.Abs(value - feature.Mean);
        if (distance == 0)
            return 0;
        var deviation = Math.Sqrt(feature.Variance);
        return deviation > 0 ? Math.Min(distance / deviation, Highest) : Highest;
    }
}
