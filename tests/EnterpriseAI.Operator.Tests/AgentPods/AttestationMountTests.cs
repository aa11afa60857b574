using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Tests.ModelVersions;

namespace EnterpriseAI.Operator.Tests.AgentPods;

public sealed class AttestationMountTests
{
    private const string Prefix = "--attestation=";

    [Test]
    public void Each_attestation_is_one_argument_and_every_path_of_it_is_mounted()
    {
        var mount = AttestationMount.Of(AttestationDecisionTests.Version(null));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mount.Arguments, Is.EqualTo(new[]
            {
                Prefix + """{"name":"build","type":"SlsaProvenance","bundle":"/mnt/attestations/build/bundle.json","identity":"ci@example.com","issuer":"https://issuer.example","trustedRoot":"/mnt/attestations/build/trusted_root.json","slsaProvenance":{"builderIds":["ci"],"buildTypes":[],"materials":[]}}""",
                Prefix + """{"name":"scan","type":"Vulnerabilities","bundle":"/mnt/attestations/scan/bundle.json","vex":["/mnt/attestations/scan/vex-0.json"],"publicKey":"/mnt/attestations/scan/cosign.pub","vulnerabilities":{"refuse":"High","maxAgeSeconds":604800}}""",
            }));
            Assert.That((mount.Mounts.Single().MountPath, mount.Mounts.Single().ReadOnly), Is.EqualTo(("/mnt/attestations", (bool?)true)));
            Assert.That(Files(mount), Is.EqualTo(new[]
            {
                "penguins/provenance.json -> build/bundle.json", "sigstore/root -> build/trusted_root.json",
                "penguins/scan.json -> scan/bundle.json", "penguins/vex.json -> scan/vex-0.json", "secret key/k -> scan/cosign.pub",
            }));
        }
    }

    [Test]
    public void What_is_missing_does_not_keep_the_pod_from_starting() =>
        Assert.That(AttestationMount.Of(AttestationDecisionTests.Version(null)).Volumes.Single().Projected!.Sources!.Select(s => (s.ConfigMap ?? s.Secret)!.Optional), Is.All.EqualTo(true));

    [Test]
    public void A_version_without_attestations_mounts_nothing()
    {
        var version = AttestationDecisionTests.Version(null);
        var mount = AttestationMount.Of(version with { Spec = version.Spec with { Attestations = [] } });
        Assert.That((mount.Volumes.Count, mount.Mounts.Count, mount.Arguments.Count), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public void A_text_of_the_spec_is_never_a_variable_to_the_kubelet()
    {
        var version = AttestationDecisionTests.Version(null);
        var tricky = version.Spec.Attestations[0] with { SlsaProvenance = new ProvenanceRequirement { BuilderIds = ["$(HOSTNAME)$$\"é"] } };
        var argument = AttestationMount.Of(version with { Spec = version.Spec with { Attestations = [tricky] } }).Arguments.Single();
        Assert.That(argument, Does.Not.Contain("$"));
        Assert.That(JsonNode.Parse(argument[Prefix.Length..])!["slsaProvenance"]!["builderIds"]![0]!.GetValue<string>(), Is.EqualTo("$(HOSTNAME)$$\"é"));
    }

    [Test]
    public void A_bill_of_materials_is_asked_for_as_the_spec_says()
    {
        var version = AttestationDecisionTests.Version(null);
        var bill = version.Spec.Attestations[1] with { Type = AttestationType.Spdx, Vex = [], Vulnerabilities = null, BillOfMaterials = new BillOfMaterialsRequirement { Digest = "sha256:" + new string('b', 64), RequireModel = false } };
        var argument = AttestationMount.Of(version with { Spec = version.Spec with { Attestations = [bill] } }).Arguments.Single();
        Assert.That(argument, Does.Contain("""
            "type":"Spdx"
            """.Trim()).And.Contain($$"""
            "billOfMaterials":{"digest":"sha256:{{new string('b', 64)}}","requireModel":false}
            """.Trim()));
    }

    private static IEnumerable<string> Files(AttestationMount mount) => mount.Volumes.Single().Projected!.Sources!.Select(source =>
        $"{(source.Secret is null ? "" : "secret ")}{(source.ConfigMap ?? source.Secret)!.Name}/{(source.ConfigMap ?? source.Secret)!.Items!.Single().Key} -> {(source.ConfigMap ?? source.Secret)!.Items!.Single().Path}");
}
