using System.Text;
using EnterpriseAI.SupplyChain.Tests.Mini;
using EnterpriseAI.SupplyChain.Tests.Registries;

namespace EnterpriseAI.SupplyChain.Tests.Cosign;

/// <summary>Signatures of images in Debian's registry, as cosign keeps them there.</summary>
public class ImageVerifierTests
{
    private static readonly MiniShape Keyless = new() { Version = MiniVersion.V01, Timestamped = true };
    private static readonly MiniShape Managed = Keyless with { Managed = true, Timestamped = false };
    private static readonly MiniShape Envelope = new() { Content = MiniContent.Envelope, Timestamped = true };

    private readonly OciRegistry client = new(RegistryHttp.Client, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback });

    [Test]
    public async Task A_signature_under_the_tag_verifies([Values] bool managed)
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByTagAsync(image, managed ? Managed : Keyless);
        var verified = await VerifyAsync(image.Reference, made);
        Assert.That(verified.Reference, Is.EqualTo(image.Reference with { Tag = null }));
        Assert.That(verified.Signatures.Single().Source, Is.EqualTo($"{image.Descriptor.Digest.FallbackTag}.sig"));
        Assert.That(verified.Signatures.Single().Result.VerifiedTimestamps, Has.Count.EqualTo(managed ? 1 : 2));
    }

    [TestCase("application/vnd.dev.sigstore.bundle.v0.3+json")]
    [TestCase("application/vnd.oci.empty.v1+json")]
    [TestCase(null)]
    public async Task A_bundle_that_refers_to_the_image_verifies_whatever_the_list_says_it_is(string? listed)
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByReferrerAsync(image, Envelope);
        var list = image.Reference.At(image.Descriptor.Digest.FallbackTag);
        var index = (await client.GetManifestAsync(list)).Manifest;
        await client.PushManifestAsync(list, index with { Manifests = [.. index.Manifests.Select(manifest => manifest with { ArtifactType = listed })] });
        var verified = await VerifyAsync(image.Reference, made);
        Assert.That(verified.Signatures.Single().Result.Statement!.PredicateType, Is.EqualTo(ImageStatement.PredicateType));
    }

    [Test]
    public async Task A_signature_over_the_manifest_itself_verifies()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByReferrerAsync(image, new MiniShape { Timestamped = true }, m => m.Artifact = image.Bytes.ToArray());
        Assert.That((await VerifyAsync(image.Reference, made)).Signatures, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_image_without_signatures_is_refused()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = new MiniSigstore(Keyless).Build();
        var refused = await RefusedAsync(() => VerifyAsync(image.Reference, made));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.SignatureMissing));
        Assert.That(refused.Message, Does.Contain("not signed"));
    }

    [TestCase("application/vnd.oci.image.config.v1+json")]
    [TestCase(null)]
    public async Task What_refers_to_an_image_and_is_no_bundle_is_no_signature(string? listed)
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = await client.PushBlobAsync(image.Reference, "a list of parts"u8.ToArray(), "application/spdx+json");
        await client.PushManifestAsync(image.Reference with { Tag = null }, new OciManifest { ArtifactType = "application/spdx+json", Config = config, Layers = [layer], Subject = image.Descriptor });
        var list = image.Reference.At(image.Descriptor.Digest.FallbackTag);
        var index = (await client.GetManifestAsync(list)).Manifest;
        await client.PushManifestAsync(list, index with { Manifests = [.. index.Manifests.Select(manifest => manifest with { ArtifactType = listed })] });
        Assert.That((await RefusedAsync(() => VerifyAsync(image.Reference, new MiniSigstore(Keyless).Build()))).Reason, Is.EqualTo(SupplyChainReason.SignatureMissing));
    }

    [Test]
    public async Task No_more_than_64_signatures_are_looked_at([Values] bool byTag)
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = await client.PushBlobAsync(image.Reference, "garbage"u8.ToArray(), byTag ? ImagePayload.MediaType : SigstoreBundle.MediaTypeV03);
        if (byTag)
        {
            await client.PushManifestAsync(image.Reference.At($"{image.Descriptor.Digest.FallbackTag}.sig"), new OciManifest { Config = config, Layers = [.. Enumerable.Repeat(layer, 70)] });
        }
        else
        {
            var bundle = await client.PushManifestAsync(image.Reference with { Tag = null }, new OciManifest { ArtifactType = SigstoreBundle.MediaTypeV03, Config = config, Layers = [layer], Subject = image.Descriptor });
            await client.PushManifestAsync(image.Reference.At(image.Descriptor.Digest.FallbackTag), new OciManifest { MediaType = OciManifest.IndexMediaType, Manifests = [.. Enumerable.Repeat(bundle, 70)] });
        }
        Assert.That((await RefusedAsync(() => VerifyAsync(image.Reference, new MiniSigstore(Keyless).Build()))).Message, Does.Contain("has 64 signatures and none that is accepted"));
    }

    [TestCase(OciManifest.ImageMediaType, "application/vnd.example.scan.v1+json")]
    [TestCase(OciManifest.IndexMediaType, null)]
    public async Task What_is_surely_no_bundle_takes_no_bundle_s_place(string mediaType, string? artifactType)
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByReferrerAsync(image, Envelope);
        var list = image.Reference.At(image.Descriptor.Digest.FallbackTag);
        var index = (await client.GetManifestAsync(list)).Manifest;
        var others = Enumerable.Repeat(image.Descriptor with { MediaType = mediaType, ArtifactType = artifactType }, 70);
        await client.PushManifestAsync(list, index with { Manifests = [.. others, .. index.Manifests] });
        Assert.That((await VerifyAsync(image.Reference, made)).Signatures, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_tag_that_was_moved_after_signing_is_refused([Values] bool signatureCopied)
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByTagAsync(image, Keyless);
        var moved = await PushImageAsync(registry, "1.0.0", "other content");
        if (signatureCopied)
        {
            var signature = (await client.GetManifestAsync(image.Reference.At($"{image.Descriptor.Digest.FallbackTag}.sig"))).Manifest;
            await client.PushManifestAsync(image.Reference.At($"{moved.Descriptor.Digest.FallbackTag}.sig"), signature);
        }
        var refused = await RefusedAsync(() => VerifyAsync(registry.Reference("acme/model:1.0.0"), made));
        Assert.That(refused.Reason, Is.EqualTo(signatureCopied ? SupplyChainReason.DigestMismatch : SupplyChainReason.SignatureMissing), refused.Message);
        Assert.That((await VerifyAsync(image.Reference, made)).Reference.Digest, Is.EqualTo(image.Descriptor.Digest));
    }

    [Test]
    public async Task A_bundle_of_another_image_is_refused()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var other = await PushImageAsync(registry, "2.0.0", "other content");
        var made = await SignByReferrerAsync(image, Envelope);
        var index = (await client.GetManifestAsync(image.Reference.At(image.Descriptor.Digest.FallbackTag))).Manifest;
        await client.PushManifestAsync(image.Reference.At(other.Descriptor.Digest.FallbackTag), index);
        var refused = await RefusedAsync(() => VerifyAsync(other.Reference, made));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.DigestMismatch), refused.Message);
    }

    [Test]
    public async Task An_attestation_is_no_signature()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByReferrerAsync(image, Envelope, m => m.Statement = s => { s["predicateType"] = "https://slsa.dev/provenance/v1"; return s; });
        var refused = await RefusedAsync(() => VerifyAsync(image.Reference, made));
        Assert.That(refused.Message, Does.Contain("does not sign it"));
    }

    [Test]
    public async Task A_signature_by_another_key_or_with_a_changed_annotation_is_refused()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        var made = await SignByTagAsync(image, Managed);
        var otherKey = made.Policy with { PublicKey = VerificationKey.FromPem(MiniSigstore.OtherKey.Pem) };
        Assert.That((await RefusedAsync(() => VerifyAsync(image.Reference, made with { Policy = otherKey }))).Reason, Is.EqualTo(SupplyChainReason.TransparencyLogInvalid));
        Assert.That((await RefusedAsync(() => VerifyAsync(image.Reference, made with { Policy = new MiniSigstore(Keyless).Build().Policy }))).Reason, Is.EqualTo(SupplyChainReason.WrongKey));

        var tag = image.Reference.At($"{image.Descriptor.Digest.FallbackTag}.sig");
        var manifest = (await client.GetManifestAsync(tag)).Manifest;
        foreach (var (name, value) in new[] { ("dev.cosignproject.cosign/signature", "AAAA"), ("dev.cosignproject.cosign/signature", ""), ("dev.sigstore.cosign/bundle", "{}"), ("dev.sigstore.cosign/bundle", "") })
        {
            var layer = manifest.Layers[0] with { Annotations = new Dictionary<string, string>(manifest.Layers[0].Annotations) { [name] = value } };
            await client.PushManifestAsync(tag, manifest with { Layers = [layer] });
            await RefusedAsync(() => VerifyAsync(image.Reference, made));
        }
    }

    [Test]
    public async Task What_others_push_beside_a_signature_does_not_hide_it()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var image = await PushImageAsync(registry, "1.0.0");
        // Something that is no bundle, a bundle of a stranger, a list that names what is not there; and then the signature.
        await PushReferrerAsync(image, "garbage"u8.ToArray());
        await SignByReferrerAsync(image, Envelope, m => m.Leaf = l => l.With(MiniExtension.Names((1, "stranger@example.com"))));
        var list = image.Reference.At(image.Descriptor.Digest.FallbackTag);
        var index = (await client.GetManifestAsync(list)).Manifest;
        var config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        await client.PushManifestAsync(image.Reference.At($"{image.Descriptor.Digest.FallbackTag}.sig"), new OciManifest { Config = config, Layers = [config] });
        var made = await SignByReferrerAsync(image, Envelope);
        index = (await client.GetManifestAsync(list)).Manifest;
        var verified = await VerifyAsync(image.Reference, made);
        Assert.That((index.Manifests.Count, verified.Signatures.Count), Is.EqualTo((3, 1)));
        var stranger = await RefusedAsync(() => VerifyAsync(image.Reference, made with
        {
            Policy = made.Policy with { CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = "nobody", Issuer = MiniSigstore.Issuer } },
        }));
        Assert.That(stranger.Message, Does.Contain("3 signatures and none that is accepted"));
    }

    private async Task<OciResolved> PushImageAsync(DockerRegistry registry, string tag, string content = "content")
    {
        var reference = registry.Reference($"acme/model:{tag}");
        var config = await client.PushBlobAsync(reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = await client.PushBlobAsync(reference, Encoding.UTF8.GetBytes(content), "application/octet-stream");
        await client.PushManifestAsync(reference, new OciManifest { Config = config, Layers = [layer] });
        return await client.GetManifestAsync(reference);
    }

    private async Task<MiniCase> SignByTagAsync(OciResolved image, MiniShape shape)
    {
        var made = new MiniSigstore(shape) { Image = image.Descriptor.Digest }.Build();
        var config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var payload = await client.PushBlobAsync(image.Reference, made.Artifact, ImagePayload.MediaType);
        await client.PushManifestAsync(image.Reference.At($"{image.Descriptor.Digest.FallbackTag}.sig"), new OciManifest
        {
            Config = config,
            Layers = [payload with { Annotations = CosignForms.Annotations(SigstoreBundle.Deserialize(made.Bundle)) }],
        });
        return made;
    }

    private async Task<MiniCase> SignByReferrerAsync(OciResolved image, MiniShape shape, Action<MiniSigstore>? change = null)
    {
        var instance = new MiniSigstore(shape) { Artifact = image.Bytes.ToArray() };
        instance.Statement = static statement => { statement["predicateType"] = ImageStatement.PredicateType; return statement; };
        change?.Invoke(instance);
        var made = instance.Build();
        await PushReferrerAsync(image, Encoding.UTF8.GetBytes(made.Bundle));
        return made;
    }

    private async Task PushReferrerAsync(OciResolved image, byte[] bundle)
    {
        var config = await client.PushBlobAsync(image.Reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = await client.PushBlobAsync(image.Reference, bundle, SigstoreBundle.MediaTypeV03);
        await client.PushManifestAsync(image.Reference with { Tag = null }, new OciManifest { ArtifactType = SigstoreBundle.MediaTypeV03, Config = config, Layers = [layer], Subject = image.Descriptor });
    }

    private Task<VerifiedImage> VerifyAsync(OciReference image, MiniCase made) => new ImageVerifier(client, made.Verifier()).VerifyAsync(image, made.Policy);

    private static async Task<SupplyChainException> RefusedAsync(Func<Task> act) => (await Assert.CatchAsync<SupplyChainException>(() => act()))!;
}
