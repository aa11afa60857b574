using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>What a bundle signs: an artifact, by its digests, or an envelope.</summary>
/// <param name="Signature">The signature.</param>
/// <param name="Envelope">The envelope; null when the artifact itself is signed.</param>
/// <param name="Artifact">The artifact; null when only the envelope is to be verified.</param>
internal sealed record SignedContent(ReadOnlyMemory<byte> Signature, DsseEnvelope? Envelope, ArtifactDigests? Artifact)
{
    private readonly Lazy<byte[]?> _encoding = new(() => Envelope?.PreAuthenticationEncoding());

    /// <summary>The bytes that an envelope's signature is over; null for an artifact.</summary>
    public byte[]? EnvelopeEncoding => _encoding.Value;

    /// <summary>The hash of what the signature is over; null when it is not known.</summary>
    public byte[]? Digest(HashAlgorithmName hash) =>
        EnvelopeEncoding is { } encoding ? CryptographicOperations.HashData(hash, encoding) : Artifact?.Digest(hash);
}
