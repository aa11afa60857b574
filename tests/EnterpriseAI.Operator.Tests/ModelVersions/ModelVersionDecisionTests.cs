using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

public sealed class ModelVersionDecisionTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_new_version_gets_a_pod_that_verifies_it()
    {
        var plan = Decide(Version(), null);
        Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Verifying));
        var pod = plan.Apply.Single<V1Pod>();
        var network = plan.Apply.Single<V1NetworkPolicy>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(pod.Spec!.Containers![0].Args, Is.SupersetOf(new[] { "--model=/mnt/model/penguins/1.0.0", $"--digest={Digest}", "--public-key=/mnt/key/cosign.pub" }));
            Assert.That(pod.Spec.AutomountServiceAccountToken, Is.False);
            Assert.That((network.Spec!.PolicyTypes!.Count, network.Spec.Ingress, network.Spec.Egress), Is.EqualTo((2, (object?)null, (object?)null)), "an artifact that is not trusted yet may reach nobody");
            Assert.That(pod.Metadata.Labels, Is.SupersetOf(network.Spec.PodSelector!.MatchLabels!));
            Assert.That(pod.Spec.Containers[0].SecurityContext!.ReadOnlyRootFilesystem, Is.True);
            Assert.That(pod.Spec.Volumes!.First(v => v.Name == "model").PersistentVolumeClaim!.ReadOnly, Is.True);
        }
    }

    [Test]
    public void A_verified_version_waits_for_its_approval_and_says_how_to_give_it()
    {
        var plan = Decide(Version(), Ended(0, $$$"""{"digest":"{{{Digest}}}","signer":{"keyId":"abc"},"interface":{"inputs":[],"outputs":[]}}"""));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.AwaitingApproval));
            Assert.That(plan.Status.Signer!.KeyId, Is.EqualTo("abc"));
            Assert.That(Condition(plan, "SignatureVerified").Status, Is.EqualTo("True"));
            Assert.That(Condition(plan, "Ready").Message, Does.Contain("kubectl enterpriseai model approve"));
            Assert.That(plan.Transitions.Select(t => t.Action), Is.EqualTo(new[] { "ModelVersionVerified", "ModelVersionGatesPassed" }));
        }
    }

    [Test]
    public void An_approved_version_is_ready_and_the_approver_is_the_actor()
    {
        var plan = Decide(Version(verified: true, approvals: [new Approval { By = "alice", At = Noon }]), null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Ready));
            Assert.That(plan.Transitions.Single(t => t.Action == "ModelVersionApproved").Actor, Is.EqualTo("alice"));
        }
    }

    [Test]
    public void An_unstamped_approval_counts_for_nothing() =>
        Assert.That(Decide(Version(verified: true, approvals: [new Approval { Comment = "forged" }]), null).Status.Phase, Is.EqualTo(ModelVersionPhase.AwaitingApproval));

    [Test]
    public void One_person_counts_once() =>
        Assert.That(Decide(Version(verified: true, required: 2, approvals: [new Approval { By = "alice", At = Noon }, new Approval { By = "alice", At = Noon }]), null).Status.Phase, Is.EqualTo(ModelVersionPhase.AwaitingApproval));

    [TestCase("DigestMismatch", "SignatureVerified")]
    [TestCase("WrongKey", "SignatureVerified")]
    [TestCase("NotOnnx", "ArtifactAvailable")]
    [TestCase("ArtifactNotFound", "ArtifactAvailable")]
    public void A_refused_artifact_says_why_in_the_condition_it_breaks(string reason, string condition)
    {
        var plan = Decide(Version(), Ended(1, $$$$"""{"error":{"reason":"{{{{reason}}}}","message":"model.onnx is not what it should be"}}"""));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Failed));
            Assert.That((Condition(plan, condition).Status, Condition(plan, condition).Reason), Is.EqualTo(("False", reason)));
            Assert.That(Condition(plan, "Ready").Message, Does.Contain("model.onnx"));
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("ModelVersionRefused"));
        }
    }

    [Test]
    public void A_failed_gate_names_the_figure_and_the_limit()
    {
        var plan = Decide(Version(verified: true, accuracy: 0.5), null);
        Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Failed));
        Assert.That(Condition(plan, "GatesPassed").Message, Is.EqualTo("accuracy is 0.5, below the minimum 0.9"));
    }

    [TestCase(double.NaN)]
    [TestCase(null)]
    public void A_missing_figure_and_NaN_never_pass_a_gate(double? accuracy) =>
        Assert.That(Decide(Version(verified: true, accuracy: accuracy), null).Status.Phase, Is.EqualTo(ModelVersionPhase.Failed));

    [Test]
    public void A_revoked_version_is_not_ready_whatever_else_holds()
    {
        var version = Version(verified: true, approvals: [new Approval { By = "alice", At = Noon }]);
        var plan = Decide(version with { Spec = version.Spec with { Revoked = true, RevokedReason = "leaks" } }, null);
        Assert.That((plan.Status.Phase, Condition(plan, "Ready").Reason), Is.EqualTo((ModelVersionPhase.Revoked, "Revoked")));
    }

    [Test]
    public void A_revocation_holds_whatever_else_is_wrong_with_the_spec()
    {
        var version = Version();
        var plan = Decide(version with { Spec = version.Spec with { Revoked = true, Artifact = version.Spec.Artifact with { Uri = "oci://registry.invalid/model:tag" } } }, null);
        Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Revoked));
    }

    [TestCase(true, "ModelVersionRevoked")]
    [TestCase(false, "ModelVersionReady")]
    public void The_same_state_at_a_later_generation_is_recorded_again(bool revoked, string action)
    {
        // Between the two, another operator may have recorded the opposite and been killed before it wrote the status.
        var version = Version(verified: true, approvals: [new Approval { By = "alice", At = Noon }]);
        version = version with { Spec = version.Spec with { Revoked = revoked } };
        var first = Decide(version, null);
        var later = version with { Status = first.Status, Metadata = version.Metadata with { Generation = 3 } };
        var second = Decide(later, null);
        Assert.That(second.Transitions.Single().Action, Is.EqualTo(action));
        Assert.That(second.Transitions[0].Occurrence, Is.Not.EqualTo(first.Transitions.Single(t => t.Action == action).Occurrence), "the log would take it for the first entry");
        Assert.That(Decide(later with { Status = second.Status }, null).Transitions, Is.Empty);
    }

    [Test]
    public void Deciding_again_on_its_own_status_changes_nothing()
    {
        var version = Version(verified: true, approvals: [new Approval { By = "alice", At = Noon }]);
        var first = Decide(version, null);
        var second = Decide(version with { Status = first.Status }, null, Noon.AddHours(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(System.Text.Json.JsonSerializer.Serialize(second.Status, ApiJsonContext.Default.ModelVersionStatus), Is.EqualTo(System.Text.Json.JsonSerializer.Serialize(first.Status, ApiJsonContext.Default.ModelVersionStatus)));
            Assert.That(second.Transitions, Is.Empty);
        }
    }

    private static V1Condition Condition(ModelVersionPlan plan, string type) => plan.Status.Conditions.First(c => c.Type == type);

    private static ModelVersionPlan Decide(ModelVersion version, V1Pod? pod, DateTimeOffset? now = null) =>
        ModelVersionDecision.Decide(new ModelVersionObservation(version, pod, "image"), now ?? Noon);

    private static V1Pod Ended(int code, string message) => new()
    {
        Metadata = new V1ObjectMeta { Name = "verify", Namespace = "ns", Uid = "pod" },
        Status = new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { State = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = code, Message = message, FinishedAt = Noon } } }] },
    };

    private static ModelVersion Version(bool verified = false, int required = 1, Approval[]? approvals = null, double? accuracy = 0.95) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1.0.0", Namespace = "ns", Uid = "uid", Generation = 1 },
        Spec = new ModelVersionSpec
        {
            Model = "penguins",
            Version = "1.0.0",
            Artifact = new ModelArtifact { Uri = "pvc://models/penguins/1.0.0", Digest = Digest },
            Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = "key", Key = "cosign.pub" } } },
            Evaluation = accuracy is { } value ? [new EvaluationResult { Metric = "accuracy", Value = value }] : [],
            Gates = [new EvaluationGate { Metric = "accuracy", Minimum = 0.9 }],
            Approvals = new ModelApprovals { Required = required, Granted = approvals ?? [] },
        },
        Status = verified ? new ModelVersionStatus { Digest = Digest, VerifiedAt = Noon } : null,
    };
}
