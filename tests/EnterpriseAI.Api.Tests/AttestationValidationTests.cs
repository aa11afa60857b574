using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Api.Tests;

/// <summary>What a model version may ask of attestations.</summary>
public sealed class AttestationValidationTests
{
    private const string Fixture = "modelversion-attested.yaml";

    // The first attestation is provenance, the second a bill of materials, the fourth a scan.
    [TestCase("0.name", "\"Build\"", "[0].name", "lower-case")]
    [TestCase("1.name", "\"build\"", "", "attestation 'build' occurs 2 times")]
    [TestCase("0.bundle.configMapKeyRef.name", "\"\"", "[0].bundle.configMapKeyRef.name", "must not be empty")]
    [TestCase("0.bundle.configMapKeyRef.name", "\"A\"", "[0].bundle.configMapKeyRef.name", "not the name of an object")]
    [TestCase("0.bundle.configMapKeyRef.key", "\"\"", "[0].bundle.configMapKeyRef.key", "must not be empty")]
    [TestCase("3.vex.0.configMapKeyRef.key", "\"\"", "[3].vex[0].configMapKeyRef.key", "must not be empty")]
    [TestCase("0.signature", "{}", "[0].signature", "set exactly one of publicKey, keyless")]
    [TestCase("0.signature.keyless.issuer", "\"http://x\"", "[0].signature.keyless.issuer", "https://")]
    [TestCase("0.slsaProvenance", "null", "[0].slsaProvenance.builderIds", "provenance is worth as much as its builder")]
    [TestCase("0.slsaProvenance.builderIds", "[]", "[0].slsaProvenance.builderIds", "provenance is worth as much as its builder")]
    [TestCase("0.slsaProvenance.builderIds.0", "\"\"", "[0].slsaProvenance.builderIds[0]", "must not be empty")]
    [TestCase("0.slsaProvenance.buildTypes.0", "\"\"", "[0].slsaProvenance.buildTypes[0]", "must not be empty")]
    [TestCase("0.slsaProvenance.source", "\"\"", "[0].slsaProvenance.source", "must not be empty")]
    [TestCase("0.slsaProvenance.source", "null", "[0].slsaProvenance.sourceRef", "needs source")]
    [TestCase("0.slsaProvenance.sourceRef", "\"\"", "[0].slsaProvenance.sourceRef", "must not be empty")]
    [TestCase("0.slsaProvenance.materials.0", "\"gitCommit:main\"", "[0].slsaProvenance.materials[0]", "not a digest")]
    [TestCase("0.slsaProvenance.materials.0", "\"md5:00\"", "[0].slsaProvenance.materials[0]", "not a digest")]
    [TestCase("0.billOfMaterials", "{}", "[0].billOfMaterials", "for the types CycloneDx and Spdx, not for SlsaProvenance")]
    [TestCase("1.billOfMaterials.digest", "\"sha256:1\"", "[1].billOfMaterials.digest", "not a digest")]
    [TestCase("1.slsaProvenance", """{"builderIds":["b"]}""", "[1].slsaProvenance", "not for CycloneDx")]
    [TestCase("1.vulnerabilities", "{}", "[1].vulnerabilities", "not for CycloneDx")]
    [TestCase("1.vex", """[{"configMapKeyRef":{"name":"a","key":"b"}}]""", "[1].vex", "not for CycloneDx")]
    [TestCase("3.vulnerabilities.maxAge", "\"0s\"", "[3].vulnerabilities.maxAge", "above 0")]
    public void An_attestation_is_refused_by_the_name_of_its_field(string field, string value, string path, string message)
    {
        var version = Yaml.Fixture(Fixture);
        Set(version["spec"]!["attestations"]!, field, value);
        var errors = SpecValidation.Validate(version.Deserialize(ApiJsonContext.Default.ModelVersion)!);
        Assert.That(errors.Select(e => $"{e.Path}: {e.Message}"), Has.Some.StartsWith($"spec.attestations{path}: ").And.Some.Contains(message));
    }

    [Test]
    public void Somebody_must_have_signed_each_attestation()
    {
        var version = Yaml.Fixture(Fixture);
        version["spec"]!.AsObject().Remove("signature");
        var errors = SpecValidation.Validate(version.Deserialize(ApiJsonContext.Default.ModelVersion)!);
        Assert.That(errors.Select(e => e.Path), Is.EqualTo(new[] { "spec.attestations[1].signature", "spec.attestations[2].signature", "spec.attestations[3].signature" }), "the first has its own");
        Assert.That(errors[0].Message, Does.Contain("spec.signature"));
    }

    [TestCase(16, true)]
    [TestCase(17, false)]
    public void There_are_no_more_than_their_outcomes_have_room(int count, bool allowed)
    {
        var version = Yaml.Fixture(Fixture).Deserialize(ApiJsonContext.Default.ModelVersion)!;
        version = version with { Spec = version.Spec with { Attestations = [.. Enumerable.Range(0, count).Select(i => version.Spec.Attestations[2] with { Name = $"a{i}" })] } };
        Assert.That(SpecValidation.Validate(version).Select(e => e.Path), Is.EqualTo(allowed ? [] : new[] { "spec.attestations" }));
    }

    [Test]
    public void Attestations_of_a_version_cannot_be_changed()
    {
        var before = Yaml.Fixture(Fixture).Deserialize(ApiJsonContext.Default.ModelVersion)!;
        var after = before with { Spec = before.Spec with { Attestations = [.. before.Spec.Attestations.Skip(1)] } };
        Assert.That(SpecValidation.ValidateChange(before, after).Select(e => e.Path), Is.EqualTo(new[] { "spec.attestations" }));
    }

    [Test]
    public void What_is_left_out_asks_for_what_the_documentation_says()
    {
        var attestation = JsonSerializer.Deserialize("""{"name":"a","type":"CycloneDx","billOfMaterials":{}}""", ApiJsonContext.Default.ModelAttestation)!;
        var scan = JsonSerializer.Deserialize("""{"name":"a","type":"Vulnerabilities","vulnerabilities":{}}""", ApiJsonContext.Default.ModelAttestation)!;
        Assert.That((attestation.BillOfMaterials!.RequireModel, scan.Vulnerabilities!.Refuse, scan.Vulnerabilities.MaxAge), Is.EqualTo((true, VulnerabilitySeverity.High, (Duration?)null)));
    }

    [Test]
    public void The_definition_has_a_rule_for_each_thing_that_depends_on_the_type()
    {
        var spec = Crds.Schema("ModelVersion")["properties"]!["spec"]!;
        var item = spec["properties"]!["attestations"]!["items"]!;
        using (Assert.EnterMultipleScope())
        {
            foreach (var field in (string[])["slsaProvenance", "billOfMaterials", "vulnerabilities", "vex"])
                Assert.That(item["x-kubernetes-validations"]!.AsArray().Count(rule => rule!["rule"]!.GetValue<string>().Contains($"has(self.{field})")), Is.EqualTo(1), field);
            Assert.That(spec["x-kubernetes-validations"]!.AsArray().Select(rule => rule!["message"]!.GetValue<string>()), Has.Some.Contains("every attestation needs a signature"));
            Assert.That(spec["properties"]!["attestations"]!["x-kubernetes-list-map-keys"]![0]!.GetValue<string>(), Is.EqualTo("name"));
        }
    }

    private static void Set(JsonNode node, string field, string value)
    {
        var names = field.Split('.');
        foreach (var name in names[..^1])
            node = int.TryParse(name, out var index) ? node[index]! : node[name]!;
        if (int.TryParse(names[^1], out var last))
            node[last] = JsonNode.Parse(value);
        else
            node[names[^1]] = JsonNode.Parse(value);
    }
}
