namespace EnterpriseAI.SupplyChain;

/// <summary>Checks what a bundle of each version must look like, beyond what can be read at all.</summary>
internal static class BundleForm
{
    /// <param name="bundle">The bundle.</param>
    /// <param name="isKeyless">False when a managed key or an own certificate authority is expected.</param>
    /// <param name="checks">The checks to make.</param>
    /// <exception cref="VerificationException">Its media type is unknown, or it carries what its version does not allow.</exception>
    public static void Check(SigstoreBundle bundle, bool isKeyless, CheckSet checks)
    {
        if (bundle.Version is null)
            checks.Refuse(VerificationStep.BundleMediaType,
                $"the media type '{bundle.MediaType}' is not a bundle's of version 0.1, 0.2 or 0.3: update this program, or make a bundle of version 0.3");
        if (!isKeyless || bundle.VerificationMaterial.X509CertificateChain is not { } chain)
            return;
        if (bundle.Version is BundleVersion.V03)
            checks.Refuse(VerificationStep.BundleCertificateForm, "a bundle v0.3 must carry the signing certificate alone, as 'certificate', not as x509CertificateChain");
        for (var i = 0; i < chain.Count; i++)
            if (Certificate.Parse(chain[i], $"certificate {i} of the bundle").IsSelfSigned)
                checks.Refuse(VerificationStep.BundleRootCertificate, $"certificate {i} of the bundle is a root: roots must come from where they are trusted, not with the signature");
    }
}
