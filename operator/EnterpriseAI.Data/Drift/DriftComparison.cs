namespace EnterpriseAI.Data.Drift;

/// <summary>
/// Compares two summaries of the same columns. A column has drifted only if the chance of its difference, corrected
/// (Bonferroni) for every test made, is below the false alarm rate, and the difference is large enough to matter, and
/// both sides have enough rows. Pure.
/// </summary>
internal static class DriftComparison
{
    /// <summary>The least effect that counts as drift: KS distance, Cramér's V, difference of the missing shares.</summary>
    internal const double MinimumEffect = 0.1;
    private const double MinimumExpected = 5;

    /// <param name="spec">Sizes and rate.</param>
    /// <param name="baseline">What is compared with.</param>
    /// <param name="rows">Rows now.</param>
    /// <param name="pairs">Per column of the baseline: then, and now in the same cuts; now is null when the column is gone or has another type.</param>
    public static DriftReport Compare(
        DriftSpec spec, DriftBaseline baseline, long rows, IReadOnlyList<(ColumnBaseline Then, ColumnNow? Now)> pairs)
    {
        var baselineRows = baseline.Rows;
        var enough = Math.Min(baselineRows, rows) >= spec.MinRows;
        var tests = pairs.SelectMany(p => p.Now is { } now ? Tests(spec, baselineRows, p.Then, now) : []).ToList();
        var made = Math.Max(1, tests.Count(t => t.P is not null));
        var columns = new List<ColumnDrift>(pairs.Count);
        foreach (var (then, _) in pairs)
        {
            var judged = tests.Where(t => t.Column == then.Name && t.P is not null)
                .Select(t =>
                {
                    var p = Math.Min(1, t.P!.Value * made);
                    var drifted = enough && p < spec.FalseAlarmRate && t.Effect >= MinimumEffect;
                    var verdict = !enough ? DriftVerdict.InsufficientData : drifted ? DriftVerdict.Drifted : DriftVerdict.None;
                    return new ColumnDrift(then.Name, t.Test, p, t.Effect, verdict);
                })
                .OrderByDescending(c => c.Verdict == DriftVerdict.Drifted).ThenBy(c => c.PValue).ToList();
            columns.Add(judged.Count > 0 ? judged[0]
                : new ColumnDrift(then.Name, TestOf(then), null, null, DriftVerdict.InsufficientData));
        }

        var overall = columns.Exists(c => c.Verdict == DriftVerdict.Drifted) ? DriftVerdict.Drifted
            : columns.Exists(c => c.Verdict == DriftVerdict.None) ? DriftVerdict.None
            : DriftVerdict.InsufficientData;
        return new DriftReport { Verdict = overall, BaselineDigest = baseline.Digest, Columns = columns };
    }

    private static IEnumerable<(string Column, DriftTest Test, double? P, double Effect)> Tests(
        DriftSpec spec, long baselineRows, ColumnBaseline then, ColumnNow now)
    {
        var presentThen = baselineRows - then.Nulls;
        var presentNow = now.Rows - now.Nulls;
        if (Math.Min(baselineRows, now.Rows) > 0)
        {
            var (p, _) = Homogeneity([presentThen, then.Nulls], [presentNow, now.Nulls]);
            var difference = Math.Abs(((double)then.Nulls / baselineRows) - ((double)now.Nulls / now.Rows));
            yield return (then.Name, DriftTest.MissingShare, p ?? 1, difference);
        }

        // The values are compared among those present; whether enough are present is a question of its own.
        if (Math.Min(presentThen, presentNow) < Math.Min(spec.MinRows, 30)) yield break;
        if (then is { AtOrBelow: { Count: > 0 } before } && now.AtOrBelow is { } after)
        {
            var distance = before.Zip(after, (a, b) => Math.Abs(((double)a / presentThen) - ((double)b / presentNow))).Max();
            yield return (then.Name, DriftTest.KolmogorovSmirnov, SignificanceTests.KolmogorovSmirnov(distance, presentThen, presentNow), distance);
        }
        else if (then.Categories is { } categories && now.Categories is { } present)
        {
            var kept = categories.Keys.ToList();
            long[] left = [.. kept.Select(k => categories[k]), presentThen - categories.Values.Sum()];
            long[] right = [.. kept.Select(k => present.GetValueOrDefault(k)), presentNow - kept.Sum(k => present.GetValueOrDefault(k))];
            var (p, effect) = Homogeneity(left, right);
            yield return (then.Name, DriftTest.ChiSquare, p ?? 1, effect);
        }
    }

    /// <summary>
    /// Chi-square over two rows of counts, categories too rare for the approximation pooled; with Cramér's V.
    /// The chance is null when fewer than two categories remain.
    /// </summary>
    internal static (double? P, double Effect) Homogeneity(IReadOnlyList<long> left, IReadOnlyList<long> right)
    {
        double n = left.Sum(), m = right.Sum(), all = n + m;
        if (n == 0 || m == 0) return (null, 0);
        var cells = new List<(double Left, double Right)>();
        (double Left, double Right) pooled = (0, 0);
        for (var i = 0; i < left.Count; i++)
        {
            double total = left[i] + right[i];
            if (total == 0) continue;
            if (Math.Min(n, m) * total / all >= MinimumExpected) cells.Add((left[i], right[i]));
            else pooled = (pooled.Left + left[i], pooled.Right + right[i]);
        }

        if (pooled != (0, 0)) cells.Add(pooled);
        if (cells.Count < 2) return (null, 0);
        var statistic = 0.0;
        foreach (var (a, b) in cells)
        {
            var expectedLeft = (a + b) * n / all;
            var expectedRight = (a + b) * m / all;
            statistic += ((a - expectedLeft) * (a - expectedLeft) / expectedLeft) + ((b - expectedRight) * (b - expectedRight) / expectedRight);
        }

        return (SignificanceTests.ChiSquare(statistic, cells.Count - 1), Math.Sqrt(statistic / all));
    }

    private static DriftTest TestOf(ColumnBaseline baseline) =>
        baseline.Cuts is null ? DriftTest.ChiSquare : DriftTest.KolmogorovSmirnov;
}

/// <summary>A column as it is now, counted in the cuts or categories of its baseline.</summary>
internal sealed record ColumnNow(long Rows, long Nulls, IReadOnlyList<long>? AtOrBelow, IReadOnlyDictionary<string, long>? Categories);
