using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

public sealed class VerificationDecisionTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly string Success = $$$"""{"digest":"{{{Digest}}}","signer":{"keyId":"abc"},"interface":{"inputs":[],"outputs":[]}}""";

    [Test]
    public void A_ready_version_says_when_it_is_verified_again_and_is_looked_at_then()
    {
        var plan = Decide(Ready(), null);
        Assert.That((plan.Status.Phase, plan.Status.NextVerificationAt, plan.RequeueAfter), Is.EqualTo((ModelVersionPhase.Ready, (DateTimeOffset?)Noon.AddHours(24), (TimeSpan?)TimeSpan.FromHours(24))));
    }

    [Test]
    public void When_the_time_has_come_another_pod_verifies_and_the_version_stays_ready_meanwhile()
    {
        var plan = Decide(Ready(), null, Noon.AddHours(24));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Ready));
            Assert.That(plan.Apply.Any(a => a.Object is V1Pod), Is.True);
            Assert.That(plan.Transitions, Is.Empty);
        }
    }

    [Test]
    public void A_large_model_is_verified_with_the_memory_that_its_version_asks_for()
    {
        var version = Version(null);
        var memory = new Dictionary<string, string> { ["memory"] = "8Gi" };
        var large = version with { Spec = version.Spec with { Verification = new VerificationSchedule { Resources = new V1ResourceRequirements { Limits = memory } } } };
        IReadOnlyDictionary<string, string>? Limits(ModelVersion v) => Decide(v, null).Apply.Select(a => a.Object).OfType<V1Pod>().Single().Spec!.Containers![0].Resources!.Limits;
        Assert.That((Limits(large)!["memory"], Limits(version)!["memory"]), Is.EqualTo(("8Gi", "1Gi")));
    }

    [Test]
    public void Each_round_has_a_pod_of_its_own_name()
    {
        var (first, second) = (InspectPod.Name(Version(null), null), InspectPod.Name(Ready(), null));
        Assert.That(second, Is.Not.EqualTo(first));
    }

    [Test]
    public void A_round_that_finds_the_same_is_no_transition_and_sets_the_time_of_the_next()
    {
        var at = Noon.AddHours(24);
        var plan = Decide(Ready(), Ended(0, Success, at), at.AddSeconds(1));
        Assert.That((plan.Status.VerifiedAt, plan.Status.NextVerificationAt, plan.Transitions.Count), Is.EqualTo(((DateTimeOffset?)at, (DateTimeOffset?)at.AddHours(24), 0)));
    }

    [TestCase("DigestMismatch")]
    [TestCase("SignatureInvalid")]
    [TestCase("IdentityMismatch")]
    public void Bytes_that_have_become_others_end_it_at_once(string reason)
    {
        var plan = Decide(Ready(), Ended(1, Error(reason), Noon.AddHours(24)), Noon.AddHours(24));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Failed));
            Assert.That(plan.Status.Conditions.Single(c => c.Type == "SignatureVerified").Reason, Is.EqualTo(reason));
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("ModelVersionRefused"));
        }
    }

    [Test]
    public void A_store_that_is_away_changes_the_condition_of_the_artifact_alone()
    {
        var plan = Decide(Ready(), Ended(2, Error("Unreachable"), Noon.AddHours(24)), Noon.AddHours(24).AddSeconds(90));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(ModelVersionPhase.Ready));
            Assert.That(plan.Status.Conditions.Single(c => c.Type == "ArtifactAvailable").Reason, Is.EqualTo("Unreachable"));
            Assert.That(plan.Delete.Count, Is.EqualTo(1), "the next try needs a pod of the same name");
        }
    }

    [Test]
    public void A_version_that_was_refused_is_looked_at_until_its_bytes_are_right_again()
    {
        var refused = Decide(Ready(), Ended(1, Error("DigestMismatch"), Noon.AddHours(24)), Noon.AddHours(24)).Status;
        var again = Decide(Ready() with { Status = refused }, null, Noon.AddHours(24).AddMinutes(2));
        Assert.That((again.Status.Phase, again.Apply.Any(a => a.Object is V1Pod)), Is.EqualTo((ModelVersionPhase.Failed, true)));
        var right = Decide(Ready() with { Status = again.Status }, Ended(0, Success, Noon.AddHours(25)), Noon.AddHours(25));
        Assert.That((right.Status.Phase, right.Transitions.Select(t => t.Action)), Is.EqualTo((ModelVersionPhase.Ready, new[] { "ModelVersionVerified", "ModelVersionReady" }.AsEnumerable())));
    }

    [Test]
    public void What_goes_on_failing_is_looked_at_ever_less_often_and_never_forgotten()
    {
        var (version, at, waits) = (Version(null), Noon, new List<int>());
        for (var round = 0; round < 8; round++)
        {
            var ended = Ended(2, Error("Unreachable"), at);
            var refused = Decide(version, ended, at);
            Assert.That((refused.Status.Phase, refused.Delete.Count), Is.EqualTo((ModelVersionPhase.Failed, 0)));
            version = version with { Status = refused.Status };
            Assert.That(Decide(version, ended, at + refused.RequeueAfter!.Value - TimeSpan.FromSeconds(1)).Delete, Is.Empty);
            at += refused.RequeueAfter!.Value;
            Assert.That(Decide(version, ended, at).Delete, Has.Count.EqualTo(1));
            waits.Add((int)refused.RequeueAfter.Value.TotalMinutes);
        }
        Assert.That(waits, Is.EqualTo(new[] { 1, 1, 2, 4, 8, 10, 10, 10 }));
    }

    [Test]
    public void Who_mends_the_spec_of_a_refused_version_need_not_wait()
    {
        var ended = Ended(1, Error("SignatureInvalid"), Noon);
        var refused = Version(null) with { Status = Decide(Version(null), ended, Noon).Status };
        Assert.That(Decide(refused, ended, Noon.AddSeconds(1)).Delete, Is.Empty);
        var mended = refused with { Metadata = refused.Metadata with { Generation = refused.Metadata.Generation + 1 } };
        Assert.That(Decide(mended, ended, Noon.AddSeconds(1)).Delete, Has.Count.EqualTo(1));
    }

    [Test]
    public void An_interval_of_zero_verifies_once()
    {
        var version = Ready();
        version = version with { Spec = version.Spec with { Verification = new VerificationSchedule { Interval = new Duration("0s") } } };
        var plan = Decide(version, null, Noon.AddYears(1));
        Assert.That((plan.Status.NextVerificationAt, plan.Apply.Count, plan.RequeueAfter), Is.EqualTo(((DateTimeOffset?)null, 0, (TimeSpan?)null)));
    }

    [Test]
    public void Only_the_last_pod_is_kept_for_its_log()
    {
        V1Pod[] former = [Former("a", 1), Former("b", 3), Former("c", 2)];
        var plan = ModelVersionDecision.Decide(new ModelVersionObservation(Ready(), null, "image") { FormerPods = former }, Noon.AddMinutes(1));
        Assert.That(plan.Delete.Select(d => d.Object.Metadata.Name), Is.EquivalentTo(new[] { "a", "c" }));
    }

    [Test]
    public void An_identity_without_any_root_is_refused_with_what_to_do() =>
        Assert.That(Decide(Keyless(), null).Status.Conditions.Single(c => c.Type == "Ready").Message, Does.Contain("spec.signature.keyless.trustedRoot"));

    [Test]
    public void An_identity_is_checked_with_a_copy_of_the_installed_root_in_the_versions_namespace()
    {
        var plan = ModelVersionDecision.Decide(new ModelVersionObservation(Keyless(), null, "image") { InstalledTrustedRoot = "{}" }, Noon);
        var (root, pod) = (plan.Apply.Select(a => a.Object).OfType<V1ConfigMap>().Single(), plan.Apply.Select(a => a.Object).OfType<V1Pod>().Single());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(root.Metadata.Namespace, Is.EqualTo("ns"));
            Assert.That(pod.Spec!.Volumes!.Single(v => v.ConfigMap is not null).ConfigMap!.Name, Is.EqualTo(root.Metadata.Name));
            Assert.That(pod.Spec.Containers![0].Args, Is.SupersetOf(new[] { "--certificate-identity=a@example.com", "--certificate-oidc-issuer=https://issuer.example", "--trusted-root=/mnt/trusted-root/trusted_root.json" }));
        }
    }

    [Test]
    public void Another_installed_root_begins_another_round_which_is_brought_to_its_end()
    {
        var version = Keyless() with { Status = Ready().Status };
        var former = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "r", Namespace = "ns" }, Data = new Dictionary<string, string> { ["trusted_root.json"] = "{}" } };
        var observation = new ModelVersionObservation(version, null, "image") { InstalledTrustedRoot = """{"new":1}""", TrustedRoot = former };
        Assert.That(ModelVersionDecision.Decide(observation, Noon.AddMinutes(1)).Apply.Any(a => a.Object is V1Pod), Is.True);

        // The copy is the new root by now, and the pod runs.
        var replaced = observation with { TrustedRoot = former with { Data = new Dictionary<string, string> { ["trusted_root.json"] = """{"new":1}""" } }, InspectPod = Ended(1, Error("IdentityMismatch"), Noon.AddMinutes(2)) };
        Assert.That(ModelVersionDecision.Decide(replaced, Noon.AddMinutes(2)).Status.Phase, Is.EqualTo(ModelVersionPhase.Failed));
    }

    [Test]
    public void Evidence_that_changed_begins_another_round_at_once_and_evidence_that_did_not_begins_none()
    {
        var first = ModelVersionDecision.Decide(new ModelVersionObservation(Version(null), Ended(0, Success, Noon), "image") { Evidence = "a" }, Noon);
        Assert.That(first.Status.Evidence, Is.EqualTo("a"));
        var verified = Version(first.Status);

        bool Begins(string? evidence) => ModelVersionDecision.Decide(new ModelVersionObservation(verified, null, "image") { Evidence = evidence }, Noon.AddMinutes(1)).Apply.Any(a => a.Object is V1Pod);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Begins("a"), Is.False);
            Assert.That(Begins("b"), Is.True);
            Assert.That(Begins(null), Is.False, "a label that was taken away says nothing");
            Assert.That(InspectPod.Name(verified, "b"), Is.Not.EqualTo(InspectPod.Name(verified, "a")), "the pod of the state before tells nothing of this one");
        }
    }

    private static ModelVersionPlan Decide(ModelVersion version, V1Pod? pod, DateTimeOffset? now = null) => ModelVersionDecision.Decide(new ModelVersionObservation(version, pod, "image"), now ?? Noon);

    private static string Error(string reason) => $$$"""{"error":{"reason":"{{{reason}}}","message":"what is wrong"}}""";

    private static ModelVersion Ready() => Version(Decide(Version(null), Ended(0, Success, Noon)).Status);

    private static ModelVersion Keyless()
    {
        var version = Version(null);
        return version with { Spec = version.Spec with { Signature = new SignatureRequirement { Keyless = new KeylessIdentity { Identity = "a@example.com", Issuer = "https://issuer.example" } } } };
    }

    private static V1Pod Former(string name, int hour) => new() { Metadata = new V1ObjectMeta { Name = name, Namespace = "ns", Uid = name, CreationTimestamp = Noon.AddHours(hour) } };

    private static V1Pod Ended(int code, string message, DateTimeOffset at) => new()
    {
        Metadata = new V1ObjectMeta { Name = "verify", Namespace = "ns", Uid = "pod" },
        Status = new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { State = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = code, Message = message, FinishedAt = at } } }] },
    };

    private static ModelVersion Version(ModelVersionStatus? status) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1.0.0", Namespace = "ns", Uid = "uid", Generation = 1 },
        Spec = new ModelVersionSpec
        {
            Model = "penguins",
            Version = "1.0.0",
            Artifact = new ModelArtifact { Uri = "pvc://models/penguins/1.0.0", Digest = Digest },
            Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = "key", Key = "cosign.pub" } } },
            Approvals = new ModelApprovals { Required = 0 },
        },
        Status = status,
    };
}
