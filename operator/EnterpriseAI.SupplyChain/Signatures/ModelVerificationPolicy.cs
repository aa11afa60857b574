namespace EnterpriseAI.SupplyChain;

/// <summary>What must hold before an artifact is used.</summary>
public sealed record ModelVerificationPolicy
{
    /// <summary>The digest the artifact must have; any if null.</summary>
    public ModelDigest? ExpectedDigest { get; init; }

    /// <summary>The key that must have signed the artifact. When it is set, a signature is required.</summary>
    public EcdsaPublicKey? PublicKey { get; init; }

    /// <summary>Refuse an artifact that is not signed, or whose signature cannot be checked for want of a key. Default false.</summary>
    public bool RequireSignature { get; init; }

    /// <summary>The signature file; <see cref="ArtifactPaths.SignatureOf"/> if null.</summary>
    public string? SignaturePath { get; init; }

    /// <summary>Files or folders of the artifact that need not be signed and are not handed out.</summary>
    public IReadOnlyCollection<string> IgnorePaths { get; init; } = [];

    public ArtifactLimits Limits { get; init; } = ArtifactLimits.Default;
}
