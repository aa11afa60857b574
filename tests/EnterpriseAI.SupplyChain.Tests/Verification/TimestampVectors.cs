using EnterpriseAI.SupplyChain.Tests.Mini;
using static EnterpriseAI.SupplyChain.Tests.Verification.NegativeVector;
using static EnterpriseAI.SupplyChain.VerificationStep;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>What can be wrong with a signed timestamp, and with the time of a signature at all.</summary>
internal static class TimestampVectors
{
    public static IEnumerable<NegativeVector> All()
    {
        yield return new(TimestampStatus, "the authority refused, and yet there is a token", V2, m => m.Timestamps = t => [t with { Status = 2 }]);
        yield return new(TimestampContentType, "the content is said to be plain data, and signed to be a timestamp", V1, m => m.Timestamps = t => [t with { ContentType = "1.2.840.113549.1.7.1", SignedContentType = t.ContentType }]);
        yield return new(TimestampContentType, "the content is said, and signed, to be plain data", V2, m => m.Timestamps = t => [t with { ContentType = "1.2.840.113549.1.7.1" }]);
        yield return new(TimestampContentType, "the content is signed to be something else than it is said to be", V2, m => m.Timestamps = t => [t with { SignedContentType = "1.2.840.113549.1.7.1" }]);
        yield return new(TimestampMessageDigest, "what is signed is the hash of another timestamp", V2, m => m.Timestamps = t => [t with { MessageDigest = new byte[32] }]);
        yield return new(TimestampSigningCertificate, "the signed attributes name another certificate", V2, m => m.Timestamps = t => [t with { NamedCertificate = [1, 2, 3] }]);
        yield return new(TimestampSigningCertificate, "the signed attributes name another certificate in the older form", V2, m => m.Timestamps = t => [t with { NamedCertificate = [1, 2, 3], OldNaming = true }]);
        yield return new(TimestampSigningCertificate, "the signed attributes name no certificate", V2, m => m.Timestamps = t => [t with { NamesCertificate = false }]);
        yield return new(TimestampSignature, "the token is signed by another key", V2, m => m.Timestamps = t => [t with { Key = MiniSigstore.OtherKey }]);
        yield return new(TimestampSignature, "the signature is no signature", V2, m => m.Timestamps = t => [t with { BrokenSignature = [0x30, 0x00] }]);
        yield return new(TimestampImprint, "the timestamp is over another signature", V2, m => m.Timestamps = t => [t with { Signature = [1, 2, 3] }]);
        yield return new(TimestampImprint, "a timestamp over another signature stands beside a good one", V2, m => m.Timestamps = t => [t, t with { Signature = [1, 2, 3] }]);
        yield return new(TimestampSigner, "another certificate of the authority's root signed", V2, m => m.Timestamps = t => [OfSameRoot(t)]);
        yield return new(TimestampExtendedKeyUsage, "the authority's purpose is not critical", V2, m => m.TsaLeaf = l => l.With(MiniExtension.Purposes(false, Oids.TimeStamping)));
        yield return new(TimestampExtendedKeyUsage, "the authority has another purpose besides", V2, m => m.TsaLeaf = l => l.With(MiniExtension.Purposes(true, Oids.TimeStamping, Oids.CodeSigning)));
        yield return new(TimestampAuthorityValidity, "the trusted root had ceased to vouch for the authority", V2, m => m.TrustedRootJson = r => CertificateVectors.End(r, "timestampAuthorities"));
        yield return new(TimestampAuthorityValidity, "the trusted root had not begun to vouch for the authority", V2, m => m.TrustedRootJson = r => CertificateVectors.Begin(r, "timestampAuthorities"));
        yield return new(CertificateValidity, "the timestamp authority's certificate had ended", V2, m => m.TsaLeaf = l => l with { NotAfter = MiniSigstore.Now.AddSeconds(-1) });
        yield return new(TimestampThreshold, "the timestamp authority's certificate is forged", V2 with { Managed = true }, m => m.TsaLeaf = l => l with { Signer = MiniKey.P384("forger") }) { AlsoKeptOutBy = CertificateSignature };
        yield return new(TimestampThreshold, "the timestamp authority's certificate names another issuer", V2 with { Managed = true }, m => m.TsaLeaf = l => l with { Issuer = "somebody else" }) { AlsoKeptOutBy = CertificateIssuerName };
        yield return new(CertificateKeyUsage, "the timestamp authority may not sign data", V2, m => m.TsaLeaf = l => l.With(MiniExtension.Usage(KeyUsages.KeyEncipherment)));
        yield return new(CertificateCriticalExtensions, "the timestamp authority has a critical extension that nobody knows", V2, m => m.TsaLeaf = l => l.With(MiniExtension.Octets("1.2.3.4.5", [1], critical: true)));

        yield return new(TimestampThreshold, "a timestamp is required and there is none", V1, m => m.Timestamps = _ => []);
        yield return new(TimestampThreshold, "two authorities are required and one signed twice", V1, m =>
            (m.Timestamps, m.Policy) = (t => [t, t], p => p with { SignedTimestampThreshold = 2 }));
        yield return new(VerifiedTime, "nobody tells the time of a certificate's signature", V2, m =>
            (m.Timestamps, m.Policy) = (_ => [], p => p with { RequireSignedTimestamps = false }));
        yield return new(VerifiedTime, "the log tells a time that it did not sign", V1, m =>
            (m.Timestamps, m.Policy, m.Entry) = (_ => [], p => p with { RequireSignedTimestamps = false }, e => e with { PromiseKey = null }));

        yield return new(TimestampFormat, "the timestamp is not DER", V2, m => m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { Rfc3161Timestamps = [new byte[20]] } });
        yield return new(TimestampFormat, "the authority's refusal has no token", V2, m => m.Bundle = b => b with
        {
            VerificationMaterial = b.VerificationMaterial with { Rfc3161Timestamps = [(byte[])[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]] },
        });
    }

    private static MiniTimestamp OfSameRoot(MiniTimestamp timestamp)
    {
        var key = MiniKey.P256("second-tsa");
        var certificate = MiniTimestampAuthority.Leaf("second timestamps", key, 78);
        var encoded = certificate.Encode();
        return timestamp with { Key = key, Certificate = certificate, EncodedCertificate = encoded, EmbeddedCertificates = [encoded] };
    }
}
