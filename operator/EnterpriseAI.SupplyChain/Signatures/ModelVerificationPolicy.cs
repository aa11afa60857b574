namespace EnterpriseAI.SupplyChain;

/// <summary>What must hold before an artifact is used. Who must have signed it is said in one of three ways, or not at all.</summary>
public sealed record ModelVerificationPolicy
{
    /// <summary>The digest the artifact must have; any if null.</summary>
    public ModelDigest? ExpectedDigest { get; init; }

    /// <summary>The key that must have signed the artifact. When it is set, a signature is required.</summary>
    public EcdsaPublicKey? PublicKey { get; init; }

    /// <summary>The own authority whose certificate must have signed the artifact. When it is set, a signature is required.</summary>
    public TrustedCertificates? TrustedCertificates { get; init; }

    /// <summary>The Sigstore identity that must have signed the artifact; needs <see cref="TrustedRoot"/>. When it is set, a signature is required.</summary>
    public CertificateIdentity? CertificateIdentity { get; init; }

    /// <summary>The Sigstore instance that vouches for <see cref="CertificateIdentity"/>.</summary>
    public TrustedRoot? TrustedRoot { get; init; }

    /// <summary>Refuse an artifact that is not signed, or whose signature cannot be checked for want of a key. Default false.</summary>
    public bool RequireSignature { get; init; }

    /// <summary>The signature file; <see cref="ArtifactPaths.SignatureOf"/> if null.</summary>
    public string? SignaturePath { get; init; }

    /// <summary>Files or folders of the artifact that need not be signed and are not handed out.</summary>
    public IReadOnlyCollection<string> IgnorePaths { get; init; } = [];

    /// <summary>Verify only what is signed, and hand out nothing else. Default false: what is not signed is refused.</summary>
    public bool IgnoreUnsignedFiles { get; init; }

    public ArtifactLimits Limits { get; init; } = ArtifactLimits.Default;

    /// <summary>The clock that certificates of an own authority are checked by. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal bool ExpectsSigner => PublicKey is not null || TrustedCertificates is not null || CertificateIdentity is not null;

    internal void Validate(string path)
    {
        if ((PublicKey is null ? 0 : 1) + (TrustedCertificates is null ? 0 : 1) + (CertificateIdentity is null ? 0 : 1) > 1)
            throw new ArgumentException("give one of a public key, trusted certificates and an identity");
        if (CertificateIdentity is not null && TrustedRoot is null)
            throw new SupplyChainException(SupplyChainReason.TrustedRootInvalid, $"'{path}' must be signed by an identity, but no trusted root to check it with was given");
        if (RequireSignature && !ExpectsSigner)
            throw new SupplyChainException(SupplyChainReason.PublicKeyMissing, $"'{path}' must be signed, but no public key to check it with was given");
        if (IgnoreUnsignedFiles && !ExpectsSigner)
            throw new ArgumentException("unsigned files can be told from signed ones only when a signer is expected");
    }
}
