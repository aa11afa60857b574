using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain;
using EnterpriseAI.SupplyChain.Tests.Registries;

namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary><c>verify-image</c> and <c>verify-attestation</c> on images in Debian's registry, signed by a key.</summary>
public sealed class VerifyImageTests
{
    [Test]
    public async Task An_image_verifies_by_its_signature_tag_and_another_does_not()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var folder = ModelFolder.WithModel();
        using var signer = new SignedThings();
        using var http = OciRegistry.CreateHttpClient();
        var client = new OciRegistry(http, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback });
        var image = await PushAsync(client, registry.Reference("acme/model:1.0.0"), "content");
        var other = await PushAsync(client, registry.Reference("acme/model:2.0.0"), "other content");
        var digest = image.Descriptor.Digest;
        var payload = Encoding.UTF8.GetBytes("{\"critical\":{\"identity\":{\"docker-reference\":\"\"},\"image\":{\"docker-manifest-digest\":\"" + digest + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}");
        var layer = await client.PushBlobAsync(image.Reference, payload, "application/vnd.dev.cosign.simplesigning.v1+json");
        var signature = new OciManifest
        {
            Config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType),
            Layers = [layer with { Annotations = new Dictionary<string, string> { ["dev.cosignproject.cosign/signature"] = Convert.ToBase64String(signer.Sign(payload)) } }],
        };
        foreach (var signed in new[] { image, other })
            await client.PushManifestAsync(image.Reference.At($"{signed.Descriptor.Digest.FallbackTag}.sig"), signature);

        string[] by = ["--key", folder.Write("key.pub", signer.PublicKeyPem), "--insecure-ignore-tlog"];
        Assert.That(await Plugin.RunAsync(["verify-image", .. by, $"{registry.Host}/acme/model:1.0.0"]), Is.EqualTo((0, "")));
        Assert.That(await Plugin.RunAsync(["verify-image", .. by, $"{registry.Host}/acme/model@{digest}"]), Is.EqualTo((0, "")));
        var (code, error) = await Plugin.RunAsync(["verify-image", .. by, $"{registry.Host}/acme/model:2.0.0"]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("the signature is for the image with digest").And.Contain(digest.ToString()));
        Assert.That((await Plugin.RunAsync(["verify-image", "--key", by[1], $"{registry.Host}/acme/model:1.0.0"])).Error, Does.Contain("transparency logs are required"));
        Assert.That((await Plugin.RunAsync(["verify-image", .. by, $"{registry.Host}/acme/model:3.0.0"])).Error, Does.Contain("is not in the registry"));
        Assert.That((await Plugin.RunAsync(["verify-image", .. by, "acme/model"])).Error, Does.Contain("'acme' is not a registry"));
    }

    [Test]
    public async Task An_image_s_attestations_are_found_and_of_scans_the_latest_counts()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var folder = ModelFolder.WithModel();
        using var signer = new SignedThings();
        using var stranger = new SignedThings();
        using var http = OciRegistry.CreateHttpClient();
        var client = new OciRegistry(http, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback });
        var image = await PushAsync(client, registry.Reference("acme/model:1.0.0"), "content");
        var hex = image.Descriptor.Digest.Hex;
        string[] verify = ["verify-attestation", "--key", folder.Write("key.pub", signer.PublicKeyPem), "--insecure-ignore-tlog", $"oci://{registry.Host}/acme/model:1.0.0"];

        await AttachAsync(client, image, stranger.Statement(hex, Provenance.V1, SignedThings.Provenance("https://builder")));
        Assert.That((await Plugin.RunAsync([.. verify, "--type", "slsaprovenance", "--builder-id", "https://builder"])).Error, Does.Contain("no such attestation"));
        await AttachAsync(client, image, signer.Statement(hex, Provenance.V1, SignedThings.Provenance("https://builder")));
        Assert.That(await Plugin.RunAsync([.. verify, "--type", "slsaprovenance", "--builder-id", "https://builder", "--source-uri", "https://example.com/model"]), Is.EqualTo((0, "")));
        Assert.That((await Plugin.RunAsync([.. verify, "--type", "slsaprovenance", "--builder-id", "https://other"])).Error, Does.Contain("Builder: "));

        await AttachAsync(client, image, signer.Statement(hex, VulnerabilityScan.CosignType, SignedThings.Scan("2025-06-15T11:00:00Z")));
        Assert.That(await Plugin.RunAsync([.. verify, "--type", "vuln"]), Is.EqualTo((0, "")));
        await AttachAsync(client, image, signer.Statement(hex, VulnerabilityScan.CosignType, SignedThings.Scan("2025-06-15T12:00:00Z", "High")));
        Assert.That((await Plugin.RunAsync([.. verify, "--type", "vuln"])).Error, Does.Contain("CVE-2025-0 (high) in pkg:pypi/numpy@1"));
        Assert.That(await Plugin.RunAsync([.. verify, "--type", "vuln", "--refuse", "critical"]), Is.EqualTo((0, "")));
        await AttachAsync(client, image, stranger.Statement(hex, "https://openvex.dev/ns/v0.2.0", SignedThings.Vex("CVE-2025-0")));
        Assert.That((await Plugin.RunAsync([.. verify, "--type", "vuln"])).Code, Is.EqualTo(1));
        await AttachAsync(client, image, signer.Statement(hex, "https://openvex.dev/ns/v0.2.0", SignedThings.Vex("CVE-2025-0")));
        Assert.That(await Plugin.RunAsync([.. verify, "--type", "vuln"]), Is.EqualTo((0, "")));
        Assert.That((await Plugin.RunAsync([.. verify, "--type", "vuln", "--max-age", "24"])).Error, Does.Contain("scan again"));
    }

    [Test]
    public async Task A_model_s_attestation_verifies_for_its_digest_and_for_no_other()
    {
        using var folder = ModelFolder.WithModel();
        using var elsewhere = ModelFolder.WithModel();
        using var signer = new SignedThings();
        var digest = (await ArtifactReader.HashAsync(folder.Path)).Digest;
        var bill = new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["components"] = new JsonArray(new JsonObject
            {
                ["type"] = "machine-learning-model",
                ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-256", ["content"] = ModelDigest.OfBytes("0123456789"u8).Hex }),
            }),
        };
        var bundle = elsewhere.File("bom.sigstore.json");
        await File.WriteAllBytesAsync(bundle, signer.Statement(digest.Hex, BillOfMaterials.CycloneDx, bill));
        string[] verify = ["verify-attestation", "--type", "cyclonedx", "--bundle", bundle, "--key", elsewhere.Write("key.pub", signer.PublicKeyPem), "--insecure-ignore-tlog"];
        Assert.That(await Plugin.RunAsync([.. verify, folder.Path]), Is.EqualTo((0, "")));
        // By the digest alone its files are not known.
        Assert.That((await Plugin.RunAsync([.. verify, digest.ToString()])).Error, Does.Contain("BomModelDigest"));
        Assert.That(await Plugin.RunAsync([.. verify, "--no-model", digest.ToString()]), Is.EqualTo((0, "")));
        Assert.That((await Plugin.RunAsync([.. verify, "--bom-digest", digest.ToString(), folder.Path])).Error, Does.Contain("BomDigest"));
        folder.Write("weights.bin", "changed");
        Assert.That((await Plugin.RunAsync([.. verify, folder.Path])).Error, Does.Contain("not among the subjects"));
    }

    [TestCase("--type magic", "slsaprovenance, cyclonedx, spdx or vuln")]
    [TestCase("--type slsaprovenance", "--builder-id is missing")]
    [TestCase("--type slsaprovenance --builder-id b --material abc", "--material 'abc' is not a digest")]
    [TestCase("--type cyclonedx --bom-digest abc", "'abc' is not a digest")]
    [TestCase("--type cyclonedx", "trusted root '/nowhere' does not exist")]
    public async Task What_is_not_given_or_not_valid_is_named(string line, string named)
    {
        var (code, error) = await Plugin.RunAsync(["verify-attestation", .. line.Split(' '), "--trusted-root", "/nowhere", $"sha256:{new string('0', 64)}"]);
        Assert.That(code, Is.Not.Zero);
        Assert.That(error, Does.Contain(named));
    }

    private static async Task<OciResolved> PushAsync(OciRegistry client, OciReference reference, string content)
    {
        var config = await client.PushBlobAsync(reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = await client.PushBlobAsync(reference, Encoding.UTF8.GetBytes(content), "application/octet-stream");
        await client.PushManifestAsync(reference, new OciManifest { Config = config, Layers = [layer] });
        return await client.GetManifestAsync(reference);
    }

    private static async Task AttachAsync(OciRegistry client, OciResolved image, byte[] bundle)
    {
        var config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = await client.PushBlobAsync(image.Reference, bundle, SigstoreBundle.MediaTypeV03);
        await client.PushManifestAsync(image.Reference with { Tag = null }, new OciManifest { ArtifactType = SigstoreBundle.MediaTypeV03, Config = config, Layers = [layer], Subject = image.Descriptor });
    }
}
