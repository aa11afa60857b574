namespace EnterpriseAI.SupplyChain;

/// <summary>What must hold for a bundle: who signed it, and who else has seen that.</summary>
public sealed record VerificationPolicy
{
    /// <summary>The identity in the signing certificate. Give this or <see cref="PublicKey"/>.</summary>
    public CertificateIdentity? CertificateIdentity { get; init; }

    /// <summary>The managed key that must have signed.</summary>
    public VerificationKey? PublicKey { get; init; }

    /// <summary>Refuse what is recorded in no transparency log. Default true. Entries that are there are checked in any case.</summary>
    public bool RequireTransparencyLog { get; init; } = true;

    /// <summary>How many different logs must have recorded the signature when one is required. Default 1.</summary>
    public int TransparencyLogThreshold { get; init; } = 1;

    /// <summary>Refuse what no timestamp authority has seen, even when a log tells the time. Default false.</summary>
    public bool RequireSignedTimestamps { get; init; }

    /// <summary>How many different authorities must have signed a timestamp when one is required. Default 1.</summary>
    public int SignedTimestampThreshold { get; init; } = 1;

    /// <summary>Refuse a certificate that no certificate transparency log has promised to record. Default true.</summary>
    public bool RequireSignedCertificateTimestamps { get; init; } = true;

    internal void Validate()
    {
        if (CertificateIdentity is null == PublicKey is null)
            throw new ArgumentException("give the expected identity or the expected public key, and not both");
        if (TransparencyLogThreshold < 1 || SignedTimestampThreshold < 1)
            throw new ArgumentException("a threshold is at least 1");
        CertificateIdentity?.Validate();
    }
}
