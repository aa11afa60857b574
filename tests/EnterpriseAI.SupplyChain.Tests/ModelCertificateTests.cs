using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests;

/// <summary>Models signed by a certificate of an own authority, with one thing wrong each.</summary>
public class ModelCertificateTests
{
    private const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    [Test]
    public async Task A_certificate_of_the_own_authority_is_accepted_and_named()
    {
        using var model = await SignedModel.CreateAsync();
        var authority = await SignAsync(model);
        var verified = await ModelVerifier.VerifyAsync(model.Path, new ModelVerificationPolicy { TrustedCertificates = authority });
        Assert.That(verified.Signer!.Subject, Is.EqualTo("CN=signer"));
    }

    [Test]
    public async Task A_signature_over_another_statement_is_refused()
    {
        using var model = await SignedModel.CreateAsync();
        var authority = await SignAsync(model);
        Change(model, static bundle => bundle["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(new byte[70]));
        var refused = await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { TrustedCertificates = authority });
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.SignatureInvalid));
    }

    [Test]
    public async Task Log_entries_that_are_not_checked_are_not_accepted_silently()
    {
        using var model = await SignedModel.CreateAsync();
        var authority = await SignAsync(model);
        Change(model, static bundle => bundle["verificationMaterial"]!["tlogEntries"] = new JsonArray(new JsonObject
        {
            ["logId"] = new JsonObject { ["keyId"] = "AAAA" },
            ["kindVersion"] = new JsonObject { ["kind"] = "dsse", ["version"] = "0.0.1" },
            ["canonicalizedBody"] = "AAAA",
        }));
        var refused = await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { TrustedCertificates = authority });
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.Unsupported));
    }

    [Test]
    public async Task A_certificate_that_has_ended_is_refused()
    {
        using var model = await SignedModel.CreateAsync();
        var authority = await SignAsync(model);
        var refused = await SignedModel.RefusedAsync(model.Path, new ModelVerificationPolicy { TrustedCertificates = authority, Time = new LaterTime() });
        Assert.That(refused.Message, Does.Contain("is valid from"));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.CertificateUntrusted));
    }

    [TestCase(ServerAuthentication, X509KeyUsageFlags.DigitalSignature, TestName = "Nothing_is_signed_with_a_certificate_for_servers")]
    [TestCase(CodeSigning, X509KeyUsageFlags.KeyAgreement, TestName = "Nothing_is_signed_with_a_certificate_that_may_not_sign")]
    public async Task Nothing_is_signed_with_a_certificate_that_nobody_would_accept(string purpose, X509KeyUsageFlags usage)
    {
        using var model = await SignedModel.CreateAsync();
        var refused = await Assert.ThrowsAsync<SupplyChainException>(() => SignAsync(model, purpose, usage));
        Assert.That(refused!.Message, Does.Contain("is not for signing code"));
    }

    [Test]
    public async Task Nothing_is_signed_with_the_certificate_of_another_key()
    {
        using var model = await SignedModel.CreateAsync();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var refused = await Assert.ThrowsAsync<SupplyChainException>(() => SignAsync(model, key: other));
        Assert.That(refused!.Reason, Is.EqualTo(SupplyChainReason.WrongKey));
    }

    [Test]
    public async Task Nothing_is_signed_with_a_certificate_that_has_ended()
    {
        using var model = await SignedModel.CreateAsync();
        var refused = await Assert.ThrowsAsync<SupplyChainException>(() => SignAsync(model, time: new LaterTime()));
        Assert.That(refused!.Message, Does.Contain("is valid from"));
    }

    [Test]
    public async Task A_file_of_certificates_holds_one_and_is_not_endless()
    {
        using var folder = new TemporaryFolder();
        var none = await Assert.ThrowsAsync<SupplyChainException>(() => TrustedCertificates.LoadAsync([folder.Write("none.pem", "nothing")]));
        Assert.That(none!.Message, Does.Contain("holds no certificate"));
        var large = await Assert.ThrowsAsync<SupplyChainException>(() => TrustedCertificates.LoadAsync([folder.Write("large.pem", new string('x', (1 << 20) + 1))]));
        Assert.That(large!.Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
    }

    private static async Task<TrustedCertificates> SignAsync(
        SignedModel model, string purpose = CodeSigning, X509KeyUsageFlags usage = X509KeyUsageFlags.DigitalSignature, ECDsa? key = null, TimeProvider? time = null)
    {
        using var folder = new TemporaryFolder();
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var rootRequest = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(from, to);
        var request = new CertificateRequest("CN=signer", key ?? model.Key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var certificate = request.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), from, to, [1]);

        var signing = await SigningCertificate.LoadAsync(folder.Write("signer.pem", certificate.ExportCertificatePem()), []);
        await ModelSigner.SignAsync(model.Path, model.Key, new ModelSigningOptions { Certificate = signing, Time = time ?? TimeProvider.System });
        return await TrustedCertificates.LoadAsync([folder.Write("root.pem", root.ExportCertificatePem())]);
    }

    private static void Change(SignedModel model, Action<JsonObject> change)
    {
        var bundle = JsonNode.Parse(File.ReadAllText(model.Signature))!.AsObject();
        change(bundle);
        File.WriteAllText(model.Signature, bundle.ToJsonString());
    }

    private sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(2);
    }
}
