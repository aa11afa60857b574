namespace EnterpriseAI.SupplyChain;

/// <summary>The key that a bundle's signature is checked with, and where it comes from.</summary>
/// <param name="Key">The key.</param>
/// <param name="Encoded">The DER of the certificate, or of the managed key, as a log records it.</param>
/// <param name="Certificate">The signing certificate; null for a managed key.</param>
/// <param name="Intermediates">Further certificates of the bundle, which are not trusted.</param>
internal sealed record SigningMaterial(VerificationKey Key, ReadOnlyMemory<byte> Encoded, Certificate? Certificate, IReadOnlyList<Certificate> Intermediates)
{
    /// <exception cref="VerificationException">The bundle is not signed by what the policy expects.</exception>
    public static SigningMaterial Of(SigstoreBundle bundle, VerificationPolicy policy)
    {
        var material = bundle.VerificationMaterial;
        if (policy.PublicKey is { } key)
        {
            return material.PublicKey is not null
                ? new SigningMaterial(key, key.SubjectPublicKeyInfo, null, [])
                : throw new VerificationException(VerificationStep.SigningMaterial, "the bundle is signed by a certificate, not by a key: give the expected identity and issuer instead of the key");
        }
        if (material.PublicKey is not null)
            throw new VerificationException(VerificationStep.SigningMaterial, "the bundle is signed by a key, not by a certificate: give the expected public key instead of the identity");
        IReadOnlyList<Certificate> chain = material.Certificate is { } only
            ? [SupplyChain.Certificate.Parse(only, "the signing certificate")]
            : [.. material.X509CertificateChain!.Select(static (der, index) => SupplyChain.Certificate.Parse(der, index == 0 ? "the signing certificate" : $"certificate {index} of the bundle"))];
        return new SigningMaterial(chain[0].Key, chain[0].RawData, chain[0], [.. chain.Skip(1)]);
    }
}
