using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseAI.ModelServer.Attestations;
using EnterpriseAI.ModelServer.Commands;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;
using EnterpriseAI.SupplyChain.Tests.Attestations;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary><c>inspect --attestation</c>: bundles of a whole Sigstore instance in miniature, about a model that is really loaded.</summary>
public class AttestationTests
{
    private const string Vulnerability = "CVE-2025-1";

    private static readonly MiniShape Keyless = new() { Content = MiniContent.Envelope, Timestamped = true };
    private static readonly MiniShape Managed = new() { Content = MiniContent.Envelope, Managed = true, Log = MiniLog.None };

    [Test]
    public async Task Attestations_by_an_identity_and_by_a_key_hold_and_say_who_vouches_for_what()
    {
        using var subject = await Subject.CreateAsync();
        var build = Provenance(subject, Keyless);
        var parts = subject.Ask("parts", "CycloneDx", AttestationVectors.CycloneDx(subject.Digest.Hex), Managed);
        var outcomes = await subject.VerifyAsync(build, parts);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(outcomes.Select(static one => (one.Name, one.Verified, one.Step)), Is.EqualTo(new[] { ("build", true, (string?)null), ("parts", true, null) }), Told(outcomes));
            Assert.That((outcomes[0].BuilderId, outcomes[0].Source, outcomes[0].KeyId), Is.EqualTo((AttestationVectors.Builder, AttestationVectors.Source, (string?)null)));
            Assert.That(outcomes[0].LogIndex, Is.Not.Null);
            Assert.That(outcomes[1].KeyId, Is.EqualTo(EcdsaPublicKey.FromPem(MiniKey.P256("signer").Pem).KeyId));
        }
    }

    [Test]
    public async Task A_model_is_known_by_one_of_its_files_too()
    {
        using var subject = await Subject.CreateAsync();
        var file = Convert.ToHexStringLower(SHA256.HashData(OnnxModels.Linear()));
        Assert.That((await subject.VerifyAsync(subject.Ask("parts", "CycloneDx", AttestationVectors.CycloneDx(file), Managed))).Single().Step, Is.Null);
        Assert.That((await subject.VerifyAsync(subject.Ask("parts", "CycloneDx", AttestationVectors.CycloneDx(new string('a', 64)), Managed))).Single().Step, Is.EqualTo("BomModelDigest"));
    }

    private static IEnumerable<TestCaseData> Refusals()
    {
        yield return Case("Builder", static s => Provenance(s, Keyless, static p => p["slsaProvenance"]!["builderIds"] = new JsonArray("https://elsewhere.example")));
        yield return Case("BuildType", static s => Provenance(s, Keyless, static p => p["slsaProvenance"]!["buildTypes"] = new JsonArray("by hand")));
        yield return Case("Source", static s => Provenance(s, Keyless, static p => p["slsaProvenance"]!["source"] = "https://github.com/acme/other"));
        yield return Case("SourceRef", static s => Provenance(s, Keyless, static p => p["slsaProvenance"]!["sourceRef"] = "refs/heads/dev"));
        yield return Case("Materials", static s => Provenance(s, Keyless, static p => p["slsaProvenance"]!["materials"] = new JsonArray($"sha256:{new string('e', 64)}")));
        yield return Case("CertificateIdentity", static s => Provenance(s, Keyless, static p => p["identity"] = "mallory@example.com"));
        yield return Case("CertificateIssuer", static s => Provenance(s, Keyless, static p => p["issuer"] = "https://other.example.com"));
        yield return Case("TrustedRootInvalid", static s => Provenance(s, Keyless, static p => p["trustedRoot"] = "/nonexistent/root"));
        yield return Case("LogThreshold", static s => Provenance(s, Keyless with { Log = MiniLog.None }));
        yield return Case("SigningMaterial", static s => Provenance(s, Managed, static p => (p["publicKey"], p["identity"], p["issuer"], p["trustedRoot"]) = (null, MiniSigstore.Identity, MiniSigstore.Issuer, p["root"]!.GetValue<string>())));
        yield return Case("KeyInvalid", static s => Provenance(s, Managed, static p => p["publicKey"] = "/nonexistent/key"));
        yield return Case("EnvelopeSignature", static s => Provenance(s, Managed, p => p["publicKey"] = s.Folder.Write("other.pub", MiniSigstore.OtherKey.Pem)));
        yield return Case("BundleMissing", static s => Provenance(s, Managed, static p => p["bundle"] = "/mnt/attestations/build/bundle.json"));
        yield return Case("BundleFormat", static s => Provenance(s, Managed, p => p["bundle"] = s.Folder.Write("text", "not a bundle")));
        yield return Case("StatementSubject", static s => s.Ask("build", "CycloneDx", AttestationVectors.CycloneDx(s.Digest.Hex), Managed, isAboutIt: false));
        yield return Case("PredicateType", static s => s.Ask("build", "Spdx", AttestationVectors.CycloneDx(s.Digest.Hex), Managed));
        yield return Case("BomDigest", static s => s.Ask("build", "CycloneDx", AttestationVectors.CycloneDx(s.Digest.Hex), Managed, static p => p["billOfMaterials"] = new JsonObject { ["digest"] = $"sha256:{new string('b', 64)}" }));
        yield return Case("ScanAge", static s => s.Ask("build", "Vulnerabilities", AttestationVectors.Scan(AttestationVectors.Trivy()), Managed, static p => p["vulnerabilities"] = new JsonObject { ["maxAgeSeconds"] = 3599 }));
        yield return Case("Vulnerabilities", static s => s.Ask("build", "Vulnerabilities", AttestationVectors.Scan(AttestationVectors.Trivy((Vulnerability, "HIGH"))), Managed));
        yield return Case("Vulnerabilities", static s => s.Ask("build", "Vulnerabilities", AttestationVectors.Scan(AttestationVectors.Trivy((Vulnerability, "LOW"))), Managed, static p => p["vulnerabilities"] = new JsonObject { ["refuse"] = "Low" }));
        yield return Case("VexMissing", static s => s.Ask("build", "Vulnerabilities", AttestationVectors.Scan(AttestationVectors.Trivy()), Managed, static p => p["vex"] = new JsonArray("/mnt/attestations/build/vex-0.json")));
    }

    private static TestCaseData Case(string step, Func<Subject, AttestationRequirement> ask) => new TestCaseData(step, ask).SetArgDisplayNames(step);

    [TestCaseSource(nameof(Refusals))]
    public async Task What_does_not_hold_is_refused_with_the_step_that_failed(string step, object ask)
    {
        using var subject = await Subject.CreateAsync();
        var outcome = (await subject.VerifyAsync(((Func<Subject, AttestationRequirement>)ask)(subject))).Single();
        Assert.That((outcome.Verified, outcome.Step), Is.EqualTo((false, step)), outcome.Message);
        Assert.That((outcome.Name, outcome.BuilderId, outcome.KeyId), Is.EqualTo(("build", (string?)null, (string?)null)), "nobody vouches for what does not hold");
    }

    [Test]
    public async Task A_vulnerability_that_the_same_signer_rules_out_does_not_matter()
    {
        using var subject = await Subject.CreateAsync();
        var vex = AttestationVectors.Vex(AttestationVectors.Ruled(Vulnerability, AttestationVectors.Product(AttestationVectors.Purl)));
        var scan = AttestationVectors.Scan(AttestationVectors.Trivy((Vulnerability, "CRITICAL")));
        var signed = await subject.VerifyAsync(subject.Ask("scan", "Vulnerabilities", scan, Managed, p => p["vex"] = new JsonArray(subject.Sign("vex", vex, Managed).Bundle)));
        Assert.That(signed.Single().Step, Is.Null, Told(signed));
        var other = await subject.VerifyAsync(subject.Ask("scan", "Vulnerabilities", scan, Managed, p => p["vex"] = new JsonArray(subject.Sign("vex", vex, Managed, MiniSigstore.OtherKey).Bundle)));
        Assert.That(other.Single().Step, Is.EqualTo("EnvelopeSignature"), Told(other));
    }

    [Test]
    public async Task A_scan_counts_until_its_time_is_over()
    {
        using var subject = await Subject.CreateAsync();
        // Made an hour before the time that the tests live in.
        var scan = subject.Ask("scan", "Vulnerabilities", AttestationVectors.Scan(AttestationVectors.Trivy()), Managed, static p => p["vulnerabilities"] = new JsonObject { ["maxAgeSeconds"] = 3600 });
        Assert.That((await subject.VerifyAsync(scan)).Single().Verified, Is.True);
    }

    [Test]
    public async Task Inspection_tells_of_every_attestation_and_of_the_model_whether_they_hold_or_not()
    {
        using var subject = await Subject.CreateAsync();
        var requirement = Provenance(subject, Managed) with { Name = "good" };
        var text = JsonSerializer.Serialize(requirement, AttestationJsonContext.Default.AttestationRequirement);
        var missing = JsonSerializer.Serialize(requirement with { Name = "bad", Bundle = "/nonexistent/bundle.json" }, AttestationJsonContext.Default.AttestationRequirement);
        var byFile = JsonSerializer.Serialize(
            subject.Ask("by-file", "CycloneDx", AttestationVectors.CycloneDx(Convert.ToHexStringLower(SHA256.HashData(OnnxModels.Linear()))), Managed), AttestationJsonContext.Default.AttestationRequirement);
        var log = subject.Folder.File("termination-log");
        var parsed = InspectCommand.Create().Parse(["--model", subject.Model, "--termination-log", log, "--attestation", Sparse(text), $"--attestation={Sparse(missing)}", $"--attestation={Sparse(byFile)}"]);
        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(await parsed.InvokeAsync(), Is.Zero);
        var told = JsonDocument.Parse(await File.ReadAllTextAsync(log)).RootElement;
        Assert.That(told.GetProperty("digest").GetString(), Is.EqualTo(subject.Digest.ToString()));
        Assert.That(told.GetProperty("attestations").EnumerateArray().Select(static one => (one.GetProperty("name").GetString(), one.GetProperty("verified").GetBoolean())), Is.EqualTo(new[] { ("good", true), ("bad", false), ("by-file", true) }));
        Assert.That(told.GetProperty("attestations")[1].GetProperty("step").GetString(), Is.EqualTo("BundleMissing"));
    }

    // As the operator writes them: its own tests hold it to the same texts.
    [TestCase("""{"name":"build","type":"SlsaProvenance","bundle":"/mnt/attestations/build/bundle.json","identity":"ci@example.com","issuer":"https://issuer.example","trustedRoot":"/mnt/attestations/build/trusted_root.json","slsaProvenance":{"builderIds":["ci"],"buildTypes":[],"materials":[]}}""")]
    [TestCase("""{"name":"scan","type":"Vulnerabilities","bundle":"/mnt/attestations/scan/bundle.json","vex":["/mnt/attestations/scan/vex-0.json"],"publicKey":"/mnt/attestations/scan/cosign.pub","vulnerabilities":{"refuse":"High","maxAgeSeconds":604800}}""")]
    [TestCase("""{"name":"bill","type":"Spdx","bundle":"b","publicKey":"k","billOfMaterials":{"digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","requireModel":false}}""")]
    [TestCase("""{"name":"bill","type":"CycloneDx","bundle":"b","publicKey":"k"}""")]
    public void What_the_operator_asks_for_is_understood(string json) => Assert.That(InspectCommand.Create().Parse(["--model=m", "--attestation", json]).Errors, Is.Empty);

    [Test]
    public void What_is_left_out_is_asked_for_strictly()
    {
        var bill = AttestationRequirement.Parse("""{"name":"a","type":"Spdx","bundle":"b","publicKey":"k","billOfMaterials":{}}""");
        var scan = AttestationRequirement.Parse("""{"name":"a","type":"Vulnerabilities","bundle":"b","publicKey":"k","vulnerabilities":{}}""");
        Assert.That((bill.BillOfMaterials!.RequireModel, scan.Vulnerabilities!.Refuse), Is.EqualTo((true, "High")));
    }

    [TestCase("x", "'x' is an invalid start")]
    [TestCase("null", "null")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b","publicKey":"k","unless":"Friday"}""", "unless")]
    [TestCase("""{"name":"a","type":"Spdx","type":"CycloneDx","bundle":"b","publicKey":"k"}""", "type")]
    [TestCase("""{"name":"a","type":"Spdx","publicKey":"k"}""", "bundle")]
    [TestCase("""{"name":"","type":"Spdx","bundle":"b","publicKey":"k"}""", "name has 0 characters")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b"}""", "needs either publicKey, or identity")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b","identity":"i","issuer":"j"}""", "needs either publicKey, or identity")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b","publicKey":"k","identity":"i"}""", "needs either publicKey, or identity")]
    [TestCase("""{"name":"a","type":"Licence","bundle":"b","publicKey":"k"}""", "its type 'Licence' is not")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b","publicKey":"k","vex":["v"]}""", "does not go with the type Spdx")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b","publicKey":"k","vulnerabilities":{}}""", "does not go with the type Spdx")]
    [TestCase("""{"name":"a","type":"SlsaProvenance","bundle":"b","publicKey":"k"}""", "does not go with the type SlsaProvenance")]
    [TestCase("""{"name":"a","type":"SlsaProvenance","bundle":"b","publicKey":"k","slsaProvenance":{"builderIds":[]}}""", "worth as much as its builder")]
    [TestCase("""{"name":"a","type":"SlsaProvenance","bundle":"b","publicKey":"k","slsaProvenance":{"builderIds":["c"],"sourceRef":"r"}}""", "needs source")]
    [TestCase("""{"name":"a","type":"SlsaProvenance","bundle":"b","publicKey":"k","slsaProvenance":{"builderIds":["c"],"materials":["main"]}}""", "'main' is not a digest")]
    [TestCase("""{"name":"a","type":"Spdx","bundle":"b","publicKey":"k","billOfMaterials":{"digest":"sha256:1"}}""", "sha256:1")]
    [TestCase("""{"name":"a","type":"Vulnerabilities","bundle":"b","publicKey":"k","vulnerabilities":{"refuse":"Negligible"}}""", "'Negligible' is not")]
    [TestCase("""{"name":"a","type":"Vulnerabilities","bundle":"b","publicKey":"k","vulnerabilities":{"maxAgeSeconds":0}}""", "above 0")]
    [TestCase("""{"name":"a","type":"Vulnerabilities","bundle":"b","publicKey":"k","vulnerabilities":{"maxAgeSeconds":1e300}}""", "TimeSpan")]
    public void A_demand_that_is_not_understood_is_refused_in_one_line(string json, string message)
    {
        var errors = InspectCommand.Create().Parse(["--model=m", "--attestation", json]).Errors.Select(static error => error.Message).ToList();
        Assert.That(errors, Has.Count.EqualTo(1));
        Assert.That(errors[0], Does.StartWith("--attestation '").And.Contain(message).And.Not.Contain("\n"));
    }

    [Test]
    public void Names_differ_and_there_are_at_most_sixteen()
    {
        string[] Ask(int count, Func<int, string> name) => ["--model=m", .. Enumerable.Range(0, count).Select(i => $$"""--attestation={"name":"{{name(i)}}","type":"Spdx","bundle":"b","publicKey":"k"}""")];
        Assert.That(InspectCommand.Create().Parse(Ask(16, static i => $"a{i}")).Errors, Is.Empty);
        Assert.That(InspectCommand.Create().Parse(Ask(17, static i => $"a{i}")).Errors.Single().Message, Does.Contain("at most 16"));
        Assert.That(InspectCommand.Create().Parse(Ask(2, static _ => "a")).Errors.Single().Message, Does.Contain("each name once"));
    }

    [Test]
    public void Every_outcome_survives_the_shortening_of_a_termination_message()
    {
        var inspection = new Inspection("sha256:" + new string('0', 64), null, new InspectedInterface([new TensorMetadata("x", "FP32", [-1, 4])], []), null)
        {
            Operators = [.. Enumerable.Range(0, 300).Select(static index => new InspectedOperator("ai.onnx", $"Operator{index}", 300 - index))],
            Attestations = [.. Enumerable.Range(0, 16).Select(static i => new InspectedAttestation($"{i:00}{new string('n', 61)}", i % 2 == 0) { Step = i % 2 == 0 ? null : "Vulnerabilities", Message = new string('m', 5000), Source = new string('s', 257), BuilderId = i == 0 ? "https://builder.example" : null })],
        };
        var text = InspectionText.Of(inspection);
        Assert.That(Encoding.UTF8.GetByteCount(text), Is.LessThanOrEqualTo(4096));
        var outcomes = JsonDocument.Parse(text).RootElement.GetProperty("attestations").EnumerateArray().ToList();
        Assert.That(outcomes.Select(static one => (one.GetProperty("name").GetString(), one.GetProperty("verified").GetBoolean())), Is.EqualTo(inspection.Attestations.Select(static one => (one.Name, one.Verified))));
        Assert.That(outcomes[1].GetProperty("step").GetString(), Is.EqualTo("Vulnerabilities"));
        Assert.That(outcomes[0].GetProperty("builderId").GetString(), Is.EqualTo("https://builder.example"));
        Assert.That(outcomes[0].TryGetProperty("source", out _), Is.False, "an address is whole or not there");
    }

    [Test]
    public void Outcomes_that_no_shortening_makes_fit_come_packed()
    {
        var inspection = new Inspection("sha256:" + new string('0', 64), null, new InspectedInterface([], []), null)
        {
            Attestations = [.. Enumerable.Range(0, 16).Select(static i => new InspectedAttestation($"a{i}", true) { BuilderId = $"https://builder.example/{new string('b', 480)}/{i}", KeyId = new string('c', 64), LogIndex = long.MaxValue })],
        };
        Assert.That(TerminationLog.Encode(InspectionText.Of(inspection)), Does.StartWith("gzip:"));
    }

    [Test]
    public void Outcomes_are_told_when_not_even_the_builders_fit()
    {
        var random = new Random(1);
        var inspection = new Inspection("sha256:" + new string('0', 64), null, new InspectedInterface([], []), null)
        {
            Attestations = [.. Enumerable.Range(0, 16).Select(i => new InspectedAttestation($"a{i}", true) { BuilderId = new string(random.GetItems("abcdefghijklmnopqrstuvwxyz0123456789".AsSpan(), 512)) })],
        };
        var text = TerminationLog.Encode(InspectionText.Of(inspection));
        Assert.That(text, Does.Not.Contain("ResultTooLarge"));
        Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("attestations").EnumerateArray().Select(static one => (one.GetProperty("verified").GetBoolean(), one.TryGetProperty("builderId", out _))), Is.All.EqualTo((true, false)));
    }

    [Test]
    public async Task Where_a_log_has_recorded_the_signature_of_a_model_is_told()
    {
        using var subject = await Subject.CreateAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await ModelSigner.SignAsync(subject.Model, key);
        var signature = Path.Combine(subject.Model, ArtifactPaths.SignatureFile);
        // The same manifest, signed by way of the miniature instance.
        var manifest = JsonNode.Parse(SigstoreBundle.Deserialize(await File.ReadAllTextAsync(signature)).DsseEnvelope!.Payload.Span)!.AsObject();
        var made = new MiniSigstore(Keyless) { Statement = _ => manifest }.Build();
        await File.WriteAllTextAsync(signature, made.Bundle);
        var options = new ModelOptions
        {
            Model = subject.Model,
            RequireSignature = true,
            Identity = new CertificateIdentity { SubjectAlternativeName = MiniSigstore.Identity, Issuer = MiniSigstore.Issuer },
            TrustedRootFile = subject.Folder.Write("root.json", made.TrustedRoot),
        };
        using var model = await ModelLoader.LoadAsync(options, CancellationToken.None);
        var expected = SigstoreBundle.Deserialize(made.Bundle).VerificationMaterial.TlogEntries.Single().LogIndex;
        Assert.That(InspectCommand.Describe(model, options).Signer!.LogIndex, Is.EqualTo(expected));
    }

    private static AttestationRequirement Provenance(Subject subject, MiniShape shape, Action<JsonObject>? change = null) =>
        subject.Ask("build", "SlsaProvenance", AttestationVectors.ProvenanceV1(), shape, demand =>
        {
            demand["slsaProvenance"] = new JsonObject
            {
                ["builderIds"] = new JsonArray(AttestationVectors.Builder),
                ["buildTypes"] = new JsonArray(AttestationVectors.BuildType),
                ["source"] = AttestationVectors.Source,
                ["sourceRef"] = AttestationVectors.SourceRef,
                ["materials"] = new JsonArray($"sha256:{AttestationVectors.Data}", "gitCommit:abc123"),
            };
            change?.Invoke(demand);
        });

    private static string Told(IEnumerable<InspectedAttestation> outcomes) => string.Join("; ", outcomes.Select(static one => $"{one.Name}: {one.Step} {one.Message}"));

    /// <summary>Without what is null, as the operator writes it.</summary>
    private static string Sparse(string json)
    {
        var node = JsonNode.Parse(json)!.AsObject();
        Strip(node);
        return node.ToJsonString();

        static void Strip(JsonObject from)
        {
            foreach (var (name, value) in from.ToList())
            {
                if (value is null)
                    from.Remove(name);
                else if (value is JsonObject inner)
                    Strip(inner);
            }
        }
    }

    /// <summary>A folder with a model, and statements about it.</summary>
    private sealed record Subject(TemporaryFolder Folder, string Model, AttestedArtifact Artifact) : IDisposable
    {
        public ModelDigest Digest => Artifact.Digest;

        public static async Task<Subject> CreateAsync()
        {
            var folder = new TemporaryFolder();
            Directory.CreateDirectory(folder.File("model"));
            folder.Write("model/model.onnx", OnnxModels.Linear());
            var artifact = await ModelVerifier.VerifyDigestsAsync(folder.File("model"), new ModelVerificationPolicy());
            return new Subject(folder, folder.File("model"), AttestedArtifact.Of(artifact));
        }

        public Task<IReadOnlyList<InspectedAttestation>> VerifyAsync(params AttestationRequirement[] requirements) =>
            AttestationCheck.VerifyAsync(requirements, Artifact, new FixedTime(MiniSigstore.Now), CancellationToken.None);

        public (string Bundle, string Root) Sign(string name, JsonObject statement, MiniShape shape, MiniKey? key = null, bool isAboutIt = true)
        {
            if (isAboutIt)
                statement["subject"]![0]!["digest"]!["sha256"] = Digest.Hex;
            var made = new MiniSigstore(shape) { Statement = _ => statement.DeepClone().AsObject(), SigningKey = key }.Build();
            return (Folder.Write($"{name}.json", made.Bundle), Folder.Write($"{name}-root.json", made.TrustedRoot));
        }

        public AttestationRequirement Ask(string name, string type, JsonObject statement, MiniShape shape, Action<JsonObject>? change = null, bool isAboutIt = true)
        {
            var (bundle, root) = Sign(name, statement, shape, isAboutIt: isAboutIt);
            var demand = new JsonObject { ["name"] = name, ["type"] = type, ["bundle"] = bundle, ["root"] = root };
            if (shape.Managed)
                demand["publicKey"] = Folder.Write("signer.pub", MiniKey.P256("signer").Pem);
            else
                (demand["identity"], demand["issuer"], demand["trustedRoot"]) = (MiniSigstore.Identity, MiniSigstore.Issuer, root);
            change?.Invoke(demand);
            demand.Remove("root");
            return AttestationRequirement.Parse(Sparse(demand.ToJsonString()));
        }

        public void Dispose() => Folder.Dispose();
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
