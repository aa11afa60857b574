using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

public sealed class RetentionTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void An_archived_version_is_deleted_when_its_time_is_over_and_the_log_is_told()
    {
        var archived = Archived(ttl: 3600);
        var before = Decide(archived, Noon.AddSeconds(3599));
        var after = Decide(archived, Noon.AddSeconds(3600));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(before.Delete, Is.Empty);
            Assert.That(before.RequeueAfter, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(after.Delete, Has.Count.EqualTo(1));
            Assert.That(after.Transitions.Single().Action, Is.EqualTo("ModelVersionExpired"));
            Assert.That(after.Transitions.Single().Message, Does.Contain(Digest));
            Assert.That(after.Delete.Single(), Is.EqualTo(ObjectDeletion.Unchanged(ApiResources.ModelVersions, archived)), "who takes it out of the archive meanwhile keeps it");
            Assert.That(after.RequeueAfter, Is.EqualTo(TimeSpan.FromSeconds(1)), "its status may have been written in the same round");
        }
    }

    [Test]
    public void Time_counts_from_when_it_was_seen_archived_and_begins_anew_when_it_comes_back()
    {
        var version = Archived(ttl: 60) with { Status = new ModelVersionStatus { Digest = Digest, VerifiedAt = Noon } };
        var seen = Decide(version, Noon.AddHours(5));
        var back = Decide(Archived(ttl: 60) is var a ? a with { Spec = a.Spec with { Stage = ModelStage.Production } } : version, Noon.AddHours(5));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen.Status.ArchivedAt, Is.EqualTo(Noon.AddHours(5)));
            Assert.That(seen.Delete, Is.Empty);
            Assert.That(back.Status.ArchivedAt, Is.Null);
            Assert.That(back.Delete, Is.Empty);
        }
    }

    [Test]
    public void Archived_a_second_time_its_end_is_another_entry()
    {
        string End(DateTimeOffset since) => Decide(Archived(ttl: 60) is var a ? a with { Status = a.Status! with { ArchivedAt = since } } : null!, Noon.AddDays(2)).Transitions.Single().Occurrence;
        Assert.That(End(Noon), Is.Not.EqualTo(End(Noon.AddDays(1))));
    }

    [TestCase(null)]
    [TestCase(long.MaxValue)]
    public void Without_an_end_it_is_kept(long? ttl) => Assert.That(Decide(Archived(ttl), Noon.AddHours(20)).Delete, Is.Empty);

    [Test]
    public void A_version_that_a_service_uses_stays_until_it_does_not()
    {
        var plan = ModelVersionDecision.Decide(new ModelVersionObservation(Archived(ttl: 60), null, "image") { UsedBy = ["penguins"] }, Noon.AddHours(2));
        Assert.That((plan.Delete.Count, plan.RequeueAfter), Is.EqualTo((0, (TimeSpan?)Retention.LookAgain)));
    }

    [Test]
    public void A_version_that_is_past_its_time_and_does_not_verify_any_more_goes_too()
    {
        var version = Archived(ttl: 60) is var a ? a with { Spec = a.Spec with { Gates = [new EvaluationGate { Metric = "accuracy", Minimum = 0.9 }] } } : null!;
        var plan = Decide(version, Noon.AddHours(2));
        Assert.That((plan.Status.Phase, plan.Delete.Count), Is.EqualTo((ModelVersionPhase.Failed, 1)));
    }

    [Test]
    public void A_revoked_version_is_kept_for_the_record()
    {
        var version = Archived(ttl: 60) is var a ? a with { Spec = a.Spec with { Revoked = true } } : null!;
        Assert.That(Decide(version, Noon.AddHours(2)).Delete, Is.Empty);
    }

    [Test]
    public void What_wants_it_serves_it_or_still_has_its_pods_uses_it_and_what_could_go_back_to_it_does_not()
    {
        InferenceService[] services =
        [
            Service("a-wants", new InferenceServiceStatus()) with { Spec = new InferenceServiceSpec { ModelVersion = "penguins-1.0.0" } },
            Service("b-serves", new InferenceServiceStatus { Stable = new StableRevision { ModelVersion = "penguins-1.0.0" } }),
            Service("c-drains", new InferenceServiceStatus { Revoked = new RevokedRevision { ModelVersion = "penguins-1.0.0" } }),
            Service("d-served", new InferenceServiceStatus { History = [new FormerRevision { ModelVersion = "penguins-1.0.0" }] }),
            Service("e-new", null),
        ];
        Assert.That(Retention.UsersOf(Archived(60), services), Is.EqualTo(new[] { "a-wants", "b-serves", "c-drains" }));
    }

    private static InferenceService Service(string name, InferenceServiceStatus? status) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = "ns" },
        Spec = new InferenceServiceSpec { ModelVersion = "another" },
        Status = status,
    };

    private static ModelVersionPlan Decide(ModelVersion version, DateTimeOffset now) => ModelVersionDecision.Decide(new ModelVersionObservation(version, null, "image"), now);

    private static ModelVersion Archived(long? ttl) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1.0.0", Namespace = "ns", Uid = "uid", Generation = 1 },
        Spec = new ModelVersionSpec
        {
            Model = "penguins",
            Version = "1.0.0",
            Artifact = new ModelArtifact { Uri = "pvc://models/penguins/1.0.0", Digest = Digest },
            Verification = new VerificationSchedule { Interval = new Duration("0s") },
            Stage = ModelStage.Archived,
            TtlSecondsAfterArchived = ttl,
        },
        Status = new ModelVersionStatus
        {
            ObservedGeneration = 1,
            Digest = Digest,
            VerifiedAt = Noon,
            ArchivedAt = Noon,
            Stage = ModelStage.Archived,
            Phase = ModelVersionPhase.Archived,
            Conditions = [new V1Condition { Type = "GatesPassed", Status = "True", Reason = "NoGates", Message = "0 of 0 gates passed" }],
        },
    };
}
