using EnterpriseAI.Data.Drift;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Data.Tests;

public sealed class DriftTests
{
    // From tables and other programs' implementations of the distributions.
    [TestCase(3.841458820694124, 1, 0.05)]
    [TestCase(18.307038053275146, 10, 0.05)]
    [TestCase(44.98534328, 31, 0.05, Description = "continued fraction")]
    [TestCase(0.5, 4, 0.973501, Description = "series")]
    [TestCase(1000, 2, 0)]
    [TestCase(0, 3, 1)]
    public void The_chi_square_tail_is_that_of_the_tables(double value, int degrees, double expected) =>
        Assert.That(SignificanceTests.ChiSquare(value, degrees), Is.EqualTo(expected).Within(1e-4));

    [TestCase(1.3581, 0.05)]
    [TestCase(1.6276, 0.01)]
    [TestCase(1.2238, 0.10)]
    [TestCase(0.1, 1)]
    public void The_Kolmogorov_tail_is_that_of_the_tables(double lambda, double expected)
    {
        const double size = 1e8;
        Assert.That(SignificanceTests.KolmogorovSmirnov(lambda / Math.Sqrt(size / 2), size, size), Is.EqualTo(expected).Within(1e-4));
    }

    [Test]
    public void Both_tails_are_probabilities_that_fall()
    {
        Prop.ForAll(
            Gen.Choose(1, 200).ToArbitrary(), Gen.Choose(0, 5000).ToArbitrary(),
            (degrees, tenths) =>
            {
                var p = SignificanceTests.ChiSquare(tenths / 10.0, degrees);
                var further = SignificanceTests.ChiSquare((tenths + 5) / 10.0, degrees);
                var ks = SignificanceTests.KolmogorovSmirnov(tenths / 5000.0, degrees, 3 * degrees);
                return p is >= 0 and <= 1 && further <= p + 1e-12 && ks is >= 0 and <= 1;
            }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Unchanged_data_alarms_no_more_often_than_the_rate_allows()
    {
        // The effect threshold is left out of it: it would hide a test that alarms too often.
        const int runs = 400;
        const double rate = 0.05;
        var random = new Random(20240615);
        var alarms = 0;
        for (var run = 0; run < runs; run++)
        {
            var (then, now) = (Sample(random, 600, 0), Sample(random, 700, 0));
            var report = DriftComparison.Compare(new DriftSpec { FalseAlarmRate = rate }, Baseline(600, then), 700, Pair(then, now, 700));
            if (report.Columns.Any(c => c.PValue < rate)) alarms++;
            Assert.That(report.Verdict, Is.Not.EqualTo(DriftVerdict.InsufficientData));
        }

        TestContext.Out.WriteLine($"{alarms} of {runs} comparisons of 8 columns below p = {rate} after correction");
        // Three standard deviations above the rate.
        Assert.That(alarms, Is.LessThanOrEqualTo(runs * rate + (3 * Math.Sqrt(runs * rate * (1 - rate)))));
    }

    [Test]
    public void A_shift_of_half_a_deviation_is_always_found()
    {
        var random = new Random(7);
        for (var run = 0; run < 50; run++)
        {
            var (then, now) = (Sample(random, 600, 0), Sample(random, 600, 0.5));
            var report = DriftComparison.Compare(new DriftSpec(), Baseline(600, then), 600, Pair(then, now, 600));
            Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.Drifted));
        }
    }

    [Test]
    public void A_significant_difference_too_small_to_matter_is_no_drift()
    {
        var then = new ColumnBaseline { Name = "x", Categories = new Dictionary<string, long> { ["a"] = 5_000_000, ["b"] = 5_000_000 } };
        var now = new ColumnNow(10_000_000, 0, null, new Dictionary<string, long> { ["a"] = 5_100_000, ["b"] = 4_900_000 });
        var report = DriftComparison.Compare(new DriftSpec(), Baseline(10_000_000, [then]), 10_000_000, [(then, now)]);
        Assert.That(report.Columns[0].PValue, Is.LessThan(1e-100));
        Assert.That(report.Verdict, Is.EqualTo(DriftVerdict.None));
    }

    [Test]
    public void Too_few_rows_and_columns_that_are_gone_are_insufficient_data()
    {
        var then = new ColumnBaseline { Name = "x", Categories = new Dictionary<string, long> { ["a"] = 499 } };
        var now = new ColumnNow(1000, 0, null, new Dictionary<string, long> { ["b"] = 1000 });
        Assert.That(DriftComparison.Compare(new DriftSpec(), Baseline(499, [then]), 1000, [(then, now)]).Verdict, Is.EqualTo(DriftVerdict.InsufficientData));
        Assert.That(DriftComparison.Compare(new DriftSpec(), Baseline(9999, [then]), 1000, [(then, null)]).Verdict, Is.EqualTo(DriftVerdict.InsufficientData));
        Assert.That(DriftComparison.Compare(new DriftSpec(), Baseline(9999, []), 1000, []).Verdict, Is.EqualTo(DriftVerdict.InsufficientData));
    }

    [Test]
    public async Task Files_drift_in_their_numbers_their_categories_and_their_missing_values()
    {
        using var data = new TestData();
        const string before = "SELECT (range * 7919) % 1000 / 10.0 AS number, ['x','y','z'][1 + range % 3] AS word, range % 97 AS gaps FROM range(3000)";
        const string after = "SELECT (range * 7919) % 1000 / 10.0 + 20 AS number, ['x','y'][1 + range % 2] AS word, CASE WHEN range % 4 = 0 THEN NULL ELSE range % 97 END AS gaps FROM range(3000)";
        var first = await TestData.Profile(data.Generate("before.parquet", before));
        var same = await TestData.Profile(data.Generate("same.json", before), new ProfileRequest { DriftBaseline = first.Baseline });
        Assert.That(same.Drift!.Verdict, Is.EqualTo(DriftVerdict.None));
        Assert.That(same.Drift.BaselineDigest, Is.EqualTo(first.Snapshot.Digest));

        var drifted = await TestData.Profile(data.Generate("after.csv", after), new ProfileRequest { DriftBaseline = first.Baseline });
        Assert.That(drifted.Drift!.Columns.Select(c => (c.Name, c.Test, c.Verdict)), Is.EqualTo(new[]
        {
            ("number", DriftTest.KolmogorovSmirnov, DriftVerdict.Drifted),
            ("word", DriftTest.ChiSquare, DriftVerdict.Drifted),
            ("gaps", DriftTest.MissingShare, DriftVerdict.Drifted),
        }));
        Assert.That(drifted.Drift.Columns[0].Effect, Is.EqualTo(0.2).Within(0.03));
        Assert.That(drifted.Drift.Columns[2].Effect, Is.EqualTo(0.25).Within(0.001));
    }

    private static DriftBaseline Baseline(long rows, IReadOnlyList<ColumnBaseline> columns) =>
        new() { Digest = "sha256:00", Rows = rows, Columns = columns };

    // Four numeric and four categorical columns, cut as a profile cuts them.
    private static IReadOnlyList<ColumnBaseline> Sample(Random random, int rows, double shift)
    {
        var columns = new List<ColumnBaseline>();
        for (var c = 0; c < 4; c++)
        {
            var values = Enumerable.Range(0, rows).Select(_ => Gaussian(random) + shift).Order().ToArray();
            double[] cuts = [-2.3, -1.6, -1.3, -1, -0.8, -0.6, -0.5, -0.3, -0.2, 0, 0.2, 0.3, 0.5, 0.6, 0.8, 1, 1.3, 1.6, 2.3];
            columns.Add(new ColumnBaseline { Name = $"n{c}", Cuts = cuts, AtOrBelow = [.. cuts.Select(cut => (long)values.Count(v => v <= cut))] });
            var words = Enumerable.Range(0, rows).Select(_ => (int)Math.Abs((Gaussian(random) + shift) * 4)).GroupBy(w => w).ToDictionary(g => $"w{g.Key}", g => (long)g.Count());
            columns.Add(new ColumnBaseline { Name = $"c{c}", Categories = words });
        }

        return columns;
    }

    private static List<(ColumnBaseline, ColumnNow?)> Pair(IReadOnlyList<ColumnBaseline> then, IReadOnlyList<ColumnBaseline> now, long rows) =>
        [.. then.Zip(now, (a, b) => (a, (ColumnNow?)new ColumnNow(rows, 0, b.AtOrBelow, b.Categories)))];

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
