using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;
using static EnterpriseAI.SupplyChain.Tests.Attestations.AttestationVectors;

namespace EnterpriseAI.SupplyChain.Tests.Attestations;

/// <summary>What attestations say, of signed envelopes: each check with what it refuses.</summary>
public class AttestationTests
{
    private const string Id = "CVE-2025-1";

    private static IEnumerable<TestCaseData> Refusals()
    {
        // The statement
        yield return Case(AttestationStep.StatementType, "an unknown version", ProvenanceV1, s => s["_type"] = "https://in-toto.io/Statement/v2");
        yield return Case(AttestationStep.Subject, "another artifact", ProvenanceV1, s => s["subject"]![0]!["digest"]!["sha256"] = new string('0', 64));
        yield return Case(AttestationStep.Subject, "no artifact", ProvenanceV1, s => s["subject"] = new JsonArray());
        yield return Case(AttestationStep.Subject, "a file of the artifact", () => CycloneDx(), s => s["subject"]![0]!["digest"]!["sha256"] = new string('f', 64));
        yield return Case(AttestationStep.Subject, "the digest by another name", ProvenanceV1, s => s["subject"]![0]!["digest"] = new JsonObject { ["sha512"] = Artifact.Digest.Hex });
        yield return Case(AttestationStep.PredicateType, "another kind", ProvenanceV1, s => s["predicateType"] = "https://cyclonedx.org/bom/v1.6");
        yield return Case(AttestationStep.PredicateType, "a later version", ProvenanceV1, s => s["predicateType"] = "https://slsa.dev/provenance/v2");
        yield return Case(AttestationStep.PredicateType, "a version of a version", ProvenanceV1, s => s["predicateType"] = "https://slsa.dev/provenance/v1/v1");
        yield return Case(AttestationStep.PredicateFormat, "no predicate", ProvenanceV1, s => s.Remove("predicate"));
        yield return Case(AttestationStep.PredicateFormat, "no builder", ProvenanceV1, s => s["predicate"]!["runDetails"]!.AsObject().Remove("builder"));
        yield return Case(AttestationStep.PredicateFormat, "no parameters", ProvenanceV1, s => s["predicate"]!["buildDefinition"]!.AsObject().Remove("externalParameters"));

        // Provenance
        foreach (var (name, make, builder, type) in new (string, Func<JsonObject>, Func<JsonObject, JsonNode>, Func<JsonObject, JsonNode>)[]
        {
            ("v1", ProvenanceV1, static s => s["predicate"]!["runDetails"]!["builder"]!, static s => s["predicate"]!["buildDefinition"]!),
            ("v0.2", ProvenanceV02, static s => s["predicate"]!["builder"]!, static s => s["predicate"]!),
        })
        {
            yield return Case(AttestationStep.Builder, $"{name}: another builder", make, s => builder(s)["id"] = "https://evil.example.com");
            yield return Case(AttestationStep.Builder, $"{name}: a builder whose name begins so", make, s => builder(s)["id"] = Builder + "-evil");
            yield return Case(AttestationStep.Builder, $"{name}: no builder's name", make, s => builder(s)["id"] = null);
            yield return Case(AttestationStep.BuildType, $"{name}: another way of building", make, s => type(s)["buildType"] = "https://example.com/by-hand");
            var materials = name == "v1" ? "resolvedDependencies" : "materials";
            yield return Case(AttestationStep.Materials, $"{name}: other data", make, s => type(s)[materials]![1]!["digest"]!["sha256"] = new string('e', 64));
            yield return Case(AttestationStep.Materials, $"{name}: the commit of another repository", make, s => type(s)[materials]![0]!["uri"] = "git+https://github.com/evil/model");
            yield return Case(AttestationStep.Materials, $"{name}: a digest of another kind", make, s => type(s)[materials]![1]!["digest"] = new JsonObject { ["sha512"] = Data });
            yield return Case(AttestationStep.Materials, $"{name}: nothing", make, s => type(s).AsObject().Remove(materials));
        }
        yield return Case(AttestationStep.Source, "v1: another repository", ProvenanceV1, s => Parameters(s)["workflow"]!["repository"] = "https://github.com/evil/model");
        yield return Case(AttestationStep.Source, "v1: a repository whose name begins so", ProvenanceV1, s => Parameters(s)["workflow"]!["repository"] = Source + "-evil");
        yield return Case(AttestationStep.Source, "v1: no repository but among what was used", ProvenanceV1, s => Parameters(s).AsObject().Remove("workflow"));
        yield return Case(AttestationStep.Source, "v1: two repositories", ProvenanceV1, s => Parameters(s)["source"] = "git+https://github.com/evil/model@refs/heads/main");
        yield return Case(AttestationStep.Source, "v1: the repository as the user of another host", ProvenanceV1, s => Parameters(s)["workflow"]!["repository"] = "https://github.com@evil.example.com/acme/model");
        yield return Case(AttestationStep.Source, "v0.2: another repository", ProvenanceV02, s => Config(s)["uri"] = "git+https://github.com/evil/model@refs/heads/main");
        yield return Case(AttestationStep.Source, "v0.2: no repository", ProvenanceV02, s => Config(s).AsObject().Remove("uri"));
        yield return Case(AttestationStep.SourceRef, "v1: another branch", ProvenanceV1, s => Parameters(s)["workflow"]!["ref"] = "refs/heads/evil");
        yield return Case(AttestationStep.SourceRef, "v1: no branch", ProvenanceV1, s => Parameters(s)["workflow"]!.AsObject().Remove("ref"));
        yield return Case(AttestationStep.SourceRef, "v0.2: another branch", ProvenanceV02, s => Config(s)["uri"] = $"git+{Source}@refs/heads/evil");
        yield return Case(AttestationStep.SourceRef, "v0.2: no branch", ProvenanceV02, s => Config(s)["uri"] = $"git+{Source}");

        // Bills of materials
        yield return Case(AttestationStep.PredicateFormat, "CycloneDX: another format", () => CycloneDx(), s => s["predicate"]!["bomFormat"] = "SPDX");
        yield return Case(AttestationStep.PredicateFormat, "CycloneDX: no version", () => CycloneDx(), s => s["predicate"]!.AsObject().Remove("specVersion"));
        yield return Case(AttestationStep.PredicateFormat, "SPDX: no version", Spdx2, s => s["predicate"]!.AsObject().Remove("spdxVersion"));
        yield return Case(AttestationStep.BomModel, "CycloneDX: no model", () => CycloneDx(), s => s["predicate"]!["components"]![1]!["type"] = "application");
        yield return Case(AttestationStep.BomModel, "SPDX 2: no package", Spdx2, s => s["predicate"]!["packages"] = new JsonArray());
        yield return Case(AttestationStep.BomModel, "SPDX 3: no AI package", Spdx3, s => s["predicate"]!["@graph"]![1]!["type"] = "software_Package");
        yield return Case(AttestationStep.BomModelDigest, "CycloneDX: another model", () => CycloneDx(new string('0', 64)), static _ => { });
        yield return Case(AttestationStep.BomModelDigest, "CycloneDX: a model without a hash", () => CycloneDx(), s => s["predicate"]!["components"]![1]!.AsObject().Remove("hashes"));
        yield return Case(AttestationStep.BomModelDigest, "CycloneDX: the hash by another name", () => CycloneDx(), s => s["predicate"]!["components"]![1]!["hashes"]![0]!["alg"] = "SHA3-256");
        yield return Case(AttestationStep.BomModelDigest, "SPDX 2: another package", Spdx2, s => s["predicate"]!["packages"]![0]!["checksums"]![0]!["checksumValue"] = new string('0', 64));
        yield return Case(AttestationStep.BomModelDigest, "SPDX 3: another package", Spdx3, s => s["predicate"]!["@graph"]![1]!["verifiedUsing"]![0]!["hashValue"] = new string('0', 64));

        // Scans
        yield return Case(AttestationStep.ScanAge, "an old scan", () => Scan(Trivy()), s => s["predicate"]!["metadata"]!["scanFinishedOn"] = "2025-06-14T11:59:59Z");
        yield return Case(AttestationStep.ScanAge, "a scan from the future", () => Scan(Trivy()), s => s["predicate"]!["metadata"]!["scanFinishedOn"] = "2025-06-15T12:00:01Z");
        yield return Case(AttestationStep.ScanAge, "a scan of no time", () => Scan(Trivy()), s => s["predicate"]!["metadata"]!.AsObject().Remove("scanFinishedOn"));
        yield return Case(AttestationStep.PredicateFormat, "a scan without a result", () => Scan(Trivy()), s => s["predicate"]!["scanner"]!.AsObject().Remove("result"));
        yield return Case(AttestationStep.PredicateFormat, "a result of another form", () => Scan(new JsonObject { ["runs"] = new JsonArray() }), static _ => { });
        foreach (var severity in new[] { "HIGH", "CRITICAL", "Important", "", "who knows", "7.0", "10", "NaN", "-1" })
        {
            yield return Case(AttestationStep.Vulnerabilities, $"Trivy: '{severity}'", () => Scan(Trivy((Id, severity))), static _ => { });
            yield return Case(AttestationStep.Vulnerabilities, $"Grype: '{severity}'", () => Scan(Grype((Id, severity))), static _ => { });
            yield return Case(AttestationStep.Vulnerabilities, $"in-toto: '{severity}'", () => Scan(InToto((Id, severity)), VulnerabilityScan.InTotoType + "/v0.1"), static _ => { });
        }
    }

    /// <summary>What each step refuses, in the words of the test cases.</summary>
    internal static IEnumerable<(AttestationStep Step, IEnumerable<string> Names)> RefusedByStep() => Refusals()
        .Select(static one => ((AttestationStep)one.Arguments[0]!, Name: (string)one.Arguments[3]!))
        .Append((AttestationStep.StatementFormat, "the payload is not JSON"))
        .Append((AttestationStep.BomDigest, "the bill is not the one whose digest is expected"))
        .GroupBy(static one => one.Item1, static one => one.Item2).OrderBy(static group => group.Key).Select(static group => (group.Key, group.AsEnumerable()));

    [TestCaseSource(nameof(Refusals))]
    public void A_statement_with_one_thing_wrong_is_refused_at_its_step(AttestationStep step, Func<JsonObject> make, Action<JsonObject> change, string name)
    {
        Assert.That(Check(make()).Step, Is.Null.Or.EqualTo(step), "before the change");
        var statement = make();
        change(statement);
        var finding = Check(statement);
        Assert.That(finding.Step, Is.EqualTo(step), $"{name}: {finding.Message}");
        Assert.That(finding.Message, Has.Length.GreaterThan(20));
    }

    [Test]
    public void Every_step_refuses_something() => Assert.That(
        Refusals().Select(one => (AttestationStep)one.Arguments[0]!).Append(AttestationStep.StatementFormat).Append(AttestationStep.BomDigest).Distinct(), Is.EquivalentTo(Enum.GetValues<AttestationStep>()));

    private static IEnumerable<TestCaseData> Accepted()
    {
        yield return Good("provenance v1", ProvenanceV1());
        yield return Good("provenance v0.2", ProvenanceV02());
        yield return Good("a source as an address", Changed(ProvenanceV1(), s => Parameters(s).ReplaceWith(new JsonObject { ["source"] = $"git+{Source}@{SourceRef}" })));
        yield return Good("a source as an object", Changed(ProvenanceV1(), s => Parameters(s).ReplaceWith(new JsonObject { ["source"] = new JsonObject { ["uri"] = $"git+{Source}.git@{SourceRef}" } })));
        yield return Good("a source and a branch beside each other", Changed(ProvenanceV1(), s => Parameters(s).ReplaceWith(new JsonObject { ["source"] = Source + "/", ["ref"] = SourceRef })));
        yield return Good("CycloneDX", CycloneDx());
        yield return Good("CycloneDX with the model as its subject", Changed(CycloneDx(), s =>
        {
            var model = s["predicate"]!["components"]![1]!.DeepClone();
            s["predicate"]!.AsObject().Remove("components");
            s["predicate"]!["metadata"] = new JsonObject { ["component"] = model };
        }));
        yield return Good("CycloneDX that lists a file", CycloneDx(new string('F', 64)));
        yield return Good("SPDX 2", Spdx2());
        yield return Good("SPDX 3", Spdx3());
        yield return Good("a scan that found nothing", Scan(Trivy()));
        yield return Good("a scan of nothing", Scan(new JsonObject { ["SchemaVersion"] = 2 }));
        yield return Good("a scan that found little", Scan(Trivy((Id, "LOW"), ("CVE-2025-2", "MEDIUM"))));
        yield return Good("a scan by Grype that found little", Scan(Grype((Id, "Negligible"), ("CVE-2025-2", "Medium"))));
        yield return Good("a scan in in-toto's form that found little", Scan(InToto((Id, "6.9"), ("CVE-2025-2", "0.0")), VulnerabilityScan.InTotoType + "/v0.1"));
    }

    [TestCaseSource(nameof(Accepted))]
    public void What_says_what_it_must_holds(JsonObject statement)
    {
        var finding = Check(statement);
        Assert.That(finding.Step, Is.Null, finding.Message);
    }

    [Test]
    public void The_digest_of_a_bill_is_that_of_its_text()
    {
        var digest = ModelDigest.OfBytes(Encoding.UTF8.GetBytes(CycloneDx()["predicate"]!.ToJsonString()));
        var signed = Signed(CycloneDx());
        Assert.That(BillOfMaterials.Check(signed, Artifact, new BillOfMaterialsPolicy { ExpectedDigest = digest }).Message, Does.Contain(digest.ToString()));
        Assert.That(BillOfMaterials.Check(signed, Artifact, new BillOfMaterialsPolicy { ExpectedDigest = ModelDigest.OfBytes("x"u8) }).Step, Is.EqualTo(AttestationStep.BomDigest));
        Assert.That(BillOfMaterials.Check(signed, Artifact, new BillOfMaterialsPolicy(), BillOfMaterials.Spdx).Step, Is.EqualTo(AttestationStep.PredicateType));
        var withoutModel = Signed(Changed(CycloneDx(), s => s["predicate"]!["components"] = new JsonArray()));
        Assert.That(BillOfMaterials.Check(withoutModel, Artifact, new BillOfMaterialsPolicy { RequireModel = false }).Holds, Is.True);
    }

    [Test]
    public void What_is_no_statement_is_refused() =>
        Assert.That(Provenance.Check("{"u8.ToArray(), Artifact, Policy).Step, Is.EqualTo(AttestationStep.StatementFormat));

    [Test]
    public void A_policy_without_a_builder_or_with_a_branch_of_nothing_is_no_policy()
    {
        Assert.Throws<ArgumentException>(() => Provenance.Check(Signed(ProvenanceV1()), Artifact, new ProvenancePolicy { BuilderIds = [] }));
        Assert.Throws<ArgumentException>(() => Provenance.Check(Signed(ProvenanceV1()), Artifact, new ProvenancePolicy { BuilderIds = [Builder], SourceRef = SourceRef }));
    }

    private static IEnumerable<TestCaseData> Vexes()
    {
        var image = $"pkg:oci/model@sha256%3A{Artifact.Digest.Hex}";
        yield return Ruling("the package", true, Vex(Ruled(Id, Product(Purl))));
        yield return Ruling("the artifact", true, Vex(Ruled(Id, Product(image))));
        yield return Ruling("the artifact by its hash", true, Vex(Ruled(Id, new JsonObject { ["@id"] = "model", ["hashes"] = new JsonObject { ["sha-256"] = Artifact.Digest.Hex } })));
        yield return Ruling("the package in the artifact", true, Vex(Ruled(Id, Product(image, Purl))));
        yield return Ruling("the package by its identifier", true, Vex(Ruled(Id, new JsonObject { ["identifiers"] = new JsonObject { ["purl"] = Purl } })));
        yield return Ruling("fixed, without a reason", true, Vex(Ruled(Id, Product(Purl), "fixed", null)));
        yield return Ruling("by another name of the vulnerability", true, Vex(Changed(Ruled("GHSA-1", Product(Purl)), s => s["vulnerability"]!["aliases"] = new JsonArray(Id))));
        yield return Ruling("a later word", true, Vex(Ruled(Id, Product(Purl), "affected"), "2025-06-15T11:00:00Z"), Vex(Ruled(Id, Product(Purl))));
        yield return Ruling("another vulnerability", false, Vex(Ruled("CVE-2025-2", Product(Purl))));
        yield return Ruling("another package", false, Vex(Ruled(Id, Product("pkg:pypi/numpy@2.0.0"))));
        yield return Ruling("another package in the artifact", false, Vex(Ruled(Id, Product(image, "pkg:pypi/numpy@2.0.0"))));
        yield return Ruling("a part of the package", false, Vex(Ruled(Id, Product(Purl, "pkg:generic/part"))));
        yield return Ruling("another artifact by its hash", false, Vex(Ruled(Id, new JsonObject { ["@id"] = image, ["hashes"] = new JsonObject { ["sha-256"] = new string('0', 64) } })));
        yield return Ruling("no product", false, Vex(Changed(Ruled(Id, Product(Purl)), s => s.Remove("products"))));
        yield return Ruling("affected", false, Vex(Ruled(Id, Product(Purl), "affected")));
        yield return Ruling("under investigation", false, Vex(Ruled(Id, Product(Purl), "under_investigation")));
        yield return Ruling("an earlier word", false, Vex(Ruled(Id, Product(Purl)), "2025-06-15T11:00:00Z"), Vex(Ruled(Id, Product(Purl), "affected")));
        yield return Ruling("two words at once", false, Vex(Ruled(Id, Product(Purl))), Vex(Ruled(Id, Product(Purl), "affected")));
    }

    [TestCaseSource(nameof(Vexes))]
    public void A_vulnerability_is_ruled_out_by_the_latest_word_about_it_in_this_product(bool ruledOut, JsonObject[] documents)
    {
        ReadOnlyMemory<byte>[] vex = [.. documents.Select(document => Signed(document))];
        var finding = VulnerabilityScan.Check(Signed(Scan(Trivy((Id, "HIGH")))), vex, Artifact, ScanPolicy);
        Assert.That(finding.Step, ruledOut ? Is.Null : Is.EqualTo(AttestationStep.Vulnerabilities), finding.Message);
    }

    private static IEnumerable<TestCaseData> WrongVexes()
    {
        yield return Case(AttestationStep.PredicateFormat, "not affected for no reason", static () => Vex(Ruled(Id, Product(Purl), "not_affected", null)), static _ => { });
        yield return Case(AttestationStep.PredicateFormat, "a status that is none", static () => Vex(Ruled(Id, Product(Purl), "ignored")), static _ => { });
        yield return Case(AttestationStep.PredicateFormat, "another name that is none", static () => Vex(Changed(Ruled("GHSA-1", Product(Purl)), s => s["vulnerability"]!["aliases"] = new JsonArray((JsonNode?)null))), static _ => { });
        yield return Case(AttestationStep.PredicateFormat, "no time", static () => Vex(Ruled(Id, Product(Purl))), s => s["predicate"]!.AsObject().Remove("timestamp"));
        yield return Case(AttestationStep.Subject, "about another artifact", static () => Vex(Ruled(Id, Product(Purl))), s => s["subject"]![0]!["digest"]!["sha256"] = new string('0', 64));
        yield return Case(AttestationStep.PredicateType, "another kind", static () => Vex(Ruled(Id, Product(Purl))), s => s["predicateType"] = "https://example.com/vex");
    }

    [TestCaseSource(nameof(WrongVexes))]
    public void A_document_that_is_wrong_rules_out_nothing(AttestationStep step, Func<JsonObject> make, Action<JsonObject> change, string name)
    {
        var document = make();
        change(document);
        var finding = VulnerabilityScan.Check(Signed(Scan(Trivy((Id, "HIGH")))), [Signed(document)], Artifact, ScanPolicy);
        Assert.That(finding.Step, Is.EqualTo(step), $"{name}: {finding.Message}");
        Assert.That(finding.Message, Does.StartWith("VEX: "));
    }

    private static AttestationFinding Check(JsonObject statement)
    {
        var payload = Signed(statement);
        return statement["predicate"] switch
        {
            JsonObject predicate when predicate.ContainsKey("scanner") => VulnerabilityScan.Check(payload, [], Artifact, ScanPolicy),
            JsonObject predicate when predicate.ContainsKey("bomFormat") || predicate.ContainsKey("spdxVersion") || predicate.ContainsKey("packages") || predicate.ContainsKey("@graph") =>
                BillOfMaterials.Check(payload, Artifact, new BillOfMaterialsPolicy()),
            _ => Provenance.Check(payload, Artifact, Policy),
        };
    }

    /// <summary>The payload of an envelope that was signed and verified, as a caller has it.</summary>
    private static ReadOnlyMemory<byte> Signed(JsonObject statement)
    {
        var made = new MiniSigstore(new MiniShape { Content = MiniContent.Envelope, Timestamped = true }) { Statement = _ => statement.DeepClone().AsObject() }.Build();
        var bundle = SigstoreBundle.Deserialize(made.Bundle);
        // Not by the artifact: that the statement is about it is checked here.
        if (statement["_type"]!.GetValue<string>() is "https://in-toto.io/Statement/v1")
            made.Verifier().VerifyEnvelope(bundle, made.Policy);
        return bundle.DsseEnvelope!.Payload;
    }

    private static JsonNode Parameters(JsonObject statement) => statement["predicate"]!["buildDefinition"]!["externalParameters"]!;

    private static JsonNode Config(JsonObject statement) => statement["predicate"]!["invocation"]!["configSource"]!;

    private static JsonObject Changed(JsonObject statement, Action<JsonObject> change)
    {
        change(statement);
        return statement;
    }

    private static TestCaseData Case(AttestationStep step, string name, Func<JsonObject> make, Action<JsonObject> change) => new TestCaseData(step, make, change, name).SetArgDisplayNames(step.ToString(), name);

    private static TestCaseData Good(string name, JsonObject statement) => new TestCaseData(statement).SetArgDisplayNames(name);

    private static TestCaseData Ruling(string name, bool ruledOut, params JsonObject[] documents) => new TestCaseData(ruledOut, documents).SetArgDisplayNames(name);
}
