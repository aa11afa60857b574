using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.TrainingJobs;
using static EnterpriseAI.Operator.Tests.TrainingJobs.Training;

namespace EnterpriseAI.Operator.Tests.TrainingJobs;

public sealed class PublishDecisionTests
{
    private const string Publish = "penguins-publish";
    private const string Signed = """{"digest":"sha256:abc","keyId":"key-1","evaluation":[{"metric":"accuracy","value":0.98,"dataset":"penguins"}]}""";

    [Test]
    public void What_was_trained_is_signed_by_a_pod_that_alone_sees_the_key()
    {
        var plan = Decide(Publishing());
        var pod = plan.Apply.Single<V1Pod>();
        var network = plan.Apply.Single<V1NetworkPolicy>().Spec!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(pod.Metadata.Name, Is.EqualTo(Publish));
            Assert.That((network.Ingress, network.Egress, network.PolicyTypes!.Count), Is.EqualTo(((object?)null, (object?)null, 2)), "what holds the key reaches nobody");
            Assert.That(pod.Spec!.Containers![0].Image, Is.EqualTo("agent-image"));
            Assert.That(pod.Spec.Containers[0].Args, Is.EqualTo(new[] { "--artifact=/mnt/artifact/penguins/1.0.0", "--key=/mnt/key/cosign.key", "--name=penguins-1.0.0" }));
            Assert.That(pod.Spec.Volumes!.Single(v => v.Name == "key").Secret!.SecretName, Is.EqualTo("model-signing"));
            Assert.That(pod.Spec.Volumes!.Single(v => v.Name == "artifact").PersistentVolumeClaim!.ClaimName, Is.EqualTo("models"));
        }
    }

    [Test]
    public void A_pod_that_cannot_start_is_told_of()
    {
        var plan = Decide(Publishing(Waiting(Publish, "CreateContainerConfigError", "secret \"model-signing\" not found")));
        Assert.That(plan.Condition("Ready").Message, Is.EqualTo("the pod that signs waits: secret \"model-signing\" not found"));
        Assert.That((plan.Status.Phase, plan.Apply.Count, plan.Transitions.Count), Is.EqualTo((TrainingPhase.Publishing, 0, 0)));
    }

    [Test]
    public void A_passing_failure_is_tried_again_after_a_while()
    {
        var observation = Publishing(Ended(Publish, 2, message: """{"error":{"reason":"Io","message":"the volume is away"}}"""));
        var (before, after) = (Decide(observation, Noon.AddSeconds(5)), Decide(observation, Noon.AddSeconds(15)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((before.Delete.Count, before.RequeueAfter), Is.EqualTo((0, TimeSpan.FromSeconds(10))));
            Assert.That(before.Condition("Ready").Message, Does.Contain("the volume is away"));
            Assert.That(after.Deleted(), Is.EqualTo(new[] { Publish }));
            Assert.That(after.Status.Phase, Is.EqualTo(TrainingPhase.Publishing));
        }
    }

    [Test]
    public void A_lasting_failure_fails_the_job_in_the_agent_s_words()
    {
        var observation = Publishing(Ended(Publish, 1, message: """{"error":{"reason":"ArtifactNotFound","message":"model.onnx is missing"}}"""));
        var plan = Decide(observation);
        Assert.That((plan.Status.Phase, plan.Condition("Failed").Reason, plan.Condition("Failed").Message), Is.EqualTo((TrainingPhase.Failed, "ArtifactNotFound", "what was trained could not be signed: model.onnx is missing")));
        HappensOnce(observation, "TrainingFailed");
    }

    [TestCase(null)]
    [TestCase("no json")]
    [TestCase("""{"digest":null}""")]
    [TestCase("""{"keyId":"key-1"}""")]
    public void A_result_without_a_digest_registers_nothing(string? message)
    {
        var plan = Decide(Publishing(Ended(Publish, 0, message: message)));
        Assert.That((plan.Status.Phase, plan.Apply.Count, plan.Status.Conditions.Single(c => c.Type == "Ready").Reason), Is.EqualTo((TrainingPhase.Failed, 0, "UnreadableResult")));
    }

    [Test]
    public void What_was_signed_becomes_a_model_version_that_knows_its_origin()
    {
        var observation = Publishing(Ended(Publish, 0, message: Signed));
        var plan = Decide(observation);
        var version = (ModelVersion)plan.Apply.Single().Object;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(version.Metadata.Name, Is.EqualTo("penguins-1.0.0"));
            Assert.That(version.Metadata.OwnerReferences, Is.Null, "it outlives the job");
            Assert.That(version.Spec.Artifact, Is.EqualTo(new ModelArtifact { Uri = "pvc://models/penguins/1.0.0", Digest = "sha256:abc" }));
            Assert.That(version.Spec.Provenance!.TrainingJob, Is.EqualTo("penguins"));
            Assert.That(version.Spec.Provenance.DataSources.Single(), Is.EqualTo(new DataSourceDigest { Name = "data", Digest = Digest }));
            Assert.That(version.Spec.Signature!.PublicKey!.SecretKeyRef, Is.EqualTo(new SecretKeyReference { Name = "model-signing-pub", Key = "cosign.pub" }));
            Assert.That(version.Spec.Evaluation.Single().Value, Is.EqualTo(0.98));
            Assert.That(version.Spec.Approvals!.Required, Is.EqualTo(1));
            Assert.That((plan.Status.Phase, plan.Status.ModelVersion, plan.Status.CompletionTime), Is.EqualTo((TrainingPhase.Succeeded, "penguins-1.0.0", Noon)));
            Assert.That(plan.Transitions.Single().Details["keyId"], Is.EqualTo("key-1"));
        }
        HappensOnce(observation, "ModelVersionRegistered");
    }

    [Test]
    public void A_version_that_was_registered_before_a_crash_is_the_same_version()
    {
        var observation = Publishing(Ended(Publish, 0, message: Signed)) with { ModelVersion = Existing("sha256:abc") };
        Assert.That(Decide(observation).Status.Phase, Is.EqualTo(TrainingPhase.Succeeded));
    }

    [Test]
    public void Another_artifact_under_the_same_version_is_never_replaced()
    {
        var plan = Decide(Publishing(Ended(Publish, 0, message: Signed)) with { ModelVersion = Existing("sha256:other") });
        Assert.That((plan.Status.Phase, plan.Condition("Failed").Reason, plan.Apply.Count), Is.EqualTo((TrainingPhase.Failed, "ModelVersionExists", 0)));
        Assert.That(plan.Condition("Failed").Message, Does.Contain("penguins-1.0.0").And.Contain("sha256:other").And.Contain("spec.output.version"));
    }

    [Test]
    public void A_job_whose_output_is_removed_while_it_is_published_succeeds_and_registers_nothing()
    {
        var observation = Publishing();
        var plan = Decide(observation with { Resource = observation.Resource with { Spec = observation.Resource.Spec with { Output = null } } });
        Assert.That((plan.Status.Phase, plan.Status.CompletionTime, plan.Apply.Count), Is.EqualTo((TrainingPhase.Succeeded, Noon, 0)));
    }

    private static TrainingJobObservation Publishing(params V1Pod[] pods) => Observe(Job(Attempt() with
    {
        Phase = TrainingPhase.Publishing,
        Attempts = [new TrainingAttempt { Number = 1, StartedAt = Noon, FinishedAt = Noon, Outcome = AttemptOutcome.Succeeded }],
    }), pods);

    private static ModelVersion Existing(string digest) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1.0.0", Namespace = "ns" },
        Spec = new ModelVersionSpec { Artifact = new ModelArtifact { Digest = digest } },
    };
}
