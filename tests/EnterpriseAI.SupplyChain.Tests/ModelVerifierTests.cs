using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests;

public class ModelVerifierTests
{
    [TestCase("nistP256")]
    [TestCase("nistP384")]
    [TestCase("nistP521")]
    public async Task What_was_signed_verifies_on_every_curve(string curve)
    {
        using var model = await SignedModel.CreateAsync(ECCurve.CreateFromFriendlyName(curve));
        var digest = (await ArtifactReader.HashAsync(model.Path)).Digest;
        var verified = await ModelVerifier.VerifyAsync(model.Path, model.Policy with { ExpectedDigest = digest, RequireSignature = true });
        Assert.That(verified.Digest, Is.EqualTo(digest));
        Assert.That(verified.Signer!.KeyId, Is.EqualTo(EcdsaPublicKey.Of(model.Key).KeyId));
        Assert.That(verified.Files.Keys, Is.EquivalentTo(SignedModel.Names));
        var checkedOnly = await ModelVerifier.VerifyDigestsAsync(model.Path, model.Policy);
        Assert.That(checkedOnly.Digest, Is.EqualTo(digest));
        Assert.That(checkedOnly.Files, Is.Empty);
    }

    [Test]
    public async Task A_flipped_bit_anywhere_in_any_file_is_found_and_named()
    {
        using var model = await SignedModel.CreateAsync();
        foreach (var name in SignedModel.Names)
        {
            var original = await File.ReadAllBytesAsync(model.File(name));
            for (var index = 0; index < original.Length; index++)
            {
                var tampered = original.ToArray();
                tampered[index] ^= (byte)(1 << (index % 8));
                await File.WriteAllBytesAsync(model.File(name), tampered);
                var refused = await SignedModel.RefusedAsync(model.Path, model.Policy);
                Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
                Assert.That(refused.Message, Does.Contain($"'{name}' was changed"));
            }
            await File.WriteAllBytesAsync(model.File(name), original);
        }
        await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy));
    }

    [Test]
    public async Task Extra_missing_and_renamed_files_are_named()
    {
        using var model = await SignedModel.CreateAsync();
        model.Write("extra.bin", "");
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Message, Does.Contain("'extra.bin' was not signed"));
        File.Delete(model.File("extra.bin"));

        File.Move(model.File("model.onnx"), model.File("Model.onnx"));
        var refused = await SignedModel.RefusedAsync(model.Path, model.Policy);
        Assert.That(refused.Message, Does.Contain("'Model.onnx' was not signed").And.Contain("'model.onnx' is missing"));
        File.Delete(model.File("Model.onnx"));

        refused = await SignedModel.RefusedAsync(model.Path, model.Policy);
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
        Assert.That(refused.Message, Does.Contain("'model.onnx' is missing"));
    }

    [Test]
    public async Task Two_files_with_exchanged_contents_are_found()
    {
        using var model = await SignedModel.CreateAsync();
        File.Move(model.File("model.onnx"), model.File("t"));
        File.Move(model.File("evaluation.json"), model.File("model.onnx"));
        File.Move(model.File("t"), model.File("evaluation.json"));
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
    }

    [Test]
    public async Task A_signature_by_another_key_names_both_keys()
    {
        using var model = await SignedModel.CreateAsync();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var expected = EcdsaPublicKey.Of(other);
        var refused = await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { PublicKey = expected });
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.WrongKey));
        Assert.That(refused.Message, Does.Contain(expected.KeyId).And.Contain(EcdsaPublicKey.Of(model.Key).KeyId));
    }

    [Test]
    public async Task What_the_policy_requires_and_is_not_there_is_refused()
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That((await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { RequireSignature = true })).Reason, Is.EqualTo(SupplyChainReason.PublicKeyMissing));
        Assert.That((await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { ExpectedDigest = ModelDigest.OfBytes("x"u8) })).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
        File.Delete(model.Signature);
        Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Reason, Is.EqualTo(SupplyChainReason.SignatureMissing));
        Assert.That((await SignedModel.RefusedAsync(model.File("gone"), model.Policy)).Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
        Assert.That((await ModelVerifier.VerifyAsync(model.Path, new ModelVerificationPolicy())).Signer, Is.Null);
    }

    [Test]
    public async Task A_single_file_is_signed_beside_itself()
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = folder.Write("model.onnx", "weights");
        folder.Write("neighbour", "not part of it");
        var signature = await ModelSigner.SignAsync(file, key);
        var policy = new ModelVerificationPolicy { PublicKey = EcdsaPublicKey.Of(key) };
        var verified = await ModelVerifier.VerifyAsync(file, policy);
        Assert.That(signature.File, Is.EqualTo(folder.File("model.sig")));
        Assert.That(verified.Digest, Is.EqualTo(ModelDigest.OfBytes("weights"u8)));
        Assert.That(verified.Files["model.onnx"].ToArray(), Is.EqualTo("weights"u8.ToArray()));
        await File.WriteAllTextAsync(file, "Weights");
        Assert.That((await SignedModel.RefusedAsync(file, policy)).Message, Does.Contain("'model.onnx' was changed"));
    }

    [Test]
    public async Task One_file_of_a_signed_folder_is_not_accepted_for_the_folder()
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That((await SignedModel.RefusedAsync(model.File("model.onnx"), model.Policy)).Message, Does.Contain("give the folder"));
    }

    [Test]
    public async Task Signing_again_replaces_the_signature_and_leaves_nothing_else()
    {
        using var model = await SignedModel.CreateAsync();
        model.Write("model.onnx", "new weights");
        await ModelSigner.SignAsync(model.Path, model.Key);
        var verified = await ModelVerifier.VerifyAsync(model.Path, model.Policy);
        Assert.That(verified.Manifest.Select(file => file.Name), Is.EqualTo(SignedModel.Names));
        Assert.That(Directory.GetFiles(model.Path), Has.Length.EqualTo(3));
    }

    [Test]
    public async Task Bytes_changed_after_verification_are_not_the_bytes_handed_out()
    {
        using var model = await SignedModel.CreateAsync();
        var verified = await ModelVerifier.VerifyAsync(model.Path, model.Policy);
        model.Write("model.onnx", "evil");
        Assert.That(verified.Files["model.onnx"].ToArray(), Is.EqualTo("the contents of model.onnx"u8.ToArray()));
    }

    [Test]
    public async Task A_signature_larger_than_allowed_is_not_read()
    {
        using var model = await SignedModel.CreateAsync();
        var bytes = new FileInfo(model.Signature).Length;
        await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy with { Limits = new ArtifactLimits { MaxSignatureBytes = bytes } }));
        var refused = await SignedModel.RefusedAsync(model.Path, model.Policy with { Limits = new ArtifactLimits { MaxSignatureBytes = bytes - 1 } });
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
    }

    [Test]
    public async Task What_is_checked_without_whole_hashes_is_checked_as_strictly()
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That((await ModelVerifier.CheckAsync(model.Path, model.Policy)).KeyId, Is.EqualTo(EcdsaPublicKey.Of(model.Key).KeyId));
        var unsigned = await Assert.CatchAsync<SupplyChainException>(() => ModelVerifier.CheckAsync(model.Path, new ModelVerificationPolicy()));
        var other = await Assert.CatchAsync<SupplyChainException>(() => ModelVerifier.CheckAsync(model.Path, model.Policy with { ExpectedDigest = ModelDigest.OfBytes("x"u8) }));
        model.Write("model.onnx", "other weights");
        var changed = await Assert.CatchAsync<SupplyChainException>(() => ModelVerifier.CheckAsync(model.Path, model.Policy));
        Assert.That((unsigned!.Reason, other!.Reason, changed!.Reason), Is.EqualTo((SupplyChainReason.PublicKeyMissing, SupplyChainReason.DigestMismatch, SupplyChainReason.DigestMismatch)));
    }

    [Test]
    public async Task What_is_not_signed_may_be_left_out_and_is_not_handed_out()
    {
        using var model = await SignedModel.CreateAsync();
        model.Write("unsigned.bin", "x");
        var policy = model.Policy with { IgnoreUnsignedFiles = true };
        Assert.That((await ModelVerifier.VerifyAsync(model.Path, policy)).Files.Keys, Is.EquivalentTo(SignedModel.Names));
        model.Write("model.onnx", "other weights");
        Assert.That((await SignedModel.RefusedAsync(model.Path, policy)).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
        File.Delete(model.File("model.onnx"));
        Assert.That((await SignedModel.RefusedAsync(model.Path, policy)).Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
    }

    [Test]
    public async Task A_policy_that_asks_for_nothing_certain_is_refused()
    {
        using var model = await SignedModel.CreateAsync();
        var identity = new CertificateIdentity { SubjectAlternativeName = "a@example.com", Issuer = "https://example.com" };
        await Assert.ThrowsAsync<ArgumentException>(() => ModelVerifier.VerifyAsync(model.Path, model.Policy with { CertificateIdentity = identity }), "a key and an identity");
        await Assert.ThrowsAsync<ArgumentException>(() => ModelVerifier.VerifyAsync(model.Path, new ModelVerificationPolicy { IgnoreUnsignedFiles = true }), "unsigned files without a signer");
        var refused = await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { CertificateIdentity = identity });
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.TrustedRootInvalid), "an identity without a trusted root");
    }

    [Test]
    public async Task A_signature_elsewhere_is_not_among_the_ignored_paths()
    {
        using var model = await SignedModel.CreateAsync();
        using var elsewhere = new TemporaryFolder();
        File.Delete(model.Signature);
        var options = new ModelSigningOptions { SignaturePath = elsewhere.File("signature") };
        await ModelSigner.SignAsync(model.Path, model.Key, options);
        await Assert.DoesNotThrowAsync(() => ModelVerifier.VerifyAsync(model.Path, model.Policy with { SignaturePath = options.SignaturePath }));
    }

    [Test]
    public async Task What_cannot_be_signed_is_said_and_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        folder.Write("model/empty", "");
        await Assert.ThrowsAsync<ArgumentException>(() => ModelSigner.SignAsync(folder.File("model"), key, new ModelSigningOptions { ShardSize = 0 }));
        var empty = await Assert.ThrowsAsync<SupplyChainException>(() => ModelSigner.SignAsync(folder.File("model"), key, new ModelSigningOptions { ShardSize = 1 }));
        Assert.That(empty!.Message, Does.Contain("holds only empty files"));

        Directory.CreateDirectory(folder.File("taken"));
        var taken = await Assert.ThrowsAsync<SupplyChainException>(() => ModelSigner.SignAsync(folder.File("model"), key, new ModelSigningOptions { SignaturePath = folder.File("taken") }));
        Assert.That(taken!.Message, Does.Contain("cannot be written"));
        Assert.That(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), Is.EqualTo(new[] { folder.File("model/empty") }));
    }
}
