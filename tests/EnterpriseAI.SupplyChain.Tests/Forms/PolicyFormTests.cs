using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>Policies and artifacts that ask for nothing that could be verified.</summary>
public class PolicyFormTests
{
    private static readonly CertificateIdentity Identity = new() { SubjectAlternativeName = MiniSigstore.Identity, Issuer = MiniSigstore.Issuer };

    private static IEnumerable<TestCaseData> Policies()
    {
        var key = VerificationKey.FromPem(MiniKey.P256("signer").Pem);
        yield return Of("nobody", new VerificationPolicy(), "the expected identity or the expected public key");
        yield return Of("an identity and a key", new VerificationPolicy { CertificateIdentity = Identity, PublicKey = key }, "and not both");
        yield return Of("no log", With(Identity) with { TransparencyLogThreshold = 0 }, "a threshold is at least 1");
        yield return Of("no authority", With(Identity) with { SignedTimestampThreshold = 0 }, "a threshold is at least 1");
        yield return Of("no subject", With(Identity with { SubjectAlternativeName = null }), "the expected identity either exactly or as a pattern");
        yield return Of("two subjects", With(Identity with { SubjectAlternativeNamePattern = ".*" }), "the expected identity either exactly or as a pattern");
        yield return Of("no issuer", With(Identity with { Issuer = null }), "the expected issuer either exactly or as a pattern");
        yield return Of("two issuers", With(Identity with { IssuerPattern = ".*" }), "the expected issuer either exactly or as a pattern");
        yield return Of("an empty subject", With(Identity with { SubjectAlternativeName = "" }), "must not be empty");
        yield return Of("an empty issuer", With(Identity with { Issuer = "" }), "must not be empty");

        static VerificationPolicy With(CertificateIdentity identity) => new() { CertificateIdentity = identity };
        static TestCaseData Of(string name, VerificationPolicy policy, string message) => new TestCaseData(policy, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Policies))]
    public void A_policy_that_does_not_say_whom_to_trust_is_an_error(VerificationPolicy policy, string message)
    {
        var made = new MiniSigstore(new MiniShape { Timestamped = true }).Build();
        var (verifier, bundle) = (made.Verifier(), SigstoreBundle.Deserialize(made.Bundle));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => verifier.Verify(made.Artifact, bundle, policy), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(() => verifier.VerifyDigest(new byte[32], HashAlgorithmType.Sha256, bundle, policy), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(() => verifier.VerifyStreamAsync(Stream.Null, bundle, policy), Throws.ArgumentException.With.Message.Contains(message));
            Assert.That(() => verifier.VerifyEnvelope(bundle, policy), Throws.ArgumentException.With.Message.Contains(message));
        }
    }

    [Test]
    public void A_digest_has_the_length_of_its_algorithm()
    {
        var made = new MiniSigstore(new MiniShape { Timestamped = true }).Build();
        Assert.That(() => made.Verifier().VerifyDigest(new byte[31], HashAlgorithmType.Sha256, SigstoreBundle.Deserialize(made.Bundle), made.Policy),
            Throws.ArgumentException.With.Message.Contains("a SHA256 digest has 32 bytes, not 31"));
    }

    [Test]
    public void A_signature_over_an_artifact_is_no_statement()
    {
        var made = new MiniSigstore(new MiniShape { Timestamped = true }).Build();
        Assert.That(() => made.Verifier().VerifyEnvelope(SigstoreBundle.Deserialize(made.Bundle), made.Policy),
            Throws.InstanceOf<VerificationException>().With.Property(nameof(VerificationException.Step)).EqualTo(VerificationStep.EnvelopePayloadType));
    }

    [Test]
    public async Task What_must_be_in_memory_to_be_verified_is_bounded()
    {
        var made = new MiniSigstore(new MiniShape { Managed = true, Log = MiniLog.None }) { SignerKey = MiniKey.Ed25519("signer") }.Build();
        using var endless = new Zeros((256L << 20) + 1);
        var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => made.Verifier().VerifyStreamAsync(endless, SigstoreBundle.Deserialize(made.Bundle), made.Policy)))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge), refused.Message);
    }

    [TestCase(false, false)]
    [TestCase(true, true)]
    public async Task What_need_not_be_in_memory_has_no_bound(bool isEnvelope, bool isEd25519)
    {
        var made = new MiniSigstore(new MiniShape { Managed = true, Log = MiniLog.None, Content = isEnvelope ? MiniContent.Envelope : MiniContent.Message })
        {
            SignerKey = isEd25519 ? MiniKey.Ed25519("signer") : MiniKey.P256("signer"),
        }.Build();
        using var endless = new Zeros((256L << 20) + 1);
        var refused = (await Assert.ThrowsAsync<VerificationException>(() => made.Verifier().VerifyStreamAsync(endless, SigstoreBundle.Deserialize(made.Bundle), made.Policy)))!;
        Assert.That(refused.Step, Is.EqualTo(isEnvelope ? VerificationStep.StatementSubject : VerificationStep.MessageDigest), "it is read to its end, and is another artifact");
    }

    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, _left);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
