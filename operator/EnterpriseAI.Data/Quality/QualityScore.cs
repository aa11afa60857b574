namespace EnterpriseAI.Data.Quality;

/// <summary>The formulas behind <see cref="QualityDimensions"/>; pure.</summary>
internal static class QualityScore
{
    public static QualityReport Report(
        QualitySpec? spec,
        IReadOnlyList<MeasuredColumn> columns,
        long rows,
        long distinctRows,
        IReadOnlyDictionary<string, double?> declaredValidity,
        IReadOnlyList<ExpectationResult> expectations,
        FreshnessResult? freshness)
    {
        var dimensions = new QualityDimensions
        {
            Completeness = Completeness(columns, rows),
            Uniqueness = (double)distinctRows / rows,
            Validity = Validity(columns, declaredValidity, rows),
            Timeliness = Timeliness(freshness),
            Consistency = Mean([.. columns.Select(c => c.Uniformity), .. expectations.Select(e => e.PassRate)]),
        };
        var unmet = Unmet(spec, dimensions, expectations, freshness).ToList();
        return new QualityReport
        {
            Score = Mean([dimensions.Completeness, dimensions.Uniqueness, dimensions.Validity, dimensions.Timeliness, dimensions.Consistency]),
            Dimensions = dimensions,
            Met = unmet.Count == 0,
            Unmet = unmet,
            Expectations = expectations,
            Freshness = freshness,
        };
    }

    internal static double? Mean(IReadOnlyCollection<double?> shares)
    {
        var measured = shares.OfType<double>().ToList();
        return measured.Count == 0 ? null : measured.Average();
    }

    private static double? Completeness(IReadOnlyList<MeasuredColumn> columns, long rows)
    {
        var missing = columns.Sum(c => (double)c.Statistics.Nulls + c.Statistics.Blanks);
        return 1 - (missing / ((double)rows * columns.Count));
    }

    private static double? Validity(IReadOnlyList<MeasuredColumn> columns, IReadOnlyDictionary<string, double?> declared, long rows)
    {
        var undeclared = columns.Where(c => !declared.ContainsKey(c.Source.Name) && c.Source.IsNumeric).Select(c =>
        {
            var present = rows - c.Statistics.Nulls;
            return present == 0 ? (double?)null : 1 - ((double)c.Statistics.NonFinite / present);
        });
        return Mean([.. declared.Values, .. undeclared]);
    }

    private static double? Timeliness(FreshnessResult? freshness) => freshness?.AgeSeconds is { } age
        ? Math.Min(1, freshness.MaxAgeSeconds / Math.Max(age, freshness.MaxAgeSeconds))
        : null;

    private static IEnumerable<string> Unmet(
        QualitySpec? spec, QualityDimensions dimensions, IReadOnlyList<ExpectationResult> expectations, FreshnessResult? freshness)
    {
        if (spec?.Completeness is { } completeness && !(dimensions.Completeness >= completeness.Minimum))
            yield return $"completeness is {dimensions.Completeness:0.####}, at least {completeness.Minimum:0.####} is demanded";
        if (freshness is { Fresh: not true }) yield return $"freshness: {freshness.Message}";
        foreach (var expectation in expectations.Where(e => e.Outcome != ExpectationOutcome.Passed))
            yield return $"expectation '{expectation.Name}': {expectation.Message}";
    }
}
