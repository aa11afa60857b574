namespace EnterpriseAI.SupplyChain.Tests;

/// <summary>Bundles published with the OpenSSF model signing reference implementation and specification.</summary>
public class OmsVectorTests
{
    private static async Task<EcdsaPublicKey> KeyAsync(string oms) =>
        await EcdsaPublicKey.LoadAsync(Path.Combine(oms, "keys", "certificate", "signing-key-pub.pem"));

    [TestCase("v0.3.1-elliptic-key", "signme-1")]
    [TestCase("v1.0.0-elliptic-key", "signme-1")]
    [TestCase("v1.0.1-elliptic-key", "")]
    [TestCase("v1.1.0-elliptic-key", "")]
    public async Task Signatures_by_a_key_verify(string folder, string file)
    {
        var oms = Vectors.Folder("oms");
        var path = Path.Combine(oms, folder, file).TrimEnd('/');
        var policy = new ModelVerificationPolicy { PublicKey = await KeyAsync(oms), RequireSignature = true, IgnorePaths = ["ignore-me"] };
        var verified = await ModelVerifier.VerifyAsync(path, policy);
        Assert.That(verified.Files.Keys, file.Length > 0 ? Is.EqualTo(new[] { "signme-1" }) : Is.EqualTo(new[] { "signme-1", "signme-2" }));
        Assert.That(verified.Signer!.KeyId, Is.EqualTo(policy.PublicKey.KeyId));
        if (file.Length == 0)
            Assert.That(verified.Digest.Hex, Is.EqualTo("92745110b1ab4368471cbe31664e10174e954b113a3df333db860317b2c6dec4"));
    }

    [Test]
    public async Task The_key_id_is_the_published_hint() =>
        Assert.That((await KeyAsync(Vectors.Folder("oms"))).KeyId, Is.EqualTo("e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e3f8e"));

    [Test]
    public async Task A_file_that_the_signature_does_not_ignore_is_refused()
    {
        var oms = Vectors.Folder("oms");
        var refused = await SignedModel.RefusedAsync(Path.Combine(oms, "v1.0.1-elliptic-key"), new ModelVerificationPolicy { PublicKey = await KeyAsync(oms) });
        Assert.That(refused.Message, Does.Contain("'ignore-me' was not signed"));
    }

    [TestCase("v0.2.0-certificate")]
    [TestCase("v0.3.1-certificate")]
    [TestCase("v1.0.0-certificate")]
    [TestCase("v1.0.1-certificate")]
    [TestCase("v1.1.0-certificate")]
    public async Task Signatures_by_a_certificate_verify_up_to_the_root_and_not_up_to_another(string folder)
    {
        var oms = Vectors.Folder("oms");
        var policy = new ModelVerificationPolicy
        {
            TrustedCertificates = await TrustedCertificates.LoadAsync([Path.Combine(oms, "keys", "certificate", "ca-cert.pem")]),
            IgnorePaths = ["ignore-me"],
        };
        var verified = await ModelVerifier.VerifyAsync(Path.Combine(oms, folder), policy);
        Assert.That(verified.Files.Keys, Is.EquivalentTo(new[] { "signme-1", "signme-2" }));
        Assert.That(verified.Signer!.Subject, Is.EqualTo("CN=intermediate-ca"));
        var onlyIntermediate = await Assert.ThrowsAsync<SupplyChainException>(() => TrustedCertificates.LoadAsync([Path.Combine(oms, "keys", "certificate", "int-ca-cert.pem")]));
        Assert.That(onlyIntermediate!.Message, Does.Contain("give the self-signed certificate"));
    }

    [TestCase("v0.3.1-sigstore")]
    [TestCase("v1.0.0-sigstore")]
    [TestCase("v1.0.1-sigstore")]
    [TestCase("v1.1.0-sigstore")]
    public async Task Signatures_by_a_Sigstore_identity_verify_for_it_and_for_no_other(string folder)
    {
        var oms = Vectors.Folder("oms");
        var policy = new ModelVerificationPolicy
        {
            CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = "stefanb@us.ibm.com", Issuer = "https://sigstore.verify.ibm.com/oauth2" },
            TrustedRoot = await TrustedRoot.LoadAsync(Path.Combine(Vectors.Folder("sigstore"), "prod_trusted_root.json")),
            IgnorePaths = ["ignore-me"],
        };
        var verified = await ModelVerifier.VerifyAsync(Path.Combine(oms, folder), policy);
        Assert.That(verified.Signer!.Issuer, Is.EqualTo("https://sigstore.verify.ibm.com/oauth2"));
        var other = policy with { CertificateIdentity = policy.CertificateIdentity with { SubjectAlternativeName = "stefanb@us.ibm.co" } };
        Assert.That((await SignedModel.RefusedAsync(Path.Combine(oms, folder), other)).Reason, Is.EqualTo(SupplyChainReason.IdentityMismatch));
    }

    [TestCase("v1.1.0-certificate")]
    [TestCase("v1.1.0-sigstore")]
    public async Task A_signature_of_another_kind_than_the_expected_is_refused(string folder)
    {
        var oms = Vectors.Folder("oms");
        var refused = await SignedModel.RefusedAsync(Path.Combine(oms, folder), new ModelVerificationPolicy { PublicKey = await KeyAsync(oms) });
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.WrongKey));
        Assert.That(refused.Message, Does.Contain("is not signed by a key"));
    }

    [TestCase("valid/key", null)]
    [TestCase("valid/certificate", SupplyChainReason.WrongKey)]
    [TestCase("valid/sigstore", SupplyChainReason.WrongKey)]
    [TestCase("invalid/empty", SupplyChainReason.Malformed)]
    [TestCase("invalid/missing-envelope", SupplyChainReason.Malformed)]
    [TestCase("invalid/missing-tlog-entries", SupplyChainReason.Malformed)]
    [TestCase("invalid/missing-verification-material", SupplyChainReason.Malformed)]
    [TestCase("invalid-payload/wrong-predicate", SupplyChainReason.SignatureInvalid)]
    public async Task The_schema_vectors_are_told_apart(string vector, SupplyChainReason? reason)
    {
        var oms = Vectors.Folder("oms");
        var policy = new ModelVerificationPolicy
        {
            PublicKey = await KeyAsync(oms),
            SignaturePath = Path.Combine(oms, "schema-vectors", vector + ".bundle.json"),
            IgnorePaths = ["ignore-me"],
        };
        var model = Path.Combine(oms, "v1.1.0-elliptic-key");
        if (reason is null)
            Assert.That((await ModelVerifier.VerifyAsync(model, policy)).Signer, Is.Not.Null);
        else
            Assert.That((await SignedModel.RefusedAsync(model, policy)).Reason, Is.EqualTo(reason));
    }
}
