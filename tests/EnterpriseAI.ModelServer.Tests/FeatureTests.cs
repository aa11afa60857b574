using System.Net;
using EnterpriseAI.ModelServer.Monitoring;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.ModelServer.Tests;

public class FeatureTests
{
    private static Arbitrary<double[]> Finite => Arb.From(ArbMap.Default.GeneratorFor<NormalFloat>().Select(static value => value.Get).ArrayOf());

    [Test]
    public void A_quantile_is_within_the_sketchs_error() =>
        Prop.ForAll(Finite, static values =>
        {
            if (values.Length == 0)
                return true;
            var sketch = new QuantileSketch();
            foreach (var value in values)
                sketch.Add(value);
            var sorted = values.Order().ToArray();
            return new[] { 0, 0.25, 0.5, 0.9, 1 }.All(quantile =>
            {
                var exact = sorted[(int)(quantile * (sorted.Length - 1))];
                // Half a bucket of 64 for each power of two; below the least normal number buckets are not relative.
                return Math.Abs(sketch.Quantile(quantile) - exact) <= Math.Abs(exact) / 64 + double.Epsilon * 1e300;
            });
        }).QuickCheckThrowOnFailure();

    [Test]
    public void The_sum_of_two_summaries_is_the_summary_of_both() =>
        Prop.ForAll(Finite, Finite, static (some, others) =>
        {
            var (one, other, both) = (new FeatureSummary(), new FeatureSummary(), new FeatureSummary());
            foreach (var value in some)
            {
                one.Add(value);
                both.Add(value);
            }
            foreach (var value in others)
            {
                other.Add(value);
                both.Add(value);
            }
            one.Merge(other);
            return one.Count == both.Count && one.Minimum.Equals(both.Minimum) && one.Maximum.Equals(both.Maximum)
                && IsClose(one.Mean, both.Mean, some.Concat(others)) && one.Sketch.Count == both.Sketch.Count
                && one.Sketch.Buckets.OrderBy(static bucket => bucket.Key).SequenceEqual(both.Sketch.Buckets.OrderBy(static bucket => bucket.Key));
        }).QuickCheckThrowOnFailure();

    [Test]
    public void The_key_of_a_greater_number_is_not_smaller() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NormalFloat>(), ArbMap.Default.ArbFor<NormalFloat>(), static (one, other) =>
        {
            var (low, high) = (Math.Min(one.Get, other.Get), Math.Max(one.Get, other.Get));
            return QuantileSketch.KeyOf(low, 6) <= QuantileSketch.KeyOf(high, 6)
                && QuantileSketch.LowerBound(QuantileSketch.KeyOf(low, 6), 6) <= low;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_sketch_stays_bounded_whatever_it_sees()
    {
        var random = new Random(1);
        var sketch = new QuantileSketch();
        for (var i = 0; i < 200_000; i++)
            sketch.Add(Math.Pow(10, random.NextDouble() * 600 - 300) * (random.Next(2) * 2 - 1));
        Assert.That(sketch.Buckets, Has.Count.LessThanOrEqualTo(QuantileSketch.MaxBuckets));
        Assert.That(sketch.Count, Is.EqualTo(200_000));
    }

    [Test]
    public void Mean_and_variance_are_those_of_the_textbook()
    {
        var summary = new FeatureSummary();
        foreach (var value in new[] { 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16, double.NaN, double.PositiveInfinity })
            summary.Add(value);
        Assert.That((summary.Mean, summary.Variance, summary.NaN, summary.Infinite), Is.EqualTo((1e9 + 10, 30.0, 1L, 1L)));
    }

    [Test]
    public async Task The_features_of_requests_are_reported()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        await server.InferAsync("""{"inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[1,2,"NaN",3,2,5]}]}""");
        var (status, body) = await server.GetAsync("/v2/models/m/features");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        var features = body.GetProperty("features").EnumerateArray().ToArray();
        Assert.That(features, Has.Length.EqualTo(3));
        Assert.That(features[0].GetRawText(), Does.StartWith("""{"input":"x","index":0,"kind":"Numeric","count":2,"nan":0,"infinite":0,"minimum":1,"maximum":3,"mean":2,"variance":2,"""));
        Assert.That((features[2].GetProperty("count").GetInt64(), features[2].GetProperty("nan").GetInt64()), Is.EqualTo((1, 1)));
        Assert.That(features[1].GetProperty("sketch").GetProperty("buckets").GetRawText(), Is.EqualTo($"[[{QuantileSketch.KeyOf(2, 6)},2]]"));
    }

    [Test]
    public async Task Texts_are_counted_without_being_kept()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.TextColumn());
        await server.InferAsync("""{"inputs":[{"name":"x","shape":[3],"datatype":"BYTES","data":["alice","bob","alice"]}]}""");
        var report = (await server.GetAsync("/v2/models/m/features")).Body;
        Assert.That(report.GetRawText(), Does.Not.Contain("alice"));
        var buckets = report.GetProperty("features")[0].GetProperty("hashBuckets").EnumerateArray().Select(bucket => bucket.GetInt64()).ToArray();
        Assert.That((buckets[CategorySummary.BucketOf("alice"u8)], buckets[CategorySummary.BucketOf("bob"u8)]), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task An_outlier_scores_high_when_it_is_asked_for_and_only_then()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        string Request(double x) => $$$"""{"parameters":{"outlier_score":true},"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[{{{x}}},0,0]}]}""";
        var first = (await server.InferAsync(Request(0))).Body;
        Assert.That(first.TryGetProperty("parameters", out _), Is.False, "nothing was seen yet");
        for (var i = 0; i < 200; i++)
            await server.InferAsync(Request(i % 2));
        double Score(System.Text.Json.JsonElement body) => body.GetProperty("parameters").GetProperty("outlier_score").GetDouble();
        Assert.That(Score((await server.InferAsync(Request(0.5))).Body), Is.LessThan(0.1));
        Assert.That(Score((await server.InferAsync(Request(5.5))).Body), Is.InRange(9, 11));
        var (_, unasked) = await server.InferAsync("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[5,0,0]}]}""");
        Assert.That(unasked.TryGetProperty("parameters", out _), Is.False);
    }

    private static bool IsClose(double one, double other, IEnumerable<double> scale) =>
        Math.Abs(one - other) <= 1e-9 * scale.Select(Math.Abs).DefaultIfEmpty().Max() || !double.IsFinite(one);
}
