using EnterpriseAI.Operator.InferenceServices.Analysis;

namespace EnterpriseAI.Operator.Tests.InferenceServices;

public sealed class FailureStreamTestTests
{
    [Test]
    public void No_failures_are_no_evidence() =>
        Assert.That(FailureStreamTest.LogEvidence([new FailureWindow(0.05, 0, 0)], 1.25), Is.Zero.Within(1e-12));

    [Test]
    public void Three_failures_of_a_five_percent_candidate_and_none_of_the_stable_version_reject() =>
        Assert.That(FailureStreamTest.LogEvidence([new FailureWindow(0.05, 3, 0)], 1.25), Is.GreaterThan(FailureStreamTest.LogThreshold(0.05)));

    [Test]
    public void Failures_in_the_proportion_of_the_traffic_do_not_reject() =>
        Assert.That(FailureStreamTest.LogEvidence([new FailureWindow(0.25, 250, 750)], 1.25), Is.Negative);

    [TestCase(0.0), TestCase(1.0)]
    public void A_share_without_comparison_is_passed_over(double share) =>
        Assert.That(FailureStreamTest.LogEvidence([new FailureWindow(share, 1000, 0)], 1.25), Is.Zero.Within(1e-12));

    [Test]
    public void Evidence_stays_finite_for_any_count() =>
        Assert.That(double.IsFinite(FailureStreamTest.LogEvidence([new FailureWindow(0.5, 1_000_000_000, 3)], 1.25)));

    [Test]
    public void An_equal_candidate_that_is_looked_at_after_every_failure_is_rejected_no_more_often_than_alpha()
    {
        const int seed = 20261121, runs = 2000, failures = 300;
        const double alpha = 0.05;
        var random = new Random(seed);
        var rejected = 0;
        for (var run = 0; run < runs; run++)
        {
            long candidate = 0, stable = 0;
            for (var i = 0; i < failures; i++)
            {
                if (random.NextDouble() < 0.25)
                    candidate++;
                else
                    stable++;
                if (FailureStreamTest.LogEvidence([new FailureWindow(0.25, candidate, stable)], 1) >= FailureStreamTest.LogThreshold(alpha))
                {
                    rejected++;
                    break;
                }
            }
        }
        // Ville's bound, and three standard deviations of the simulation itself.
        Assert.That(rejected / (double)runs, Is.LessThan(alpha + 3 * Math.Sqrt(alpha * (1 - alpha) / runs)), $"seed {seed}");
    }

    [Test]
    public void A_candidate_three_times_worse_is_nearly_always_rejected()
    {
        const int seed = 7;
        var random = new Random(seed);
        var found = Enumerable.Range(0, 200).Count(_ =>
        {
            var candidate = Enumerable.Range(0, 200).Count(_ => random.NextDouble() < 0.5);
            return FailureStreamTest.LogEvidence([new FailureWindow(0.25, candidate, 200 - candidate)], 1) >= FailureStreamTest.LogThreshold(0.05);
        });
        Assert.That(found, Is.GreaterThan(190), $"seed {seed}");
    }
}
