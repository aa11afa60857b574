using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Operator.CompliancePolicies;
using static EnterpriseAI.Operator.Tests.CompliancePolicies.Compliance;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class CompliancePolicyDecisionTests
{
    private static readonly Evidence Mixed = new() { DataSources = [Data(new DataSourceSpec { Owner = "team" }, classified: false)], InferenceServices = [Service()] };

    [Test]
    public void The_score_is_passes_over_what_counts_and_warnings_do_not_count()
    {
        // By hand. GDPR: three errors (medium, high, high), nothing was classified. SOC2: PI1.1 fails (medium), A1.2 warns.
        // NIST: GOVERN 2.1 passes (owner), MANAGE 4.1 passes (canary). So 2 / (2 + 1 + 3); risk 3 + 7 + 7 + 3.
        var status = Decide(Policy(ComplianceFramework.Gdpr, ComplianceFramework.Soc2, ComplianceFramework.NistAiRmf), Mixed).Status;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(status.Summary, Is.EqualTo(new ResultSummary { Pass = 2, Fail = 1, Warn = 1, Error = 3, Skip = 0 }));
            Assert.That(status.Score, Is.EqualTo(0.333));
            Assert.That(status.Frameworks.Select(f => (f.Name, f.Score)), Is.EqualTo(new[] { ("GDPR", (double?)0), ("NIST-AI-RMF", 1), ("SOC2", 0) }));
            Assert.That((status.Risk!.Level, status.Risk.Score), Is.EqualTo((RiskLevel.High, 20)));
            Assert.That(status.Phase, Is.EqualTo(CompliancePolicyPhase.NonCompliant));
            Assert.That(status.Passed.Select(r => r.Control), Is.EqualTo(new[] { "NIST-AI-RMF/GOVERN 2.1", "NIST-AI-RMF/MANAGE 4.1" }));
        }
    }

    [Test]
    public void The_gravest_violation_is_first_and_tells_what_to_do()
    {
        var plan = Decide(Policy(ComplianceFramework.Soc2, ComplianceFramework.Gdpr), Mixed);
        var violations = plan.Status.Violations;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(violations.Select(v => v.Control), Is.EqualTo(new[] { "GDPR/32(1)(a)", "GDPR/6(1)", "GDPR/5(1)(e)", "SOC2/PI1.1", "SOC2/A1.2" }));
            Assert.That(violations.Select(v => v.Remediation), Has.None.Null);
            Assert.That(violations[0].Resource, Is.EqualTo(new ResourceReference { Kind = "DataSource", Namespace = "ns", Name = "data" }));
            Assert.That(plan.Status.Conditions.Single(c => c.Type == "Compliant").Message, Does.Contain("GDPR/32(1)(a) of DataSource/ns/data").And.Contain("to do: "));
            Assert.That(plan.Transitions.Single().IsWarning);
        }
    }

    [Test]
    public void Only_passes_and_warnings_are_compliant()
    {
        var status = Decide(Policy(ComplianceFramework.NistAiRmf, ComplianceFramework.Soc2), new Evidence { InferenceServices = [Service()] }).Status;
        Assert.That((status.Phase, status.Score, status.Risk!.Level, status.Risk.Score), Is.EqualTo((CompliancePolicyPhase.Compliant, (double?)1, RiskLevel.Low, 0)));
        Assert.That(status.Summary!.Warn, Is.EqualTo(1));
    }

    [Test]
    public void Without_anything_assessed_there_is_no_score()
    {
        var status = Decide(Policy(ComplianceFramework.Gdpr), new Evidence { DataSources = [Data()] }).Status;
        Assert.That((status.Score, status.Summary!.Skip, status.Phase), Is.EqualTo(((double?)null, 3, CompliancePolicyPhase.Compliant)));
    }

    [Test]
    public void The_risk_score_ends_at_100()
    {
        var many = new Evidence { DataSources = [.. Enumerable.Range(0, 10).Select(i => Named($"data-{i}", SensitiveContent.Financial))] };
        var status = Decide(Policy(ComplianceFramework.PciDss), many).Status;
        Assert.That((status.Risk!.Level, status.Risk.Score, status.Summary!.Fail), Is.EqualTo((RiskLevel.Critical, 100, 10)));
    }

    [Test]
    public void The_whole_is_counted_and_at_most_a_hundred_are_shown()
    {
        var many = new Evidence { DataSources = [.. Enumerable.Range(0, 150).Select(i => Named($"data-{i:000}", SensitiveContent.Financial))] };
        var status = Decide(Policy(ComplianceFramework.PciDss), many).Status;
        Assert.That((status.Violations.Count, status.Summary!.Fail), Is.EqualTo((100, 150)));
    }

    [Test]
    public void An_evaluation_with_the_same_results_is_neither_recorded_nor_written_again()
    {
        var policy = Policy(ComplianceFramework.Soc2, ComplianceFramework.Gdpr);
        var first = Decide(policy, Mixed);
        var again = Decide(policy with { Status = first.Status }, Mixed, Noon.AddHours(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Transitions.Single().Action, Is.EqualTo("ComplianceEvaluated"));
            Assert.That(Decide(policy, Mixed, Noon.AddSeconds(1)).Transitions.Single().Occurrence, Is.EqualTo(first.Transitions.Single().Occurrence), "a crash before the status was written");
            Assert.That(again.Transitions, Is.Empty);
            Assert.That(JsonSerializer.Serialize(again.Status, ApiJsonContext.Default.CompliancePolicyStatus), Is.EqualTo(JsonSerializer.Serialize(first.Status, ApiJsonContext.Default.CompliancePolicyStatus)));
            Assert.That(again.Before, Is.Null);
        }
    }

    [Test]
    public void A_violation_that_comes_back_is_recorded_anew()
    {
        var policy = Policy(ComplianceFramework.NistAiRmf);
        var (bad, good) = (new Evidence { DataSources = [Data()] }, new Evidence { DataSources = [Data(new DataSourceSpec { Owner = "team" })] });
        var first = Decide(policy, bad);
        var mended = Decide(policy with { Status = first.Status }, good, Noon.AddHours(1));
        var back = Decide(policy with { Status = mended.Status }, bad, Noon.AddHours(2));
        Assert.That(((CompliancePolicyPlan[])[first, mended, back]).Select(p => p.Transitions.Single().Occurrence), Is.Unique);
        Assert.That(back.Status.LastEvaluated, Is.EqualTo(Noon.AddHours(2)));
    }

    [Test]
    public void After_a_crash_between_entry_and_status_what_holds_now_has_the_last_word()
    {
        var policy = Policy(ComplianceFramework.NistAiRmf);
        var (bad, good) = (new Evidence { DataSources = [Data()] }, new Evidence { DataSources = [Data(new DataSourceSpec { Owner = "team" })] });
        var first = Decide(policy, bad);
        var mended = Decide(policy with { Status = first.Status }, good, Noon.AddHours(1));
        // The log heard that it was mended; then the operator was killed, and it was spoiled again.
        var crashed = policy with { Status = mended.Before };
        var resumed = Decide(crashed, good, Noon.AddHours(2));
        var back = Decide(crashed, bad, Noon.AddHours(2));
        var crashedAgain = Decide(policy with { Status = back.Before }, good, Noon.AddHours(3));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mended.Before, Is.EqualTo(first.Status with { PendingEvaluation = mended.Before!.PendingEvaluation }), "it shows nothing of what is not recorded yet");
            Assert.That(resumed.Transitions.Single().Occurrence, Is.EqualTo(mended.Transitions.Single().Occurrence), "recorded once");
            Assert.That(((CompliancePolicyPlan[])[first, mended, back, crashedAgain]).Select(p => p.Transitions.Single().Occurrence), Is.Unique);
            Assert.That(((CompliancePolicyPlan[])[first, mended, resumed, back]).Select(p => p.Status.PendingEvaluation), Is.All.Null);
            Assert.That(back.Status.LastEvaluated, Is.EqualTo(Noon.AddHours(2)));
            Assert.That(Decide(policy with { Status = back.Status }, bad, Noon.AddHours(3)).Transitions, Is.Empty);
        }
    }

    [Test]
    public void It_looks_again_when_an_exception_or_an_approval_ends_and_otherwise_only_at_changes()
    {
        PolicyException Until(DateTimeOffset end) => new() { Control = "c", Resource = "DataSource/ns/data", ApprovedBy = "carol", Reason = "r", Expires = end };
        var excepted = Policy(new CompliancePolicySpec { Frameworks = [ComplianceFramework.Soc2], Exceptions = [Until(Noon.AddHours(-1)), Until(Noon.AddHours(5)), Until(Noon.AddHours(3))] });
        var approved = new Evidence
        {
            ModelVersions = [Version(new ModelVersionSpec { Approvals = new ModelApprovals { ValidFor = Duration.Parse("2h"), Granted = [new Approval { By = "alice", At = Noon.AddMinutes(-30) }] } })],
        };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Decide(excepted, Mixed).RequeueAfter, Is.EqualTo(TimeSpan.FromHours(3)));
            Assert.That(Decide(excepted, approved).RequeueAfter, Is.EqualTo(TimeSpan.FromMinutes(90)));
            Assert.That(Decide(excepted, new Evidence()).RequeueAfter, Is.Null, "there is nothing to judge");
            Assert.That(Decide(Policy(ComplianceFramework.Soc2), Mixed).RequeueAfter, Is.Null);
        }
    }

    [Test]
    public void An_invalid_policy_says_which_field_and_evaluates_nothing()
    {
        var plan = Decide(Policy(new CompliancePolicySpec { Rules = [new PolicyRule { Name = "x", Kinds = [PolicyKind.DataSource], Message = "m", Conditions = [] }] }), Mixed);
        Assert.That((plan.Status.Phase, plan.Status.Conditions.Single().Reason, plan.Transitions.Count), Is.EqualTo((CompliancePolicyPhase.Failed, "InvalidSpec", 0)));
        Assert.That(plan.Status.Conditions.Single().Message, Does.StartWith("spec.rules[0].conditions"));
    }

    private static DataSource Named(string name, SensitiveContent content)
    {
        var data = Data(content: content);
        return data with { Metadata = data.Metadata with { Name = name } };
    }

    private static CompliancePolicyPlan Decide(CompliancePolicy policy, Evidence evidence, DateTimeOffset? now = null) =>
        CompliancePolicyDecision.Decide(new CompliancePolicyObservation(policy, evidence), now ?? Noon);
}
