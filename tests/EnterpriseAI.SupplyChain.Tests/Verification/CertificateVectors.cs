using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;
using static EnterpriseAI.SupplyChain.Tests.Verification.NegativeVector;
using static EnterpriseAI.SupplyChain.VerificationStep;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>What can be wrong with a signing certificate, its path, its promise and whom it names, and with a trusted root.</summary>
internal static class CertificateVectors
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public static IEnumerable<NegativeVector> All()
    {
        // The path
        yield return new(CertificateIssuerName, "the certificate names another issuer than the authority that signed it", V1, m => m.Leaf = l => l with { Issuer = "somebody else" });
        yield return new(CertificateIssuerName, "the intermediate certificate names another issuer than the root that signed it", V1, m => m.Intermediate = c => c with { Issuer = "somebody else" });
        yield return new(CertificateSignature, "the certificate is signed by another key than its issuer's", V1, m => m.Leaf = l => l with { Signer = MiniKey.P384("forger") });
        yield return new(CertificateSignature, "the intermediate certificate is signed by another key than the root's", V1, m => m.Intermediate = c => c with { Signer = MiniKey.P384("forger") });
        yield return new(CertificateValidity, "the certificate ended a second before the signature", V1, m => m.Leaf = l => l with { NotAfter = MiniSigstore.Now.AddSeconds(-1) });
        yield return new(CertificateValidity, "the certificate began a second after the signature", V1, m => m.Leaf = l => l with { NotBefore = MiniSigstore.Now.AddSeconds(1) });
        yield return new(CertificateValidity, "the intermediate certificate had ended", V1, m => m.Intermediate = c => c with { NotAfter = MiniSigstore.Now.AddSeconds(-1) });
        yield return new(CertificateValidity, "the root had ended", V1, m => m.Root = c => c with { NotAfter = MiniSigstore.Now.AddSeconds(-1) });
        yield return new(CertificateValidity, "only the log's time is outside the certificate, the timestamp is inside", V1, m => m.Entry = e => e with { IntegratedTime = MiniSigstore.Now.AddMinutes(6) });
        yield return new(CertificateValidity, "only the timestamp is outside the certificate, the log's time is inside", V1, m => m.Timestamps = t => [t with { Time = MiniSigstore.Now.AddMinutes(6) }]);
        yield return new(CertificateAuthorityValidity, "the trusted root ceased to vouch for the authority a second before", V1, m => m.TrustedRootJson = r => End(r, "certificateAuthorities"));
        yield return new(CertificateAuthorityValidity, "the trusted root began to vouch for the authority a second after", V1, m => m.TrustedRootJson = r => Begin(r, "certificateAuthorities"));
        yield return new(CertificateBasicConstraints, "the issuer does not say that it is an authority", V1, m => m.Intermediate = c => c.Without(Oids.BasicConstraints));
        yield return new(CertificateBasicConstraints, "the issuer says that it is no authority", V1, m => m.Intermediate = c => c.With(MiniExtension.Authority(isAuthority: false)));
        yield return new(CertificatePathLength, "the root allows no authority below it", V1, m => m.Root = c => c.With(MiniExtension.Authority(0)));
        yield return new(CertificateKeyUsage, "the issuer may not sign certificates", V1, m => m.Intermediate = c => c.With(MiniExtension.Usage(KeyUsages.CrlSign)));
        yield return new(CertificateKeyUsage, "the certificate may not sign data", V1, m => m.Leaf = l => l.With(MiniExtension.Usage(KeyUsages.KeyEncipherment)));
        yield return new(CertificateExtendedKeyUsage, "the certificate is for servers", V1, m => m.Leaf = l => l.With(MiniExtension.Purposes(false, ServerAuthentication)));
        yield return new(CertificateExtendedKeyUsage, "the certificate is for any purpose", V1, m => m.Leaf = l => l.With(MiniExtension.Purposes(false, Oids.AnyExtendedKeyUsage)));
        yield return new(CertificateExtendedKeyUsage, "the certificate does not say what it is for", V1, m => m.Leaf = l => l.Without(Oids.ExtendedKeyUsage));
        yield return new(CertificateExtendedKeyUsage, "the issuer is for servers only", V1, m => m.Intermediate = c => c.With(MiniExtension.Purposes(false, ServerAuthentication)));
        yield return new(CertificateCriticalExtensions, "the certificate has a critical extension that nobody knows", V1, m => m.Leaf = l => l.With(MiniExtension.Octets("1.2.3.4.5", [1], critical: true)));
        yield return new(CertificateCriticalExtensions, "the issuer has critical name constraints", V1, m => m.Intermediate = c => c.With(new MiniExtension("2.5.29.30", true, [0x30, 0x00])));
        yield return new(CertificateCriticalExtensions, "the certificate is a precertificate", V1, m => m.Leaf = l => l.With(new MiniExtension("1.3.6.1.4.1.11129.2.4.3", true, [0x05, 0x00])));

        // The promise
        yield return new(CertificateTimestampRequired, "no certificate log has promised anything", V1, m => m.Promises = _ => []);
        yield return new(CertificateTimestampRequired, "the promise is of a log that is not trusted", V1, m => m.Promises = p => [p with { Key = MiniSigstore.OtherKey }]);
        yield return new(CertificateTimestampSignature, "the promise is signed by another key than the log's", V1, m => m.Promises = p => [p with { Key = MiniSigstore.OtherKey, LogId = MiniPromise.IdOf(p.Key) }]);
        yield return new(CertificateTimestampSignature, "the promise is for a certificate of another issuer", V1, m => m.Promises = p => [p with { IssuerKey = MiniSigstore.OtherKey }]);
        yield return new(CertificateTimestampSignature, "the promise is for another certificate", V1, m => m.Leaf = l =>
        {
            m.Promises = p => [p with { Instead = l with { SerialNumber = 99 } }];
            return l;
        });
        yield return new(CertificateTimestampSignature, "a good promise stands beside a bad one of the same log", V1, m => m.Promises = p => [p, p with { IssuerKey = MiniSigstore.OtherKey }]);
        yield return new(CertificateLogValidity, "the trusted root had ceased to vouch for the certificate log", V1, m => m.TrustedRootJson = r =>
        {
            r["ctlogs"]![0]!["publicKey"]!["validFor"] = MiniTrustedRoot.Period(MiniSigstore.Now.AddYears(-1), MiniSigstore.Now.AddMinutes(-5).AddSeconds(-1));
            return r;
        });

        // The name
        yield return new(VerificationStep.CertificateIdentity, "the certificate is of another identity", V1, m => m.Leaf = l => l.With(MiniExtension.Names((1, "other@example.com"))));
        yield return new(VerificationStep.CertificateIdentity, "the expected identity is a part of the certificate's", V1, m => m.Leaf = l => l.With(MiniExtension.Names((1, MiniSigstore.Identity + ".evil.com"))));
        yield return new(VerificationStep.CertificateIdentity, "the certificate names nobody", V1, m => m.Leaf = l => l.Without(Oids.SubjectAlternativeName));
        yield return new(VerificationStep.CertificateIdentity, "the identity is in the subject rather than among the names", V1, m => m.Leaf = l => l.Without(Oids.SubjectAlternativeName) with { Subject = MiniSigstore.Identity });
        yield return new(VerificationStep.CertificateIdentity, "the pattern matches a part of the identity only", V1, m => m.Policy = p => p with { CertificateIdentity = new CertificateIdentity { SubjectAlternativeNamePattern = "signer@example", Issuer = MiniSigstore.Issuer } });
        yield return new(VerificationStep.CertificateIdentity, "the pattern matches up to a line feed", V1, m =>
        {
            m.Leaf = l => l.With(MiniExtension.Names((1, MiniSigstore.Identity + "\n")));
            m.Policy = p => p with { CertificateIdentity = new CertificateIdentity { SubjectAlternativeNamePattern = "signer@example\\.com", Issuer = MiniSigstore.Issuer } };
        });
        yield return new(CertificateIssuer, "another issuer vouched for the identity", V1, m => m.Leaf = l => l.With(MiniExtension.Text(Oids.FulcioIssuerV2, "https://evil.example.com")));
        yield return new(CertificateIssuer, "another issuer vouched for the identity, by the older extension", V1, m => m.Leaf = l => l.Without(Oids.FulcioIssuerV2).With(new MiniExtension(Oids.FulcioIssuerV1, false, "https://evil.example.com"u8.ToArray())));
        yield return new(CertificateIssuer, "the certificate names no issuer of the identity, and any would do", V1, m =>
        {
            m.Leaf = l => l.Without(Oids.FulcioIssuerV1).Without(Oids.FulcioIssuerV2);
            m.Policy = p => p with { CertificateIdentity = p.CertificateIdentity! with { Issuer = null, IssuerPattern = ".*" } };
        });
        yield return new(CertificateIssuer, "the certificate names no issuer of the identity", V1, m => m.Leaf = l => l.Without(Oids.FulcioIssuerV1).Without(Oids.FulcioIssuerV2));
        yield return new(CertificateIssuer, "the pattern matches a part of the issuer only", V1, m => m.Policy = p => p with { CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = MiniSigstore.Identity, IssuerPattern = "https://issuer" } });

        // The trusted root
        yield return new(TrustedRootMediaType, "the trusted root is of an unknown version", V1, m => m.TrustedRootJson = r => { r["mediaType"] = "application/vnd.dev.sigstore.trustedroot+json;version=9"; return r; });
        foreach (var owner in new[] { "tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities" })
            yield return new(TrustedRootValidity, $"one of the {owner} does not say since when it is trusted", V1, m => m.TrustedRootJson = r => { Owner(r, owner)["validFor"]!.AsObject().Remove("start"); return r; });
        yield return new(TrustedRootFormat, "the trusted root has no JSON object", V1, m => m.TrustedRootJson = r => { r["tlogs"] = "none"; return r; });
        yield return new(TrustedRootFormat, "an authority has no certificate", V1, m => m.TrustedRootJson = r => { r["certificateAuthorities"]![0]!["certChain"]!["certificates"] = new JsonArray(); return r; });
        yield return new(TrustedRootFormat, "a certificate of an authority is none", V1, m => m.TrustedRootJson = r => { r["certificateAuthorities"]![0]!["certChain"]!["certificates"]![0]!["rawBytes"] = "AAAA"; return r; });
        yield return new(TrustedRootFormat, "a log's key is of another kind than its details say", V1, m => m.TrustedRootJson = r => { r["tlogs"]![0]!["publicKey"]!["keyDetails"] = "PKIX_ED25519"; return r; });
        yield return new(TrustedRootFormat, "a time is not one", V1, m => m.TrustedRootJson = r => { r["tlogs"]![0]!["publicKey"]!["validFor"]!["start"] = "2024-01-01"; return r; });

        // Forms
        yield return new(CertificateFormat, "the certificate is not DER", V1, m => m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { Certificate = new byte[100] } });
        yield return new(CertificateFormat, "there is something after the certificate", V1, m => m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { Certificate = (byte[])[.. b.VerificationMaterial.Certificate!.Value.Span, 0] } });
        yield return new(CertificateFormat, "the list of promises is malformed", V1, m => (m.Promises, m.Leaf) = (_ => [], l => l.With(MiniExtension.Octets(Oids.SignedCertificateTimestamps, [0, 9, 1]))));
        yield return new(CertificateFormat, "a promise is of an unknown version", V1, m => m.Promises = p => [p with { Version = 1 }]);
        yield return new(CertificateFormat, "the names are malformed", V1, m => m.Leaf = l => l.With(new MiniExtension(Oids.SubjectAlternativeName, true, [0x30, 0x05, 0x81])));
        yield return new(VerificationStep.SigningMaterial, "a certificate signed where a key is expected", V1, m => m.Policy = _ => new VerificationPolicy { PublicKey = VerificationKey.FromPem(m.SignerKey.Pem) });
        yield return new(VerificationStep.SigningMaterial, "a key signed where an identity is expected", Managed, m => m.Policy = _ => new VerificationPolicy { CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = "a", Issuer = "b" } });
    }

    public static JsonObject End(JsonObject root, string owner)
    {
        Owner(root, owner)["validFor"] = MiniTrustedRoot.Period(MiniSigstore.Now.AddYears(-1), MiniSigstore.Now.AddSeconds(-1));
        return root;
    }

    public static JsonObject Begin(JsonObject root, string owner)
    {
        Owner(root, owner)["validFor"] = MiniTrustedRoot.Period(MiniSigstore.Now.AddSeconds(1), null);
        return root;
    }

    private static JsonObject Owner(JsonObject root, string owner) => (root[owner]![0]!["publicKey"] ?? root[owner]![0]!).AsObject();
}
