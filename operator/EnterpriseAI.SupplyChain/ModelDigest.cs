using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>
/// The SHA-256 digest that names an artifact: of a single file the hash of its bytes; of a folder the OMS root digest,
/// the hash of the concatenated raw hashes of its files sorted by path.
/// </summary>
public readonly record struct ModelDigest
{
    private const string Prefix = "sha256:";
    private readonly string? _hex;

    private ModelDigest(string hex) => _hex = hex;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => _hex ?? new string('0', 64);

    /// <summary>Reads <c>sha256:</c> followed by 64 lower-case hexadecimal digits.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Malformed"/>.</exception>
    public static ModelDigest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new SupplyChainException(SupplyChainReason.Malformed,
            $"'{text}' is not a digest: give 'sha256:' and 64 lower-case hexadecimal digits");

    /// <summary>As <see cref="Parse"/>, without the exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelDigest digest)
    {
        digest = default;
        if (text is not { Length: 71 } || !text.StartsWith(Prefix, StringComparison.Ordinal) || !IsLowerHex(text.AsSpan(Prefix.Length)))
            return false;
        digest = new ModelDigest(text[Prefix.Length..]);
        return true;
    }

    /// <summary>The digest of a single file's bytes.</summary>
    public static ModelDigest OfBytes(ReadOnlySpan<byte> bytes) => OfHash(SHA256.HashData(bytes));

    /// <summary>The digest of a folder with these files, which must already be in code point order.</summary>
    public static ModelDigest OfFolder(IEnumerable<ArtifactFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(file.Sha256.Span);
        return OfHash(hash.GetHashAndReset());
    }

    internal static ModelDigest OfHash(ReadOnlySpan<byte> sha256) => new(Convert.ToHexStringLower(sha256));

    internal static bool IsLowerHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("0123456789abcdef");

    /// <inheritdoc/>
    public override string ToString() => Prefix + Hex;
}
