using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

/// <summary>What people and policies say of a verified version.</summary>
public sealed class ModelVersionTrustTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly TestCaseData<Distrust>[] Distrusts =
    [
        new(new Distrust { KeyId = "abc", Reason = "stolen" }) { TestName = "Distrust of the key" },
        new(new Distrust { DataSource = new DistrustedData { Name = "penguins" }, Reason = "stolen" }) { TestName = "Distrust of the data" },
        new(new Distrust { DataSource = new DistrustedData { Name = "penguins", Digest = Digest }, Reason = "stolen" }) { TestName = "Distrust of one state of the data" },
    ];

    [TestCaseSource(nameof(Distrusts))]
    public void Distrust_takes_a_version_out_of_service_and_tells_pods_that_start(Distrust distrust)
    {
        var plan = Decide(Version(), distrust);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, Condition(plan, "Ready").Reason), Is.EqualTo((ModelVersionPhase.Revoked, "Distrusted")));
            Assert.That(Condition(plan, "Ready").Message, Does.Contain("policy security").And.Contain("stolen"));
            Assert.That(plan.Apply.Single().Object, Is.InstanceOf<V1ConfigMap>());
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("ModelVersionDistrusted"));
        }
        Assert.That(Decide(Version() with { Status = plan.Status }, distrust).Transitions, Is.Empty, "it is said once");
    }

    [Test]
    public void Distrust_of_others_is_no_matter()
    {
        Assert.That(Decide(Version(), new Distrust { KeyId = "other", Reason = "r" }).Status.Phase, Is.EqualTo(ModelVersionPhase.Ready));
        Assert.That(Decide(Version(), new Distrust { DataSource = new DistrustedData { Name = "penguins", Digest = "sha256:" + new string('b', 64) }, Reason = "r" }).Status.Phase, Is.EqualTo(ModelVersionPhase.Ready));
    }

    [Test]
    public void Distrust_that_is_lifted_makes_it_ready_again_and_takes_the_notice_away()
    {
        var distrusted = Decide(Version(), new Distrust { KeyId = "abc", Reason = "stolen" });
        var notice = plan(distrusted);
        var lifted = ModelVersionDecision.Decide(new ModelVersionObservation(Version() with { Status = distrusted.Status }, null, "image") { RevocationNotice = notice }, Noon);
        Assert.That((lifted.Status.Phase, lifted.Delete.Single().Object), Is.EqualTo((ModelVersionPhase.Ready, (IKubernetesObject)notice)));
        Assert.That(lifted.Transitions.Select(t => t.Action), Does.Contain("ModelVersionReady"));

        static V1ConfigMap plan(ModelVersionPlan of) => (V1ConfigMap)of.Apply.Single().Object;
    }

    [Test]
    public void A_rejection_is_a_phase_of_its_own_and_names_who_and_why()
    {
        var plan = Decide(Version(Said("alice", ApproverDecision.Approve), Said("bob", ApproverDecision.Reject, "biased")));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Rejected));
            Assert.That(Condition(plan, "Approved").Message, Does.Contain("bob: biased"));
            Assert.That(plan.Transitions.Where(t => t.Actor is not null).Select(t => (t.Action, t.Actor)), Is.EqualTo(new[] { ("ModelVersionApproved", "alice"), ("ModelVersionRejected", "bob") }));
        }
    }

    [Test]
    public void A_decision_is_recorded_once_though_nothing_else_changes_with_it()
    {
        var version = Version(Said("alice", ApproverDecision.Approve));
        var first = Decide(version);
        // Given again because it ends some day: the condition's text is the same.
        var renewed = Version(Said("alice", ApproverDecision.Approve), Said("alice", ApproverDecision.Approve) with { At = Noon.AddDays(1) }) with { Status = first.Status };
        var second = Decide(renewed);
        Assert.That(second.Transitions.Single(t => t.Actor == "alice").Occurrence, Is.Not.EqualTo(first.Transitions.Single(t => t.Actor == "alice").Occurrence));
        Assert.That(Decide(renewed with { Status = second.Status }).Transitions, Is.Empty);
    }

    [Test]
    public void The_end_of_approvals_is_announced_and_then_comes()
    {
        var version = Version(Said("alice", ApproverDecision.Approve));
        version = version with { Spec = version.Spec with { Approvals = version.Spec.Approvals! with { ValidFor = new Duration("40d") } } };
        var at = (DateTimeOffset now) => ModelVersionDecision.Decide(new ModelVersionObservation(version, null, "image"), now);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((Condition(at(Noon), "Expiring").Status, at(Noon).Status.ExpiresAt), Is.EqualTo(("False", (DateTimeOffset?)Noon.AddDays(40))));
            Assert.That((Condition(at(Noon.AddDays(30)), "Expiring").Status, at(Noon.AddDays(30)).Status.Phase), Is.EqualTo(("True", ModelVersionPhase.Ready)));
            var over = at(Noon.AddDays(40));
            Assert.That((over.Status.Phase, Condition(over, "Ready").Reason), Is.EqualTo((ModelVersionPhase.AwaitingApproval, "ApprovalExpired")));
        }
    }

    [Test]
    public void A_change_of_stage_is_recorded()
    {
        var first = Decide(Version());
        var archived = Version() with { Status = first.Status };
        archived = archived with { Spec = archived.Spec with { Stage = ModelStage.Archived }, Metadata = archived.Metadata with { Generation = 2 } };
        Assert.That(Decide(archived).Transitions.Select(t => t.Message), Does.Contain("stage Candidate -> Archived"));
    }

    [TestCase("penguins", "pvc://models/penguins/1.0.0", TrainingPhase.Succeeded, "True")]
    [TestCase("penguins", "pvc://models/penguins/1.0.0", TrainingPhase.Running, "Unknown")]
    [TestCase("penguins", "pvc://models/other", TrainingPhase.Succeeded, "False")]
    [TestCase("flights", "pvc://models/penguins/1.0.0", TrainingPhase.Succeeded, "False")]
    public void Provenance_holds_when_the_job_made_this_artifact_of_this_data(string data, string artifact, TrainingPhase phase, string status)
    {
        var job = new TrainingJob
        {
            Metadata = new V1ObjectMeta { Name = "train", Namespace = "ns" },
            Spec = new TrainingJobSpec
            {
                Inputs = [new TrainingInput { DataSource = data }],
                Output = new TrainingOutput { Model = "penguins", Version = "1.0.0", Artifact = artifact },
            },
            Status = new TrainingJobStatus { Phase = phase, ModelVersion = "penguins-1.0.0" },
        };
        var plan = ModelVersionDecision.Decide(new ModelVersionObservation(Version(), null, "image") { TrainingJob = job }, Noon);
        Assert.That(Condition(plan, "ProvenanceVerified").Status, Is.EqualTo(status), Condition(plan, "ProvenanceVerified").Message);
    }

    [Test]
    public void Provenance_that_held_holds_when_the_job_is_gone()
    {
        var version = Version() with { Status = Version().Status! with { Conditions = [new V1Condition { Type = "ProvenanceVerified", Status = "True", Reason = "MadeByTrainingJob" }] } };
        Assert.That(Condition(Decide(version), "ProvenanceVerified").Status, Is.EqualTo("True"));
        Assert.That(Condition(Decide(Version()), "ProvenanceVerified").Reason, Is.EqualTo("TrainingJobNotFound"));
    }

    private static V1Condition Condition(ModelVersionPlan plan, string type) => plan.Status.Conditions.First(c => c.Type == type);

    private static Approval Said(string by, ApproverDecision decision, string? comment = null) => new() { By = by, At = Noon, Decision = decision, Comment = comment };

    private static ModelVersionPlan Decide(ModelVersion version, params Distrust[] distrust) =>
        ModelVersionDecision.Decide(new ModelVersionObservation(version, null, "image") { Distrusted = [.. distrust.Select(d => new PolicyDistrust("security", "policy-uid", 1, d))] }, Noon);

    private static ModelVersion Version(params Approval[] decisions) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1.0.0", Namespace = "ns", Uid = "uid", Generation = 1 },
        Spec = new ModelVersionSpec
        {
            Model = "penguins",
            Version = "1.0.0",
            Artifact = new ModelArtifact { Uri = "pvc://models/penguins/1.0.0", Digest = Digest },
            Provenance = new ModelProvenance { TrainingJob = "train", DataSources = [new DataSourceDigest { Name = "penguins", Digest = Digest }] },
            Approvals = new ModelApprovals { Required = decisions.Length == 0 ? 0 : 1, Granted = decisions },
        },
        Status = new ModelVersionStatus { Digest = Digest, VerifiedAt = Noon, Signer = new ModelSigner { KeyId = "abc" } },
    };
}
