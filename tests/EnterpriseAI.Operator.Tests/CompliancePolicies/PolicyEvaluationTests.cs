using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.CompliancePolicies;
using static EnterpriseAI.Operator.Tests.CompliancePolicies.Compliance;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class PolicyEvaluationTests
{
    [Test]
    public void Only_the_frameworks_that_are_named_are_evaluated()
    {
        var results = PolicyEvaluation.Evaluate(Policy(ComplianceFramework.Gdpr), new Evidence { DataSources = [Data(content: SensitiveContent.Pii)], InferenceServices = [Service()] }, Noon);
        Assert.That(results.Select(r => r.Control), Is.EqualTo(new[] { "GDPR/5(1)(e)", "GDPR/6(1)", "GDPR/32(1)(a)" }));
        Assert.That(results.Select(r => r.ResourceName), Is.All.EqualTo("DataSource/ns/data"));
    }

    [Test]
    public void A_policy_without_anything_finds_nothing() =>
        Assert.That(PolicyEvaluation.Evaluate(Policy(), new Evidence { DataSources = [Data()], ModelVersions = [Version()] }, Noon), Is.Empty);

    [Test]
    public void A_version_that_cannot_be_read_is_judged_and_the_others_too()
    {
        var approvals = new ModelApprovals { ValidFor = new Duration("soon"), Granted = [new Approval { By = "alice", At = Noon }] };
        var versions = new[] { Version(new ModelVersionSpec { Approvals = approvals }), Version(new ModelVersionSpec { Approvals = approvals with { ValidFor = null } }) };
        var policy = Policy(new CompliancePolicySpec { Require = new PolicyRequirements { Approvals = 1 } });
        var results = PolicyEvaluation.Evaluate(policy, new Evidence { ModelVersions = versions }, Noon);
        Assert.That(results.Select(r => r.Finding.Outcome), Is.EquivalentTo(new[] { Outcome.Fail, Outcome.Pass }));
    }

    [TestCase(RuleOperator.Exists, "spec.owner", null, true)]
    [TestCase(RuleOperator.Exists, "spec.schedule", null, false)]
    [TestCase(RuleOperator.Exists, "metadata.labels.empty", null, false)]
    [TestCase(RuleOperator.DoesNotExist, "spec.schedule", null, true)]
    [TestCase(RuleOperator.DoesNotExist, "spec.owner", null, false)]
    [TestCase(RuleOperator.DoesNotExist, "spec.owner.deeper", null, true)]
    [TestCase(RuleOperator.Equals, "spec.owner", "team-a", true)]
    [TestCase(RuleOperator.Equals, "spec.owner", "team", false)]
    [TestCase(RuleOperator.Equals, "spec.governance.encryption.atRest", "true", true)]
    [TestCase(RuleOperator.NotEquals, "spec.owner", "team-b", true)]
    [TestCase(RuleOperator.NotEquals, "spec.schedule", "x", true)]
    [TestCase(RuleOperator.NotEquals, "spec.owner", "team-a", false)]
    [TestCase(RuleOperator.In, "spec.owner", "team-b,team-a", true)]
    [TestCase(RuleOperator.In, "spec.schedule", "x", false)]
    [TestCase(RuleOperator.NotIn, "spec.owner", "team-b", true)]
    [TestCase(RuleOperator.NotIn, "spec.schedule", "x", true)]
    [TestCase(RuleOperator.NotIn, "spec.owner", "team-b,team-a", false)]
    [TestCase(RuleOperator.GreaterThan, "status.snapshot.rows", "343", true)]
    [TestCase(RuleOperator.GreaterThan, "status.snapshot.rows", "344", false)]
    [TestCase(RuleOperator.LessThan, "status.snapshot.rows", "344.5", true)]
    [TestCase(RuleOperator.LessThan, "status.quality.score", "1", false)]
    [TestCase(RuleOperator.GreaterThan, "spec.owner", "0", false)]
    [TestCase(RuleOperator.Matches, "spec.owner", "team-[a-z]", true)]
    [TestCase(RuleOperator.Matches, "spec.owner", "team", false)]
    [TestCase(RuleOperator.Matches, "spec.owner", "x|team-a", true)]
    [TestCase(RuleOperator.Matches, "spec.owner", "x|team", false)]
    [TestCase(RuleOperator.Matches, "spec.schedule", ".*", false)]
    [TestCase(RuleOperator.Exists, "metadata.labels['app.kubernetes.io/name']", null, true)]
    public void A_condition_compares_one_field(RuleOperator comparison, string path, string? values, bool holds)
    {
        var data = Data(new DataSourceSpec { Owner = "team-a", Governance = new DataGovernance { Encryption = new EncryptionDeclaration { AtRest = true } } });
        data = data with
        {
            Metadata = data.Metadata with { Labels = new Dictionary<string, string> { ["empty"] = "", ["app.kubernetes.io/name"] = "penguins" } },
            Status = data.Status! with { Snapshot = new DataSnapshot { Digest = "sha256:abc", Rows = 344 } },
        };
        Assert.That(Rule(data, new RuleCondition { Path = path, Operator = comparison, Values = values?.Split(',') ?? [] }).Outcome, Is.EqualTo(holds ? Outcome.Pass : Outcome.Fail));
    }

    [Test]
    public void A_pattern_that_backtracks_for_ages_elsewhere_is_decided_at_once()
    {
        var data = Data(new DataSourceSpec { Owner = new string('a', 200) + "!" });
        Assert.That(Rule(data, new RuleCondition { Path = "spec.owner", Operator = RuleOperator.Matches, Values = ["(a+)+"] }).Outcome, Is.EqualTo(Outcome.Fail));
    }

    [Test]
    public void A_broken_rule_names_the_field_and_says_what_the_policy_says()
    {
        var finding = Rule(Data(), new RuleCondition { Path = "spec.owner", Operator = RuleOperator.In, Values = ["team-a", "team-b"] });
        Assert.That((finding.Message, finding.Remediation), Is.EqualTo(("spec.owner In team-a, team-b does not hold", "name an owner")));
    }

    [Test]
    public void All_conditions_must_hold() =>
        Assert.That(
            Rule(Data(new DataSourceSpec { Owner = "team-a" }), new RuleCondition { Path = "spec.owner", Operator = RuleOperator.Exists }, new RuleCondition { Path = "spec.schedule", Operator = RuleOperator.Exists }).Message,
            Does.StartWith("spec.schedule"));

    [Test]
    public void A_rule_for_information_only_warns()
    {
        var policy = Policy(new CompliancePolicySpec { Rules = [Owned() with { Severity = Severity.Info }] });
        Assert.That(PolicyEvaluation.Evaluate(policy, new Evidence { DataSources = [Data()] }, Noon).Single().Finding.Outcome, Is.EqualTo(Outcome.Warn));
    }

    [Test]
    public void A_rule_speaks_of_its_kinds_only() =>
        Assert.That(PolicyEvaluation.Evaluate(Policy(new CompliancePolicySpec { Rules = [Owned()] }), new Evidence { ModelVersions = [Version()], InferenceServices = [Service()] }, Noon), Is.Empty);

    [Test]
    public void A_version_needs_what_the_policy_requires()
    {
        var policy = Policy(new CompliancePolicySpec { Require = new PolicyRequirements { Signature = true, Card = true, Approvals = 2, MaxRiskClass = RiskClass.Limited } });
        var bare = Evaluate(policy, Version());
        var good = Evaluate(policy, Version(
            new ModelVersionSpec
            {
                Card = new ModelCard { IntendedUse = "teaching", Limitations = "small", License = "MIT", Owner = "team", RiskClass = RiskClass.Limited },
                Approvals = new ModelApprovals { Granted = [new Approval { By = "alice", At = Noon }, new Approval { By = "carol", At = Noon }] },
            }, "bob", "SignatureVerified"));
        Assert.That(bare, Is.EquivalentTo(new[] { ("require.signature", Outcome.Fail), ("require.card", Outcome.Fail), ("require.approvals", Outcome.Fail), ("require.maxRiskClass", Outcome.Fail) }));
        Assert.That(good.Select(r => r.Outcome), Is.All.EqualTo(Outcome.Pass));
    }

    [TestCase("MIT", Outcome.Pass)]
    [TestCase("GPL-3.0-only OR MIT", Outcome.Pass)]
    [TestCase("GPL-3.0-only", Outcome.Fail)]
    [TestCase("free for all!", Outcome.Fail)]
    [TestCase(null, Outcome.Fail)]
    public void A_licence_must_be_one_that_the_policy_allows(string? license, Outcome outcome)
    {
        var policy = Policy(new CompliancePolicySpec { Require = new PolicyRequirements { Licenses = ["MIT", "Apache-2.0"] } });
        var version = Version(new ModelVersionSpec { Card = new ModelCard { License = license } });
        Assert.That(PolicyEvaluation.Evaluate(policy, version, new Evidence(), Noon).Single().Finding.Outcome, Is.EqualTo(outcome));
    }

    [Test]
    public void Provenance_that_a_policy_requires_must_have_been_verified()
    {
        var policy = Policy(new CompliancePolicySpec { Require = new PolicyRequirements { Provenance = true } });
        Assert.That(PolicyEvaluation.Evaluate(policy, Version(null, "bob", "ProvenanceVerified"), new Evidence(), Noon).Single().Finding.Outcome, Is.EqualTo(Outcome.Pass));
        Assert.That(PolicyEvaluation.Evaluate(policy, Version(), new Evidence(), Noon).Single().Finding.Outcome, Is.EqualTo(Outcome.Fail));
    }

    [Test]
    public void One_person_who_approves_twice_counts_once()
    {
        var policy = Policy(new CompliancePolicySpec { Require = new PolicyRequirements { Approvals = 2 } });
        var version = Version(new ModelVersionSpec { Approvals = new ModelApprovals { Granted = [new Approval { By = "alice", At = Noon }, new Approval { By = "alice", At = Noon }, new Approval()] } });
        Assert.That(PolicyEvaluation.Evaluate(policy, version, new Evidence(), Noon).Single().Finding.Message, Is.EqualTo("1 of 2 approvals"));
    }

    [TestCase(RiskClass.Minimal, RiskClass.High, Outcome.Fail)]
    [TestCase(RiskClass.Limited, RiskClass.Limited, Outcome.Pass)]
    [TestCase(RiskClass.High, RiskClass.Minimal, Outcome.Pass)]
    [TestCase(null, RiskClass.Unacceptable, Outcome.Fail)]
    public void The_risk_class_stays_below_what_the_policy_allows(RiskClass? most, RiskClass risk, Outcome outcome) =>
        Assert.That(
            Evaluate(Policy(new CompliancePolicySpec { Require = new PolicyRequirements { MaxRiskClass = most } }), Version(new ModelVersionSpec { Card = new ModelCard { RiskClass = risk } })),
            Is.EqualTo(new[] { ("require.maxRiskClass", outcome) }));

    [TestCase("eu-west-1", Outcome.Pass)]
    [TestCase("ch", Outcome.Pass)]
    [TestCase("us-east-1", Outcome.Fail)]
    [TestCase("not-eu-1", Outcome.Fail)]
    [TestCase(null, Outcome.Fail)]
    public void Data_stays_in_the_regions_that_the_policy_allows(string? region, Outcome outcome) =>
        Assert.That(
            Evaluate(Policy(new CompliancePolicySpec { Require = new PolicyRequirements { Regions = ["eu-*", "ch"] } }), Data(new DataSourceSpec { Governance = new DataGovernance { Region = region } })),
            Is.EqualTo(new[] { ("require.regions", outcome) }));

    [TestCase("owned", "DataSource/ns/data", true)]
    [TestCase("rule/owned", "DataSource/ns/data", true)]
    [TestCase("owned", "DataSource/*/data", true)]
    [TestCase("owned", "DataSource/ns/*", true)]
    [TestCase("owned", "DataSource/*/*", true)]
    [TestCase("owned", "ModelVersion/*/*", false)]
    [TestCase("owned", "DataSource/ns/other", false)]
    [TestCase("other", "DataSource/ns/data", false)]
    public void An_exception_covers_the_control_and_the_resources_that_it_names(string control, string resource, bool covers)
    {
        var finding = Excepted(Data(), control, resource, Noon.AddDays(1));
        Assert.That(finding.Outcome, Is.EqualTo(covers ? Outcome.Skip : Outcome.Fail));
        if (covers)
            Assert.That(finding.Message, Is.EqualTo("excepted until 2026-11-22 by carol: migration"));
    }

    [Test]
    public void An_exception_ends() => Assert.That(Excepted(Data(), "owned", "DataSource/ns/data", Noon).Outcome, Is.EqualTo(Outcome.Fail));

    [Test]
    public void What_passes_by_itself_is_not_hidden_by_an_exception() =>
        Assert.That(Excepted(Data(new DataSourceSpec { Owner = "team" }), "owned", "DataSource/ns/data", Noon.AddDays(1)).Outcome, Is.EqualTo(Outcome.Pass));

    [Test]
    public void An_exception_of_a_framework_s_control_is_named_with_its_framework()
    {
        var policy = Policy(new CompliancePolicySpec
        {
            Frameworks = [ComplianceFramework.NistAiRmf],
            Exceptions = [new PolicyException { Control = "NIST-AI-RMF/GOVERN 2.1", Resource = "DataSource/ns/data", ApprovedBy = "carol", Reason = "migration", Expires = Noon.AddDays(1) }],
        });
        Assert.That(Evaluate(policy, Data()), Is.EqualTo(new[] { ("NIST-AI-RMF/GOVERN 2.1", Outcome.Skip) }));
    }

    private static Finding Excepted(DataSource data, string control, string resource, DateTimeOffset expires) => PolicyEvaluation.Evaluate(
        Policy(new CompliancePolicySpec
        {
            Rules = [Owned()],
            Exceptions = [new PolicyException { Control = control, Resource = resource, ApprovedBy = "carol", Reason = "migration", Expires = expires }],
        }), data, new Evidence(), Noon).Single().Finding;

    private static Finding Rule(DataSource data, params RuleCondition[] conditions) =>
        PolicyEvaluation.Evaluate(Policy(new CompliancePolicySpec { Rules = [Owned() with { Conditions = conditions }] }), data, new Evidence(), Noon).Single().Finding;

    private static PolicyRule Owned() => new()
    {
        Name = "owned",
        Kinds = [PolicyKind.DataSource],
        Message = "name an owner",
        Conditions = [new RuleCondition { Path = "spec.owner", Operator = RuleOperator.Exists }],
    };

    private static IEnumerable<(string Control, Outcome Outcome)> Evaluate(CompliancePolicy policy, IKubernetesObject resource) =>
        PolicyEvaluation.Evaluate(policy, resource, new Evidence(), Noon).Select(r => (r.Control, r.Finding.Outcome));
}
