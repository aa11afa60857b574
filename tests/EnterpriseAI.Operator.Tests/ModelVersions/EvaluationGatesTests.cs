using EnterpriseAI.Api;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

public sealed class EvaluationGatesTests
{
    [Test]
    public void A_gate_without_a_slice_looks_at_the_whole_data_only()
    {
        var gate = new EvaluationGate { Metric = "accuracy", Minimum = 0.9 };
        Assert.That(Failures(gate, Result("accuracy", 0.95), Result("accuracy", 0.5, "sex=female")), Is.Empty);
    }

    [TestCase("*", "sex=female")]
    [TestCase("sex=*", "sex=female")]
    [TestCase("sex=female", "sex=female")]
    public void A_gate_for_slices_fails_for_the_slice_that_is_too_low_and_names_it(string asked, string named)
    {
        var gate = new EvaluationGate { Metric = "accuracy", Minimum = 0.9, Slice = asked };
        Assert.That(Failures(gate, Result("accuracy", 0.95), Result("accuracy", 0.96, "sex=male"), Result("accuracy", 0.5, "sex=female")).Single(),
            Does.Contain(named).And.Contain("below the minimum 0.9"));
    }

    [Test]
    public void A_slice_of_another_attribute_is_not_meant() =>
        Assert.That(Failures(new EvaluationGate { Metric = "accuracy", Minimum = 0.9, Slice = "sex=*" }, Result("accuracy", 0.99, "sex=male"), Result("accuracy", 0.1, "age=old")), Is.Empty);

    [TestCase(null)]
    [TestCase("*")]
    [TestCase("sex=*")]
    public void What_was_not_measured_is_not_passed(string? slice) =>
        Assert.That(Failures(new EvaluationGate { Metric = "recall", Minimum = 0.1, Slice = slice }, Result("accuracy", 1)).Single(), Does.Contain("was not measured"));

    [Test]
    public void A_figure_that_is_not_a_number_is_not_passed() =>
        Assert.That(Failures(new EvaluationGate { Metric = "accuracy", Minimum = 0.1 }, Result("accuracy", double.NaN)).Single(), Does.Contain("not a number"));

    // Selection rates 0.30 and 0.50: difference 0.20, ratio 0.60. True positive rates 0.8 and 0.9, false ones 0.05 and 0.20: the larger difference is 0.15.
    [TestCase("demographic_parity_difference", null, 0.21, true)]
    [TestCase("demographic_parity_difference", null, 0.19, false)]
    [TestCase("disparate_impact", 0.59, null, true)]
    [TestCase("disparate_impact", 0.8, null, false)]
    [TestCase("equalized_odds_difference", null, 0.16, true)]
    [TestCase("equalized_odds_difference", null, 0.14, false)]
    public void Groups_are_compared_as_the_metric_is_defined(string metric, double? minimum, double? maximum, bool passes)
    {
        var gate = new EvaluationGate { Metric = metric, Minimum = minimum, Maximum = maximum, GroupBy = "sex" };
        var failures = Failures(gate, Groups());
        Assert.That(failures.Count == 0, Is.EqualTo(passes), string.Join("; ", failures));
    }

    [Test]
    public void Nobody_selected_is_nobody_disadvantaged() =>
        Assert.That(Failures(new EvaluationGate { Metric = "disparate_impact", Minimum = 0.8, GroupBy = "sex" }, Result("selection_rate", 0, "sex=a"), Result("selection_rate", 0, "sex=b")), Is.Empty);

    [Test]
    public void A_rate_that_is_not_a_number_fails_the_comparison() =>
        Assert.That(Failures(new EvaluationGate { Metric = "disparate_impact", Minimum = 0, GroupBy = "sex" }, Result("selection_rate", double.NaN, "sex=a"), Result("selection_rate", 1, "sex=b")).Single(), Does.Contain("not a number"));

    [Test]
    public void A_group_without_a_rate_that_is_needed_fails_and_is_named() =>
        Assert.That(Failures(
            new EvaluationGate { Metric = "equalized_odds_difference", Maximum = 1, GroupBy = "sex" },
            Result("true_positive_rate", 0.9, "sex=a"), Result("false_positive_rate", 0.1, "sex=a"), Result("true_positive_rate", 0.9, "sex=b")).Single(), Does.Contain("'sex=b' lacks one"));

    [Test]
    public void A_group_that_is_too_small_is_left_out_and_named()
    {
        var gate = new EvaluationGate { Metric = "disparate_impact", Minimum = 0.9, GroupBy = "sex", MinGroupSize = 30 };
        var result = EvaluationGates.Judge([gate],
            [Result("selection_rate", 0.5, "sex=a", 100), Result("selection_rate", 0.49, "sex=b", 90), Result("selection_rate", 0.1, "sex=c", 3)]);
        Assert.That(result.Failures, Is.Empty);
        Assert.That(result.LeftOut.Single(), Does.Contain("c (3 rows)"));
    }

    [Test]
    public void Two_groups_must_be_left_to_compare() =>
        Assert.That(Failures(
            new EvaluationGate { Metric = "disparate_impact", Minimum = 0.1, GroupBy = "sex", MinGroupSize = 30 },
            Result("selection_rate", 0.5, "sex=a", 100), Result("selection_rate", 0.5, "sex=b", 29)).Single(), Does.Contain("comparing needs two"));

    [Test]
    public void A_smallest_size_needs_results_that_say_theirs() =>
        Assert.That(Failures(new EvaluationGate { Metric = "accuracy", Minimum = 0.1, Slice = "*", MinGroupSize = 30 }, Result("accuracy", 1, "sex=a")).Single(), Does.Contain("does not say its count"));

    [Test]
    public void Datasets_are_compared_each_for_itself()
    {
        var gate = new EvaluationGate { Metric = "demographic_parity_difference", Maximum = 0.1, GroupBy = "sex" };
        // Across the datasets the difference would be 0.8.
        Assert.That(Failures(gate,
            Result("selection_rate", 0.1, "sex=a") with { Dataset = "one" }, Result("selection_rate", 0.1, "sex=b") with { Dataset = "one" },
            Result("selection_rate", 0.9, "sex=a") with { Dataset = "two" }, Result("selection_rate", 0.9, "sex=b") with { Dataset = "two" }), Is.Empty);
    }

    private static EvaluationResult[] Groups() =>
    [
        Result("selection_rate", 0.3, "sex=female"), Result("selection_rate", 0.5, "sex=male"),
        Result("true_positive_rate", 0.8, "sex=female"), Result("true_positive_rate", 0.9, "sex=male"),
        Result("false_positive_rate", 0.05, "sex=female"), Result("false_positive_rate", 0.2, "sex=male"),
    ];

    private static IReadOnlyList<string> Failures(EvaluationGate gate, params EvaluationResult[] results) => EvaluationGates.Judge([gate], results).Failures;

    private static EvaluationResult Result(string metric, double value, string? slice = null, long? count = null) => new() { Metric = metric, Value = value, Slice = slice, Count = count };
}
