using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>A digest as registries write it: <c>sha256:</c> and 64 hexadecimal digits, or <c>sha512:</c> and 128.</summary>
public sealed record OciDigest
{
    private OciDigest(HashAlgorithmType algorithm, string hex) => (Algorithm, Hex) = (algorithm, hex);

    public HashAlgorithmType Algorithm { get; }

    /// <summary>In lower case.</summary>
    public string Hex { get; }

    internal HashAlgorithmName Hash => SigstoreHash.Of(Algorithm);

    private string Prefix => SigstoreHash.InTotoName(Hash);

    /// <summary>The tag that stands for what refers to this digest, in registries without the referrers API.</summary>
    /// <remarks>No longer than a tag may be: the specification cuts longer digests.</remarks>
    public string FallbackTag => $"{Prefix}-{Hex[..64]}";

    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Malformed"/>.</exception>
    public static OciDigest Parse(string text) => TryParse(text, out var digest) ? digest
        : throw new SupplyChainException(SupplyChainReason.Malformed,
            $"'{text}' is not a digest: give 'sha256:' and 64, or 'sha512:' and 128 lower-case hexadecimal digits");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out OciDigest? digest)
    {
        digest = (text?.Length, text?.Split(':', 2)) switch
        {
            (7 + (2 * SHA256.HashSizeInBytes), ["sha256", var hex]) when ModelDigest.IsLowerHex(hex) => new OciDigest(HashAlgorithmType.Sha256, hex),
            (7 + (2 * SHA512.HashSizeInBytes), ["sha512", var hex]) when ModelDigest.IsLowerHex(hex) => new OciDigest(HashAlgorithmType.Sha512, hex),
            _ => null,
        };
        return digest is not null;
    }

    /// <summary>The SHA-256 of some bytes.</summary>
    public static OciDigest Of(ReadOnlySpan<byte> bytes) => OfHash(HashAlgorithmType.Sha256, SHA256.HashData(bytes));

    internal static OciDigest OfHash(HashAlgorithmType algorithm, ReadOnlySpan<byte> hash) => new(algorithm, Convert.ToHexStringLower(hash));

    /// <summary>True when this is the digest of the bytes.</summary>
    public bool IsOf(ReadOnlySpan<byte> bytes) => OfHash(Algorithm, CryptographicOperations.HashData(Hash, bytes)) == this;

    /// <inheritdoc/>
    public override string ToString() => $"{Prefix}:{Hex}";
}
