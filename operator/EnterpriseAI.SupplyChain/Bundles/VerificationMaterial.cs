namespace EnterpriseAI.SupplyChain;

/// <summary>Who signed a bundle, and the evidence of others for it. Exactly one of the first three is set.</summary>
public sealed record VerificationMaterial
{
    /// <summary>The signing certificate, in DER: bundles v0.3.</summary>
    public ReadOnlyMemory<byte>? Certificate { get; init; }

    /// <summary>The signing certificate, and possibly intermediate ones after it, in DER: bundles v0.1 and v0.2, and model signatures with a certificate.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? X509CertificateChain { get; init; }

    /// <summary>Names the managed key that signed. Whoever verifies must have the key already.</summary>
    public PublicKeyIdentifier? PublicKey { get; init; }

    /// <summary>Where the signature is recorded.</summary>
    public IReadOnlyList<TransparencyLogEntry> TlogEntries { get; init; } = [];

    /// <summary>Timestamp responses (RFC 3161), in DER.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Rfc3161Timestamps { get; init; } = [];
}

/// <summary>Names a key. Trust nothing in it: it was written by whoever made the bundle.</summary>
/// <param name="Hint">A hash of the key, in a form that its maker and its user agree on.</param>
/// <param name="RawBytes">The PEM of the key, in model signatures before v1.1.0.</param>
public sealed record PublicKeyIdentifier(string? Hint, ReadOnlyMemory<byte>? RawBytes = null);

/// <summary>An entry of a transparency log with the log's evidence for it.</summary>
public sealed record TransparencyLogEntry
{
    /// <summary>The entry's index, as the log counts.</summary>
    public required long LogIndex { get; init; }

    /// <summary>Names the log's key.</summary>
    public required ReadOnlyMemory<byte> LogId { get; init; }

    /// <summary>What the entry is, e.g. <c>hashedrekord</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The version of <see cref="Kind"/>.</summary>
    public required string Version { get; init; }

    /// <summary>When the log took the entry, in seconds since 1970; 0 if the log does not say.</summary>
    public long IntegratedTime { get; init; }

    /// <summary>The log's signature over its promise to record the entry; null without.</summary>
    public ReadOnlyMemory<byte>? SignedEntryTimestamp { get; init; }

    /// <summary>The log's proof that the entry is recorded; null without.</summary>
    public InclusionProof? InclusionProof { get; init; }

    /// <summary>What the log recorded.</summary>
    public required ReadOnlyMemory<byte> CanonicalizedBody { get; init; }
}

/// <summary>A proof that an entry is in a log's tree (RFC 6962, section 2.1.1).</summary>
/// <param name="LogIndex">The entry's index in the tree.</param>
/// <param name="RootHash">The root of the tree.</param>
/// <param name="TreeSize">The number of entries in the tree.</param>
/// <param name="Hashes">The path from the entry to the root.</param>
/// <param name="Checkpoint">What the log signed about the tree, as a signed note; null without.</param>
public sealed record InclusionProof(
    long LogIndex, ReadOnlyMemory<byte> RootHash, long TreeSize, IReadOnlyList<ReadOnlyMemory<byte>> Hashes, string? Checkpoint);
