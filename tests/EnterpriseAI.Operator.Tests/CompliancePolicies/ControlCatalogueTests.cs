using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.CompliancePolicies;
using static EnterpriseAI.Operator.Tests.CompliancePolicies.Compliance;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class ControlCatalogueTests
{
    private static readonly DataSourceSpec Governed = new()
    {
        Governance = new DataGovernance
        {
            Retention = new Duration("720h"),
            LegalBasis = LegalBasis.Consent,
            Encryption = new EncryptionDeclaration { AtRest = true, InTransit = true },
        },
    };

    [Test]
    public void Every_framework_has_controls_and_no_control_is_listed_twice_for_a_kind()
    {
        IKubernetesObject[] kinds = [Data(), new TrainingJob(), Version(), Service()];
        Assert.That(ControlCatalogue.All.Select(c => c.Framework).Distinct(), Is.EquivalentTo(Enum.GetValues<ComplianceFramework>()));
        foreach (var kind in kinds)
            Assert.That(ControlCatalogue.All.Where(c => c.Check(kind, new Evidence()) is not null).Select(c => c.Name), Is.Unique);
    }

    [Test]
    public void Every_control_applies_to_exactly_one_kind()
    {
        IKubernetesObject[] kinds = [Data(), new TrainingJob(), Version(), Service()];
        Assert.That(ControlCatalogue.All.Select(c => kinds.Count(kind => c.Check(kind, new Evidence()) is not null)), Is.All.EqualTo(1));
    }

    [Test]
    public void Whatever_does_not_pass_says_what_to_do_unless_it_does_not_apply()
    {
        IKubernetesObject[] bare = [Data(classified: false), Data(content: SensitiveContent.Pii), Data(content: SensitiveContent.Phi), Data(content: SensitiveContent.Financial), Version(), Version(new ModelVersionSpec { Card = new ModelCard { RiskClass = RiskClass.High } }, null), Service()];
        var findings = bare.SelectMany(resource => ControlCatalogue.All.Select(c => c.Check(resource, new Evidence()))).OfType<Finding>().ToList();
        Assert.That(findings.Where(f => f.Outcome is Outcome.Fail or Outcome.Error or Outcome.Warn), Is.Not.Empty);
        Assert.That(findings.Where(f => f.Outcome is Outcome.Fail or Outcome.Error or Outcome.Warn).Select(f => f.Remediation), Has.None.Empty);
        Assert.That(findings.Select(f => f.Message), Has.None.Empty);
    }

    [TestCase("GDPR/5(1)(e)", SensitiveContent.Pii, "spec.governance.retention")]
    [TestCase("GDPR/6(1)", SensitiveContent.Pii, "spec.governance.legalBasis")]
    [TestCase("GDPR/32(1)(a)", SensitiveContent.Pii, "spec.governance.encryption")]
    [TestCase("HIPAA/164.312(a)(2)(iv)", SensitiveContent.Phi, "spec.governance.encryption")]
    [TestCase("PCI-DSS/3.5.1", SensitiveContent.Financial, "spec.governance.encryption")]
    public void Sensitive_data_needs_what_the_control_asks_other_data_does_not(string control, SensitiveContent content, string remediation)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Finding(control, Data(Governed, content))!.Value.Outcome, Is.EqualTo(Outcome.Pass));
            Assert.That(Finding(control, Data(content: content))!.Value.Outcome, Is.EqualTo(Outcome.Fail));
            Assert.That(Finding(control, Data(content: content))!.Value.Remediation, Does.Contain(remediation));
            Assert.That(Finding(control, Data())!.Value.Outcome, Is.EqualTo(Outcome.Skip), "nothing sensitive was found");
            Assert.That(Finding(control, Data(Governed, classified: false))!.Value.Outcome, Is.EqualTo(Outcome.Error), "what was not looked at is never a pass");
        }
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(false, false)]
    public void Encryption_of_one_side_is_not_enough(bool atRest, bool inTransit) =>
        Assert.That(ControlCatalogue.Encryption(Data(new DataSourceSpec { Governance = new DataGovernance { Encryption = new EncryptionDeclaration { AtRest = atRest, InTransit = inTransit } } })).Outcome, Is.EqualTo(Outcome.Fail));

    [TestCase("research", Outcome.Pass)]
    [TestCase("marketing", Outcome.Fail)]
    public void A_job_trains_for_a_purpose_that_the_data_permits(string purpose, Outcome outcome)
    {
        var evidence = new Evidence { DataSources = [Data(new DataSourceSpec { Governance = new DataGovernance { PermittedPurposes = ["research"] } })] };
        Assert.That(Finding("GDPR/5(1)(b)", Job(purpose), evidence)!.Value.Outcome, Is.EqualTo(outcome));
    }

    [Test]
    public void Data_that_permits_no_purpose_or_is_gone_is_not_assumed_to_permit()
    {
        Assert.That(Finding("GDPR/5(1)(b)", Job("research"), new Evidence { DataSources = [Data()] })!.Value.Outcome, Is.EqualTo(Outcome.Fail));
        Assert.That(Finding("GDPR/5(1)(b)", Job("research"))!.Value.Outcome, Is.EqualTo(Outcome.Error));
        var elsewhere = Data(new DataSourceSpec { Governance = new DataGovernance { PermittedPurposes = ["research"] } });
        elsewhere = elsewhere with { Metadata = elsewhere.Metadata with { Namespace = "other" } };
        Assert.That(Finding("GDPR/5(1)(b)", Job("research"), new Evidence { DataSources = [elsewhere] })!.Value.Outcome, Is.EqualTo(Outcome.Error), "a namesake of another namespace");
    }

    [TestCase("SOC2/CC8.1")]
    [TestCase("ISO27001/A.8.32")]
    [TestCase("SOX/404/ITGC-CM")]
    public void A_change_is_authorised_when_verified_gated_and_approved(string control)
    {
        var gated = new ModelVersionSpec { Gates = [new EvaluationGate { Metric = "accuracy", Minimum = 0.9 }] };
        string[] all = ["SignatureVerified", "GatesPassed", "Approved"];
        Assert.That(Finding(control, Version(gated, conditions: all))!.Value.Outcome, Is.EqualTo(Outcome.Pass));
        Assert.That(Finding(control, Version(conditions: all))!.Value.Message, Is.EqualTo("approved without any evaluation gate"));
        foreach (var missing in all)
        {
            var finding = Finding(control, Version(gated, conditions: [.. all.Where(c => c != missing)]))!.Value;
            Assert.That((finding.Outcome, finding.Message), Is.EqualTo((Outcome.Fail, $"{missing} is not true: it was not looked at yet")));
        }
    }

    [TestCase("bob", "alice", Outcome.Pass)]
    [TestCase("bob", "bob", Outcome.Fail)]
    [TestCase("bob", null, Outcome.Fail)]
    [TestCase(null, "alice", Outcome.Error)]
    public void Who_created_a_version_does_not_approve_it(string? creator, string? approver, Outcome outcome)
    {
        var spec = new ModelVersionSpec { Approvals = new ModelApprovals { Granted = approver is null ? [] : [new Approval { By = approver, At = Noon }] } };
        Assert.That(Finding("SOC2/CC6.3", Version(spec, creator))!.Value.Outcome, Is.EqualTo(outcome));
    }

    [TestCase(RiskClass.Minimal, Outcome.Skip)]
    [TestCase(RiskClass.Limited, Outcome.Skip)]
    [TestCase(RiskClass.High, Outcome.Fail)]
    [TestCase(RiskClass.Unacceptable, Outcome.Fail)]
    [TestCase(null, Outcome.Error)]
    public void Duties_of_high_risk_systems_apply_to_them_and_an_unknown_class_is_not_taken_as_low(RiskClass? risk, Outcome outcome)
    {
        var version = Version(new ModelVersionSpec { Card = new ModelCard { RiskClass = risk } });
        Assert.That(((string[])["EU-AI-Act/10(2)", "EU-AI-Act/11", "EU-AI-Act/15(3)"]).Select(c => Finding(c, version)!.Value.Outcome), Is.All.EqualTo(outcome));
    }

    [Test]
    public void An_incomplete_card_names_what_it_lacks() =>
        Assert.That(
            ControlCatalogue.Card(Version(new ModelVersionSpec { Card = new ModelCard { IntendedUse = "teaching", License = "MIT", Owner = "team" } })).Message,
            Is.EqualTo("the model card lacks limitations, riskClass"));

    [TestCase(1, Outcome.Warn)]
    [TestCase(2, Outcome.Pass)]
    public void One_replica_is_a_warning(int replicas, Outcome outcome) =>
        Assert.That(Finding("SOC2/A1.2", Service(new InferenceServiceSpec { Scaling = new ServiceScaling { MinReplicas = replicas } }))!.Value.Outcome, Is.EqualTo(outcome));

    private static TrainingJob Job(string purpose) => new()
    {
        Metadata = new V1ObjectMeta { Name = "job", Namespace = "ns" },
        Spec = new TrainingJobSpec { Purpose = purpose, Inputs = [new TrainingInput { DataSource = "data", MountPath = "/data" }] },
    };
}
