using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Admission;

namespace EnterpriseAI.Operator.Tests.Admission;

public sealed class ApprovalDecisionTests
{
    private const string Registrar = "system:serviceaccount:enterpriseai-system:enterpriseai-operator";
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, 500, TimeSpan.Zero);

    [Test]
    public void The_user_of_the_request_and_its_time_are_stamped()
    {
        var response = Update("alice", Version("carol"), Version("carol", new Approval { Comment = "looks good" }));
        Assert.That(response.Allowed, response.Status?.Message);
        Assert.That(Encoding.UTF8.GetString(response.Patch!), Does.Contain("\"by\":\"alice\"").And.Contain("\"at\":\"2026-11-21T12:00:00Z\"").And.Contain("looks good"));
    }

    [Test]
    public void Nobody_approves_in_another_name() =>
        Refused(Update("alice", Version("carol"), Version("carol", new Approval { By = "bob" })), "bob");

    [Test]
    public void The_creator_cannot_approve() =>
        Refused(Update("carol", Version("carol"), Version("carol", new Approval())), "created");

    [Test]
    public void Without_the_verb_approve_there_is_no_approval() =>
        Refused(Update("alice", Version("carol"), Version("carol", new Approval()), mayApprove: false), "approve");

    [Test]
    public void Nobody_approves_twice() =>
        Refused(Update("alice", Version("carol", Given("alice")), Version("carol", Given("alice"), new Approval())), "already");

    [Test]
    public void A_rejection_is_stamped_like_an_approval_and_keeps_what_was_before()
    {
        var response = Update("alice", Version("carol", Given("bob")), Version("carol", new Approval { Decision = ApproverDecision.Reject, Comment = "biased" }));
        Assert.That(response.Allowed, response.Status?.Message);
        Assert.That(Encoding.UTF8.GetString(response.Patch!), Does.Contain("\"by\":\"bob\"").And.Contain("\"by\":\"alice\"").And.Contain("\"decision\":\"Reject\""));
    }

    [TestCase(ApproverDecision.Reject)]
    [TestCase(ApproverDecision.Withdraw)]
    public void Rejecting_and_withdrawing_need_the_verb_approve_too(ApproverDecision decision) =>
        Refused(Update("alice", Version("carol", Given("alice")), Version("carol", Given("alice"), new Approval { Decision = decision }), mayApprove: false), "approve");

    [Test]
    public void Only_a_decision_that_was_made_can_be_withdrawn()
    {
        Refused(Update("alice", Version("carol"), Version("carol", new Approval { Decision = ApproverDecision.Withdraw })), "withdrawn");
        Assert.That(Update("alice", Version("carol", Given("alice")), Version("carol", Given("alice"), new Approval { Decision = ApproverDecision.Withdraw })).Allowed, Is.True);
    }

    [Test]
    public void Who_withdrew_may_approve_again()
    {
        var withdrawn = Given("alice") with { Decision = ApproverDecision.Withdraw };
        Assert.That(Update("alice", Version("carol", Given("alice"), withdrawn), Version("carol", Given("alice"), withdrawn, new Approval())).Allowed, Is.True);
    }

    [Test]
    public void An_approval_that_ends_some_day_may_be_given_again()
    {
        var before = Version("carol", Given("alice"));
        before = before with { Spec = before.Spec with { Approvals = before.Spec.Approvals! with { ValidFor = new Duration("30d") } } };
        var after = before with { Spec = before.Spec with { Approvals = before.Spec.Approvals! with { Granted = [Given("alice"), new Approval()] } } };
        Assert.That(Update("alice", before, after).Allowed, Is.True);
    }

    [Test]
    public void Making_approvals_hold_longer_needs_the_verb_approve()
    {
        var before = Version("carol");
        var after = before with { Spec = before.Spec with { Approvals = new ModelApprovals { ValidFor = new Duration("100y") } } };
        Refused(Update("carol", before, after, mayApprove: false), "validFor");
    }

    [Test]
    public void An_approval_that_a_merge_patch_left_out_is_kept()
    {
        var response = Update("bob", Version("carol", Given("alice")), Version("carol", new Approval { Comment = "me too" }));
        Assert.That(Encoding.UTF8.GetString(response.Patch!), Does.Contain("\"by\":\"alice\"").And.Contain("\"by\":\"bob\""));
    }

    [Test]
    public void Removing_an_approval_puts_it_back() =>
        Assert.That(Encoding.UTF8.GetString(Update("alice", Version("carol", Given("alice")), Version("carol"), mayApprove: false).Patch!), Does.Contain("\"by\":\"alice\""));

    [Test]
    public void Lowering_the_number_of_required_approvals_needs_the_verb_approve()
    {
        var lowered = Version("carol") with { Spec = Version("carol").Spec with { Approvals = new ModelApprovals { Required = 0 } } };
        Refused(Update("mallory", Version("carol"), lowered, mayApprove: false), "spec.approvals.required");
    }

    [Test]
    public void Nothing_is_approved_at_creation() =>
        Refused(ApprovalDecision.Decide(new AdmissionRequest<ModelVersion> { Operation = "CREATE", UserInfo = new AdmissionUser { Username = "carol" }, Object = Version(null, new Approval()) }, Registrar, true, Noon), "empty at creation");

    [Test]
    public void The_creator_is_stamped_and_cannot_be_changed()
    {
        var created = ApprovalDecision.Decide(new AdmissionRequest<ModelVersion> { Operation = "CREATE", UserInfo = new AdmissionUser { Username = "carol" }, Object = Version(null) }, Registrar, false, Noon);
        Assert.That(Encoding.UTF8.GetString(created.Patch!), Does.Contain("carol"));
        Assert.That(Encoding.UTF8.GetString(Update("mallory", Version("carol"), Version("nobody"), mayApprove: false).Patch!), Does.Contain("carol"));
    }

    [Test]
    public void What_the_operator_registers_bears_the_creator_of_the_training_job_and_nobody_else_may_name_another()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(CreatorOf(Registrar, "bob"), Is.EqualTo("bob"));
            Assert.That(CreatorOf(Registrar, null), Is.EqualTo(Registrar));
            Assert.That(CreatorOf("mallory", "bob"), Is.EqualTo("mallory"));
        }

        static string? CreatorOf(string user, string? written)
        {
            var patch = ApprovalDecision.Decide(new AdmissionRequest<ModelVersion> { Operation = "CREATE", UserInfo = new AdmissionUser { Username = user }, Object = Version(written) }, Registrar, false, Noon).Patch;
            return patch is null ? written : (string?)JsonNode.Parse(patch)!.AsArray()[^1]!["value"];
        }
    }

    [Test]
    public void A_training_jobs_creator_is_stamped_and_stays()
    {
        var job = new TrainingJob { Metadata = new V1ObjectMeta { Name = "j", Namespace = "ns" } };
        var stamped = job with { Metadata = job.Metadata with { Annotations = new Dictionary<string, string> { [CreatorStamp.Annotation] = "bob" } } };
        var created = CreatorStamp.Decide(new AdmissionRequest<TrainingJob> { Operation = "CREATE", UserInfo = new AdmissionUser { Username = "bob" }, Object = job });
        var removed = CreatorStamp.Decide(new AdmissionRequest<TrainingJob> { Operation = "UPDATE", UserInfo = new AdmissionUser { Username = "mallory" }, Object = job, OldObject = stamped });
        var untouched = CreatorStamp.Decide(new AdmissionRequest<TrainingJob> { Operation = "UPDATE", UserInfo = new AdmissionUser { Username = "mallory" }, Object = stamped, OldObject = stamped });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Encoding.UTF8.GetString(created.Patch!), Does.Contain("bob"));
            Assert.That(Encoding.UTF8.GetString(removed.Patch!), Does.Contain("bob"));
            Assert.That(untouched.Patch, Is.Null);
        }
    }

    private static Approval Given(string by) => new() { By = by, At = Noon };

    private static ModelVersion Version(string? creator, params Approval[] granted) => new()
    {
        Metadata = new V1ObjectMeta { Name = "m-1", Namespace = "ns", Annotations = creator is null ? null : new Dictionary<string, string> { [CreatorStamp.Annotation] = creator } },
        Spec = new ModelVersionSpec { Model = "m", Version = "1.0.0", Approvals = new ModelApprovals { Required = 2, Granted = granted } },
    };

    private static AdmissionResponse Update(string user, ModelVersion before, ModelVersion after, bool mayApprove = true) => ApprovalDecision.Decide(
        new AdmissionRequest<ModelVersion> { Operation = "UPDATE", Namespace = "ns", UserInfo = new AdmissionUser { Username = user }, OldObject = before, Object = after }, Registrar, mayApprove, Noon);

    private static void Refused(AdmissionResponse response, string because)
    {
        Assert.That(response.Allowed, Is.False);
        Assert.That(response.Status?.Message, Does.Contain(because));
    }
}
