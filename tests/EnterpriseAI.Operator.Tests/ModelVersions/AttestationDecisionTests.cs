using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.Tests.ModelVersions;

/// <summary>What attestations do to a version: each row is what the pod told of them.</summary>
public sealed class AttestationDecisionTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Built = """{"name":"build","verified":true,"message":"built by ci","builderId":"ci","source":"https://git.example/m","logIndex":7}""";
    private const string Scanned = """{"name":"scan","verified":true,"message":"0 vulnerabilities found","keyId":"abc"}""";
    private const string Outdated = """{"name":"scan","verified":false,"step":"ScanAge","message":"scan again"}""";
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_version_that_asks_for_none_says_so_and_is_ready()
    {
        var plan = Decide(Version(null) with { Spec = Version(null).Spec with { Attestations = [] } }, Ended(null));
        Assert.That((plan.Status.Phase, Condition(plan).Status, Condition(plan).Reason), Is.EqualTo((ModelVersionPhase.Ready, "Unknown", "NoAttestations")));
    }

    [Test]
    public void Attestations_that_hold_stand_in_the_status_with_who_vouches_for_them()
    {
        var plan = Decide(Version(null), Ended($"[{Built},{Scanned}]"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, Condition(plan).Status, Condition(plan).Reason), Is.EqualTo((ModelVersionPhase.Ready, "True", "AttestationsVerified")));
            Assert.That(plan.Status.Attestations, Is.EqualTo(new[]
            {
                new VerifiedAttestation
                {
                    Name = "build", Type = AttestationType.SlsaProvenance, Verified = true, Message = "built by ci", BuilderId = "ci", Source = "https://git.example/m",
                    Signer = new ModelSigner { Identity = "ci@example.com", Issuer = "https://issuer.example", LogIndex = 7 },
                },
                new VerifiedAttestation { Name = "scan", Type = AttestationType.Vulnerabilities, Verified = true, Message = "0 vulnerabilities found", Signer = new ModelSigner { KeyId = "abc" } },
            }));
            Assert.That(plan.Transitions.Select(t => t.Action), Does.Contain("ModelVersionAttestationsVerified"));
            Assert.That(plan.Status.NextVerificationAt, Is.EqualTo(Noon.AddHours(24)));
        }
    }

    // An outcome that is missing, told twice or of another name does not hold.
    [TestCase($"[{Built},{Outdated}]", "ScanAge", "scan (Vulnerabilities, ScanAge): scan again")]
    [TestCase($"[{Built}]", "NotVerified", "scan (Vulnerabilities, NotVerified)")]
    [TestCase($"[{Built},{Scanned},{Scanned}]", "NotVerified", "scan (Vulnerabilities, NotVerified)")]
    [TestCase("""[{"name":"build","verified":true},{"name":"Scan","verified":true}]""", "NotVerified", "scan (Vulnerabilities, NotVerified)")]
    [TestCase("""[{"name":"build"},{"name":"scan","verified":true}]""", "NotVerified", "build (SlsaProvenance, NotVerified)")]
    [TestCase("[]", "NotVerified", "build (SlsaProvenance, NotVerified)")]
    [TestCase(null, "NotVerified", "build (SlsaProvenance, NotVerified)")]
    public void A_version_whose_attestations_do_not_all_hold_is_not_ready(string? told, string reason, string message)
    {
        var plan = Decide(Version(null), Ended(told));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, Condition(plan).Status, Condition(plan).Reason), Is.EqualTo((ModelVersionPhase.Failed, "False", reason)));
            Assert.That(Condition(plan).Message, Does.Contain(message));
            var ready = plan.Status.Conditions.Single(c => c.Type == "Ready");
            Assert.That((ready.Status, ready.Reason, ready.Message), Is.EqualTo(("False", "AttestationRefused", Condition(plan).Message)));
            Assert.That(plan.Transitions.Single(t => t.Action == "ModelVersionAttestationRefused").IsWarning, Is.True);
            Assert.That(plan.Status.Conditions.Single(c => c.Type == "SignatureVerified").Status, Is.EqualTo("True"), "the artifact itself is as signed");
        }
    }

    [Test]
    public void A_refused_attestation_is_looked_at_again_a_minute_later_and_recorded_once()
    {
        var refused = Decide(Version(null), Ended($"[{Built},{Outdated}]"));
        Assert.That((refused.Status.NextVerificationAt, refused.RequeueAfter), Is.EqualTo(((DateTimeOffset?)Noon.AddMinutes(1), (TimeSpan?)TimeSpan.FromMinutes(1))));

        var early = Decide(Version(refused.Status), null, Noon.AddSeconds(59));
        Assert.That((early.Apply.Count, early.Status.Phase, early.Transitions.Count), Is.EqualTo((0, ModelVersionPhase.Failed, 0)));

        var due = Decide(Version(early.Status), null, Noon.AddMinutes(1));
        Assert.That((due.Apply.Any(a => a.Object is V1Pod), due.Status.Phase, due.Transitions.Count), Is.EqualTo((true, ModelVersionPhase.Failed, 0)), "it stays refused while it is looked at");

        var same = Decide(Version(due.Status), Ended($"[{Built},{Outdated}]", Noon.AddMinutes(2)), Noon.AddMinutes(2));
        Assert.That((same.Status.VerifiedAt, same.Transitions.Select(t => t.Action)), Is.EqualTo(((DateTimeOffset?)Noon.AddMinutes(2), Array.Empty<string>().AsEnumerable())), "the same finding is no news");

        var cured = Decide(Version(same.Status), Ended($"[{Built},{Scanned}]", Noon.AddMinutes(3)), Noon.AddMinutes(3));
        Assert.That((cured.Status.Phase, cured.Transitions.Select(t => t.Action)), Is.EqualTo((ModelVersionPhase.Ready, new[] { "ModelVersionAttestationsVerified", "ModelVersionReady" }.AsEnumerable())));
        Assert.That(cured.Status.NextVerificationAt, Is.EqualTo(Noon.AddMinutes(3).AddHours(24)));
    }

    [Test]
    public void A_spec_that_is_mended_is_looked_at_at_once()
    {
        var refused = Version(Decide(Version(null), Ended($"[{Built},{Outdated}]")).Status);
        bool Begins(ModelVersion version) => Decide(version, null, Noon.AddSeconds(1)).Apply.Any(a => a.Object is V1Pod);
        var mended = refused with { Metadata = refused.Metadata with { Generation = (refused.Metadata.Generation ?? 0) + 1 } };
        Assert.That((Begins(refused), Begins(mended)), Is.EqualTo((false, true)));
    }

    [Test]
    public void Another_reason_of_refusal_is_recorded_too()
    {
        var refused = Decide(Version(null), Ended($"[{Built},{Outdated}]"));
        var otherwise = Decide(Version(refused.Status), Ended($"[{Built},{Outdated.Replace("ScanAge", "BundleMissing")}]", Noon.AddMinutes(1)), Noon.AddMinutes(1));
        Assert.That(otherwise.Transitions.Select(t => t.Action), Is.EqualTo(new[] { "ModelVersionAttestationRefused" }));
    }

    [Test]
    public void A_scan_that_has_grown_old_ends_a_ready_version_in_the_next_round()
    {
        var ready = Decide(Version(null), Ended($"[{Built},{Scanned}]"));
        var later = Decide(Version(ready.Status), Ended($"[{Built},{Outdated}]", Noon.AddHours(24)), Noon.AddHours(24));
        Assert.That((later.Status.Phase, later.Transitions.Select(t => t.Action)), Is.EqualTo((ModelVersionPhase.Failed, new[] { "ModelVersionAttestationRefused" }.AsEnumerable())));
    }

    [Test]
    public void A_refused_attestation_is_looked_at_again_though_the_interval_is_zero()
    {
        var version = Version(null);
        version = version with { Spec = version.Spec with { Verification = new VerificationSchedule { Interval = new Duration("0s") } } };
        Assert.That(Decide(version, Ended("[]")).Status.NextVerificationAt, Is.EqualTo(Noon.AddMinutes(1)));
    }

    [Test]
    public void Bytes_that_have_become_others_take_what_was_attested_of_them_along()
    {
        var ready = Decide(Version(null), Ended($"[{Built},{Scanned}]"));
        var forged = Decide(Version(ready.Status), Failed("DigestMismatch"), Noon.AddHours(24));
        Assert.That((forged.Status.Phase, Condition(forged).Status, forged.Status.Attestations.Count), Is.EqualTo((ModelVersionPhase.Failed, "Unknown", 0)));
    }

    [Test]
    public void A_store_that_is_away_leaves_a_ready_version_ready()
    {
        var ready = Decide(Version(null), Ended($"[{Built},{Scanned}]"));
        var away = Decide(Version(ready.Status), Failed("Unreachable"), Noon.AddHours(24));
        Assert.That((away.Status.Phase, Condition(away).Status, away.Transitions.Count), Is.EqualTo((ModelVersionPhase.Ready, "True", 0)));
    }

    [TestCase("ci@example.com", null, "distrusts the signer ci@example.com")]
    [TestCase(null, "abc", "distrusts the key abc")]
    public void A_version_rests_on_whoever_attests_something_of_it(string? identity, string? key, string message)
    {
        var ready = Decide(Version(null), Ended($"[{Built},{Scanned}]", signer: """{"keyId":"other"}"""));
        var distrust = new PolicyDistrust("security", "policy-uid", 1, new Distrust { Identity = identity, KeyId = key, Reason = "stolen" });
        var plan = ModelVersionDecision.Decide(new ModelVersionObservation(Version(ready.Status), null, "image") { Distrusted = [distrust] }, Noon.AddMinutes(1));
        Assert.That((plan.Status.Phase, plan.Status.Conditions.Single(c => c.Type == "Ready").Message), Is.EqualTo((ModelVersionPhase.Revoked, $"policy security {message}: stolen")));
    }

    [Test]
    public void The_pod_that_verifies_gets_what_it_has_to_check()
    {
        var pod = Decide(Version(null), null).Apply.Single<V1Pod>().Spec!;
        Assert.That(pod.Containers![0].Args!.Count(a => a.StartsWith("--attestation=", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(pod.Volumes!.Select(v => v.Name), Does.Contain(pod.Containers[0].VolumeMounts!.Single(m => m.MountPath == "/mnt/attestations").Name));
    }

    [Test]
    public void Where_the_signature_is_logged_stands_in_the_status()
    {
        var plan = Decide(Version(null), Ended($"[{Built},{Scanned}]", signer: """{"keyId":"abc","identity":"a@example.com","issuer":"https://issuer.example","logIndex":42}"""));
        Assert.That(plan.Status.Signer!.LogIndex, Is.EqualTo(42));
    }

    [Test]
    public void What_the_graph_brings_along_stands_in_the_status()
    {
        var graph = Decide(Version(null), Ended($"[{Built},{Scanned}]")).Status.Graph!;
        Assert.That(graph.CustomOperators, Is.EqualTo(new[] { "com.example::Fast" }));
        Assert.That(graph.LargeConstants, Is.EqualTo(new[] { new LargeConstant { Operator = "ConstantOfShape", Output = "mask", Bytes = 268435456 } }));
    }

    [Test]
    public void An_identity_of_an_attestation_needs_a_root_as_that_of_the_artifact_does()
    {
        var version = Version(null);
        ModelAttestation[] attestations = [version.Spec.Attestations[1], version.Spec.Attestations[0] with { Signature = new SignatureRequirement { Keyless = new KeylessIdentity { Identity = "a", Issuer = "https://b" } } }];
        version = version with { Spec = version.Spec with { Attestations = attestations } };
        Assert.That(Decide(version, null).Status.Conditions.Single(c => c.Type == "Ready").Message, Does.Contain("spec.attestations[1].signature.keyless.trustedRoot"));

        var plan = ModelVersionDecision.Decide(new ModelVersionObservation(version, null, "image") { InstalledTrustedRoot = "{}" }, Noon);
        var root = plan.Apply.Single<V1ConfigMap>();
        var mounted = plan.Apply.Single<V1Pod>().Spec!.Volumes!.Single(v => v.Projected is not null).Projected!.Sources!.Select(s => s.ConfigMap?.Name);
        Assert.That(mounted, Does.Contain(root.Metadata.Name));
    }

    internal static ModelVersion Version(ModelVersionStatus? status) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins-1.0.0", Namespace = "ns", Uid = "uid", Generation = 1 },
        Spec = new ModelVersionSpec
        {
            Model = "penguins",
            Version = "1.0.0",
            Artifact = new ModelArtifact { Uri = "pvc://models/penguins/1.0.0", Digest = Digest },
            Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = "key", Key = "k" } } },
            Attestations =
            [
                new ModelAttestation
                {
                    Name = "build",
                    Type = AttestationType.SlsaProvenance,
                    Bundle = Key("provenance.json"),
                    Signature = new SignatureRequirement
                    {
                        Keyless = new KeylessIdentity { Identity = "ci@example.com", Issuer = "https://issuer.example", TrustedRoot = new TrustedRootSource { ConfigMapKeyRef = new ConfigMapKeyReference { Name = "sigstore", Key = "root" } } },
                    },
                    SlsaProvenance = new ProvenanceRequirement { BuilderIds = ["ci"] },
                },
                new ModelAttestation { Name = "scan", Type = AttestationType.Vulnerabilities, Bundle = Key("scan.json"), Vex = [Key("vex.json")], Vulnerabilities = new VulnerabilityRequirement { MaxAge = new Duration("7d") } },
            ],
            Approvals = new ModelApprovals { Required = 0 },
        },
        Status = status,
    };

    private static AttestationBundle Key(string key) => new() { ConfigMapKeyRef = new ConfigMapKeyReference { Name = "penguins", Key = key } };

    private static V1Condition Condition(ModelVersionPlan plan) => plan.Status.Conditions.Single(c => c.Type == "AttestationsVerified");

    private static ModelVersionPlan Decide(ModelVersion version, V1Pod? pod, DateTimeOffset? now = null) => ModelVersionDecision.Decide(new ModelVersionObservation(version, pod, "image"), now ?? Noon);

    private static V1Pod Failed(string reason) => Pod(1, $$$"""{"error":{"reason":"{{{reason}}}","message":"what is wrong"}}""", Noon.AddHours(24));

    private static V1Pod Ended(string? attestations, DateTimeOffset? at = null, string signer = """{"keyId":"abc"}""") => Pod(
        0,
        $$$"""{"digest":"{{{Digest}}}","signer":{{{signer}}},"interface":{"inputs":[],"outputs":[]},"irVersion":8,"customOperators":["com.example::Fast"],"largeConstants":[{"operator":"ConstantOfShape","output":"mask","bytes":268435456}]{{{(attestations is null ? "" : $",\"attestations\":{attestations}")}}}}""",
        at ?? Noon);

    private static V1Pod Pod(int code, string message, DateTimeOffset at) => new()
    {
        Metadata = new V1ObjectMeta { Name = "verify", Namespace = "ns", Uid = "pod" },
        Status = new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { State = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = code, Message = message, FinishedAt = at } } }] },
    };
}
