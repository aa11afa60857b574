using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Cosign;

/// <summary>Signatures in the forms that cosign had before there were bundles.</summary>
public class CosignBundleTests
{
    private static readonly MiniShape Keyless = new() { Version = MiniVersion.V01 };
    private static readonly MiniShape Managed = new() { Version = MiniVersion.V01, Managed = true };

    private static MiniCase Make(bool managed) => new MiniSigstore(managed ? Managed : Keyless).Build();

    [Test]
    public void A_signature_in_one_file_verifies([Values] bool managed, [Values] bool withKey)
    {
        var made = Make(managed);
        var file = CosignForms.OneFile(SigstoreBundle.Deserialize(made.Bundle), managed && withKey ? MiniKey.P256("signer").Pem : null);
        var result = (made with { Bundle = file.ToJsonString() }).Verify();
        Assert.That(result.LogEntries.Single().Log, Is.EqualTo(MiniSigstore.RekorV1));
        Assert.That(result.SignerIdentity?.SubjectAlternativeName, Is.EqualTo(managed ? null : MiniSigstore.Identity));
    }

    [Test]
    public void A_signature_in_several_files_verifies([Values] bool managed, [Values] bool asBase64)
    {
        var made = Make(managed);
        var bundle = SigstoreBundle.Deserialize(made.Bundle);
        var certificate = CosignForms.Certificate(bundle) is { } pem && asBase64 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(pem)) : CosignForms.Certificate(bundle);
        var read = CosignBundle.Read(CosignForms.Signature(bundle) + "\n", certificate, Encoding.UTF8.GetBytes(CosignForms.Promise(bundle)!.ToJsonString()));
        Assert.DoesNotThrow(() => made.Verifier().Verify(made.Artifact, read, made.Policy));
        var refused = Assert.Throws<VerificationException>(() => made.Verifier().Verify("another"u8.ToArray(), read, made.Policy))!;
        Assert.That(refused.Step, Is.EqualTo(VerificationStep.LogEntryDigest));
        // What no log has recorded needs leave; and a certificate needs the log's time even then.
        var unlogged = CosignBundle.Read(CosignForms.Signature(bundle), certificate, null);
        Assert.That(Assert.Throws<VerificationException>(() => made.Verifier().Verify(made.Artifact, unlogged, made.Policy))!.Step, Is.EqualTo(VerificationStep.LogThreshold));
        var lenient = made.Policy with { RequireTransparencyLog = false };
        if (managed)
            Assert.DoesNotThrow(() => made.Verifier().Verify(made.Artifact, unlogged, lenient));
        else
            Assert.That(Assert.Throws<VerificationException>(() => made.Verifier().Verify(made.Artifact, unlogged, lenient))!.Step, Is.EqualTo(VerificationStep.VerifiedTime));
    }

    private static IEnumerable<TestCaseData> Changes()
    {
        yield return Case("another signature", VerificationStep.LogEntrySignature, f => f["base64Signature"] = Convert.ToBase64String(MiniSigstore.OtherKey.Sign("the artifact"u8)));
        yield return Case("no signature", VerificationStep.BundleFormat, f => f.Remove("base64Signature"));
        yield return Case("a signature that is not base64", VerificationStep.BundleFormat, f => f["base64Signature"] = "*");
        yield return Case("no certificate", VerificationStep.SigningMaterial, f => f.Remove("cert"));
        yield return Case("a certificate that is none", VerificationStep.BundleFormat, f => f["cert"] = "AAAA");
        yield return Case("a key for the certificate", VerificationStep.SigningMaterial, f => f["cert"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(MiniKey.P256("signer").Pem)));
        yield return Case("no promise", VerificationStep.LogThreshold, f => f.Remove("rekorBundle"));
        yield return Case("another time", VerificationStep.SignedEntryTimestamp, f => f["rekorBundle"]!["Payload"]!["integratedTime"] = 1749988801);
        yield return Case("another index", VerificationStep.SignedEntryTimestamp, f => f["rekorBundle"]!["Payload"]!["logIndex"] = 1);
        yield return Case("another log", VerificationStep.LogThreshold, f => f["rekorBundle"]!["Payload"]!["logID"] = new string('0', 64));
        yield return Case("a log without a name", VerificationStep.BundleFormat, f => f["rekorBundle"]!["Payload"]!["logID"] = "00");
        yield return Case("a promise without a signature", VerificationStep.BundleFormat, f => f["rekorBundle"]!.AsObject().Remove("SignedEntryTimestamp"));
        yield return Case("an entry of another kind", VerificationStep.LogEntryFormat, f => f["rekorBundle"]!["Payload"]!["body"] = Convert.ToBase64String("""{"kind":"rekord","apiVersion":"0.0.1"}"""u8));
        yield return Case("a log whose name is no number", VerificationStep.BundleFormat, f => f["rekorBundle"]!["Payload"]!["logID"] = new string('z', 64));
        yield return Case("a field of the promise that is not known", VerificationStep.BundleFormat, f => f["rekorBundle"]!["other"] = 1);
        yield return Case("a field of the entry that is not known", VerificationStep.BundleFormat, f => f["rekorBundle"]!["Payload"]!["other"] = 1);
        yield return Case("a field that is not known", VerificationStep.BundleFormat, f => f["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.3+json");
    }

    private static TestCaseData Case(string name, VerificationStep step, Action<JsonObject> change) => new TestCaseData(step, change).SetArgDisplayNames(name);

    [TestCaseSource(nameof(Changes))]
    public void A_file_with_one_thing_wrong_is_refused(VerificationStep step, Action<JsonObject> change)
    {
        var made = Make(managed: false);
        var file = CosignForms.OneFile(SigstoreBundle.Deserialize(made.Bundle));
        change(file);
        var refused = Assert.Throws<VerificationException>(() => (made with { Bundle = file.ToJsonString() }).Verify())!;
        // Without its mark a file of the old form is one of no form.
        Assert.That(refused.Step, Is.EqualTo(step), refused.Message);
    }

    [Test]
    public void A_certificate_is_a_PEM_of_certificates_and_of_nothing_else()
    {
        var bundle = SigstoreBundle.Deserialize(Make(managed: false).Bundle);
        var (signature, one) = (CosignForms.Signature(bundle), CosignForms.Certificate(bundle)!);
        Assert.DoesNotThrow(() => CosignBundle.Read(signature, string.Concat(Enumerable.Repeat(one, 10)), null));
        Assert.That(Assert.Throws<VerificationException>(() => CosignBundle.Read("", one, null))!.Step, Is.EqualTo(VerificationStep.BundleFormat));
        foreach (var wrong in new[] { string.Concat(Enumerable.Repeat(one, 11)), one + MiniKey.P256("signer").Pem, one + "-----BEGIN CERTIFICATE-----\nAAAA", one.Replace("CERTIFICATE", "X509 CRL", StringComparison.Ordinal) })
            Assert.That(Assert.Throws<VerificationException>(() => CosignBundle.Read(signature, wrong, null))!.Step, Is.EqualTo(VerificationStep.BundleFormat), wrong);
    }

    [Test]
    public void Roots_in_a_chain_are_left_out_and_not_trusted()
    {
        var made = Make(managed: false);
        var bundle = SigstoreBundle.Deserialize(made.Bundle);
        var (rootKey, key) = (MiniKey.P384("own root"), MiniKey.P256("signer"));
        var root = MiniSigstore.Authority("own", "own", rootKey, rootKey);
        var read = CosignBundle.Of(bundle.MessageSignature!.Signature, CosignForms.Certificate(bundle), CosignForms.Pem(root.Encode()), Encoding.UTF8.GetBytes(CosignForms.Promise(bundle)!.ToJsonString()), null);
        Assert.That(read.VerificationMaterial.X509CertificateChain, Has.Count.EqualTo(1));
        Assert.DoesNotThrow(() => made.Verifier().Verify(made.Artifact, read, made.Policy));

        var forged = new MiniCertificate { Subject = "", Issuer = "own", Key = key, Signer = rootKey, Extensions = [MiniExtension.Names((1, MiniSigstore.Identity))] };
        var other = CosignBundle.Of(bundle.MessageSignature.Signature, CosignForms.Pem(forged.Encode()), CosignForms.Pem(root.Encode()), null, null);
        Assert.Throws<VerificationException>(() => made.Verifier().Verify(made.Artifact, other, made.Policy with { RequireTransparencyLog = false }));
    }
}
