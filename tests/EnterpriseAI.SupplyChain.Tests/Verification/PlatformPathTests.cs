using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>Certificate paths are judged here by own code: it must refuse whatever the platform's own chain building refuses.</summary>
public class PlatformPathTests
{
    private static readonly VerificationStep[] PathSteps =
    [
        VerificationStep.CertificateIssuerName, VerificationStep.CertificateSignature, VerificationStep.CertificateValidity, VerificationStep.CertificateBasicConstraints,
        VerificationStep.CertificatePathLength, VerificationStep.CertificateKeyUsage, VerificationStep.CertificateExtendedKeyUsage, VerificationStep.CertificateCriticalExtensions,
    ];

    // What the platform lets pass and is refused here, each on purpose.
    private static readonly string[] StricterHere =
    [
        "the certificate may not sign data", "the issuer has critical name constraints", "the certificate does not say what it is for",
        "only the log's time is outside the certificate, the timestamp is inside", "only the timestamp is outside the certificate, the log's time is inside",
    ];

    private static IEnumerable<TestCaseData> Vectors() => NegativeVector.All
        .Where(vector => PathSteps.Contains(vector.Step) && !vector.Shape.Managed && !vector.Name.Contains("timestamp authority"))
        .Select(vector => new TestCaseData(vector).SetArgDisplayNames(vector.Name));

    [TestCaseSource(nameof(Vectors))]
    public void The_platform_refuses_the_same_paths(object of)
    {
        var vector = (NegativeVector)of;
        var (accepted, why) = Platform(vector.Make());
        Assert.That(accepted, Is.EqualTo(StricterHere.Contains(vector.Name)), why);
    }

    [Test]
    public void The_platform_accepts_what_is_accepted_here()
    {
        foreach (var shape in MiniShape.Valid().Where(shape => !shape.Managed))
        {
            var made = new MiniSigstore(shape).Build();
            made.Verify();
            Assert.That(Platform(made).Accepted, Is.True, shape.ToString());
        }
    }

    private static (bool Accepted, string Why) Platform(MiniCase made)
    {
        var material = SigstoreBundle.Deserialize(made.Bundle).VerificationMaterial;
        var authority = TrustedRoot.Deserialize(Encoding.UTF8.GetBytes(made.TrustedRoot)).CertificateAuthorities[0];
        using var leaf = X509CertificateLoader.LoadCertificate((material.Certificate ?? material.X509CertificateChain![0]).Span);
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                VerificationTime = MiniSigstore.Now.UtcDateTime,
                VerificationTimeIgnored = false,
                ApplicationPolicy = { new Oid(Oids.CodeSigning) },
            },
        };
        chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.Anchors[0].RawData.Span));
        foreach (var intermediate in authority.Intermediates)
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(intermediate.RawData.Span));
        var accepted = chain.Build(leaf);
        return (accepted, string.Join(", ", chain.ChainStatus.Select(status => status.Status)));
    }
}
