namespace EnterpriseAI.SupplyChain;

/// <summary>A bundle was refused. The message says at which step and what to do.</summary>
public sealed class VerificationException(VerificationStep step, string message, Exception? inner = null)
    : SupplyChainException(ReasonOf(step), message, inner)
{
    /// <summary>The first step that failed.</summary>
    public VerificationStep Step { get; } = step;

    private static SupplyChainReason ReasonOf(VerificationStep step) => step switch
    {
        VerificationStep.BundleFormat or VerificationStep.BundleMediaType or VerificationStep.BundleCertificateForm
            or VerificationStep.EnvelopeSignatureCount or VerificationStep.EnvelopePayloadType
            or VerificationStep.StatementFormat or VerificationStep.StatementType
            or VerificationStep.ImagePayloadFormat or VerificationStep.ImagePayloadType => SupplyChainReason.Malformed,
        VerificationStep.ImageStatementType => SupplyChainReason.SignatureMissing,
        VerificationStep.SigningMaterial => SupplyChainReason.WrongKey,
        VerificationStep.TrustedRootFormat or VerificationStep.TrustedRootMediaType or VerificationStep.TrustedRootValidity
            => SupplyChainReason.TrustedRootInvalid,
        VerificationStep.CertificateIdentity or VerificationStep.CertificateIssuer => SupplyChainReason.IdentityMismatch,
        VerificationStep.MessageDigest or VerificationStep.StatementSubject or VerificationStep.ImagePayloadDigest => SupplyChainReason.DigestMismatch,
        VerificationStep.ArtifactSignature or VerificationStep.EnvelopeSignature => SupplyChainReason.SignatureInvalid,
        >= VerificationStep.TimestampFormat and <= VerificationStep.VerifiedTime => SupplyChainReason.TimestampInvalid,
        >= VerificationStep.InclusionPromiseRequired and <= VerificationStep.LogThreshold => SupplyChainReason.TransparencyLogInvalid,
        _ => SupplyChainReason.CertificateUntrusted,
    };
}
