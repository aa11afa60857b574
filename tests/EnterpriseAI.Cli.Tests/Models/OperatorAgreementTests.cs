using EnterpriseAI.Api;
using EnterpriseAI.Cli.Models;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Cli.Tests.Models;

/// <summary>What the plugin tells of gates and approvals, held against the operator's own judges.</summary>
public sealed class OperatorAgreementTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Test]
    public void The_gates_that_failed_are_read_from_the_operator_s_message() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(Evaluated().ToArbitrary(), evaluated =>
    {
        var (gates, results) = evaluated;
        var verdict = EvaluationGates.Judge(gates, results);
        var condition = new V1Condition { Type = "GatesPassed", Status = verdict.Failures.Count == 0 ? "True" : "False", Message = string.Join("; ", verdict.Failures.Concat(verdict.LeftOut)) };
        var outcomes = GateOutcomes.Of(gates, condition);
        var truth = gates.Select(g => EvaluationGates.Judge([g], results).Failures is []).ToList();
        // A message may leave open which of two gates of one metric it means; then nothing is said, and otherwise only what is so.
        var isPlain = gates.Select(GateText.Name).Distinct().Count() == gates.Count && !gates.Any(g => g.Slice?.EndsWith('*') is true);
        return outcomes.Zip(truth, (outcome, passed) => isPlain ? outcome.IsPassed == passed : outcome.IsPassed is null || outcome.IsPassed == passed).All(isRight => isRight)
            .Label($"{condition.Message} | {string.Join(", ", outcomes.Select(o => $"{GateText.Name(o.Gate)} {GateText.Bounds(o.Gate)}={o.IsPassed}"))} | {string.Join(", ", truth)}");
    }));

    [Test]
    public void Which_of_two_gates_failed_stays_open_when_the_message_does_not_tell()
    {
        EvaluationGate[] gates = [new() { Metric = "accuracy", Slice = "*", Dataset = "test", Minimum = 0.9 }, new() { Metric = "log_loss", Maximum = 1 }, new() { Metric = "accuracy", Slice = "sex=*", Minimum = 0.9 }];
        var outcomes = GateOutcomes.Of(gates, new V1Condition { Type = "GatesPassed", Status = "False", Message = "accuracy for sex=female is 0.8, below the minimum 0.9" });
        Assert.That(outcomes.Select(o => o.IsPassed), Is.EqualTo((bool?[])[null, true, null]));
        Assert.That(outcomes[0].Why, Is.EqualTo("accuracy for sex=female is 0.8, below the minimum 0.9"));
    }

    [Test]
    public void A_message_that_cannot_be_read_says_of_no_gate_that_it_passed()
    {
        EvaluationGate[] gates = [new() { Metric = "accuracy", Minimum = 0.9 }, new() { Metric = "log_loss", Maximum = 1 }];
        foreach (var message in (string[])["accuracy is 0.8, below the minimum 0.9; something else", "nonsense", ""])
            Assert.That(GateOutcomes.Of(gates, new V1Condition { Type = "GatesPassed", Status = "False", Message = message }).Select(o => o.IsPassed), Is.All.Null, message);
        Assert.That(GateOutcomes.Of(gates, null).Select(o => o.IsPassed), Is.All.Null);
    }

    [Test]
    public void Approvals_are_counted_as_the_operator_counts_them() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Approvals().ToArbitrary(), approvals =>
    {
        var (tally, standing) = (ApprovalTally.Of(approvals, Now), ApprovalStanding.Of(approvals, Now));
        return standing.Required == tally.Required
            && standing.Approving.SequenceEqual(tally.Approving.Select(a => a.By!))
            && standing.Rejecting.SequenceEqual(tally.Rejecting.Select(a => a.By!));
    }));

    private sealed record Evaluation(IReadOnlyList<EvaluationGate> Gates, IReadOnlyList<EvaluationResult> Results);

    private static Gen<Evaluation> Evaluated() =>
        from gates in Gate().ListOf()
        from results in Result().ListOf()
        select new Evaluation([.. gates], [.. results]);

    private static Gen<EvaluationGate> Gate() =>
        from metric in Gen.Elements("accuracy", "log_loss", "disparate_impact")
        from dataset in Gen.Elements(null, "test")
        from slice in Gen.Elements(null, "sex=female", "sex=*", "*")
        from isGrouped in Gen.Elements(false, false, true)
        from minimum in Gen.Elements(0.5, 0.9)
        from isMaximum in ArbMap.Default.GeneratorFor<bool>()
        from size in Gen.Elements<int?>(null, null, 10)
        select new EvaluationGate
        {
            Metric = isGrouped ? "disparate_impact" : metric,
            Dataset = dataset,
            Slice = isGrouped ? null : slice,
            GroupBy = isGrouped ? "sex" : null,
            Minimum = isMaximum ? null : minimum,
            Maximum = isMaximum ? minimum : null,
            MinGroupSize = size,
        };

    private static Gen<EvaluationResult> Result() =>
        from metric in Gen.Elements("accuracy", "log_loss", "selection_rate")
        from dataset in Gen.Elements(null, "test", "other")
        from slice in Gen.Elements(null, "sex=female", "sex=male", "age=old")
        from value in Gen.Elements(0.4, 0.7, 0.95, double.NaN)
        from count in Gen.Elements<long?>(null, 5, 50)
        select new EvaluationResult { Metric = metric, Dataset = dataset, Slice = slice, Value = value, Count = count };

    private static Gen<ModelApprovals?> Approvals() =>
        from required in Gen.Choose(0, 3)
        from validFor in Gen.Elements(null, "1h", "90d", "1000y", "5000y", "soon")
        from granted in (
            from who in Gen.Elements(null, "alice", "bob", "carol")
            from at in Gen.Elements<int?>(null, 1, 2, 5000, -69_000_000)
            from decision in Gen.Elements(Enum.GetValues<ApproverDecision>())
            select new Approval { By = who, At = at is { } hours ? Now.AddHours(-hours) : null, Decision = decision }).ListOf()
        from isThere in Gen.Elements(true, true, true, false)
        select isThere ? new ModelApprovals { Required = required, ValidFor = validFor is null ? null : new Api.Duration(validFor), Granted = [.. granted] } : null;
}
