using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>The hashes that model signatures use for files. BLAKE3, which the format allows too, is in no library that is at hand here.</summary>
public enum ContentHashKind
{
    Sha256,

    /// <summary>BLAKE2b-512 (RFC 7693).</summary>
    Blake2b,
}

/// <summary>A hash in the making, of one of the kinds that model signatures use.</summary>
internal sealed class ContentHash : IDisposable
{
    private readonly IncrementalHash? _sha256;
    private readonly LibCrypto.Blake2b? _blake2b;

    public ContentHash(ContentHashKind kind)
    {
        if (kind is ContentHashKind.Sha256)
            _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        else
            _blake2b = LibCrypto.Instance.CreateBlake2b();
    }

    public void Append(ReadOnlySpan<byte> data)
    {
        _sha256?.AppendData(data);
        _blake2b?.Append(data);
    }

    public byte[] GetHashAndReset() => _sha256?.GetHashAndReset() ?? _blake2b!.GetHashAndReset();

    public void Dispose()
    {
        _sha256?.Dispose();
        _blake2b?.Dispose();
    }
}

/// <summary>The parts of an artifact that a signature has hashes of: whole files, or ranges of them.</summary>
/// <param name="Hash">The hash of each part.</param>
/// <param name="ShardSize">The size of a range in bytes; null for whole files.</param>
internal sealed record PartHashing(ContentHashKind Hash, long? ShardSize)
{
    /// <summary>Whole files by SHA-256: what an artifact is hashed with in any case.</summary>
    public static PartHashing Files { get; } = new(ContentHashKind.Sha256, null);

    /// <summary>The name of a part in a signature.</summary>
    public string PartName(string file, long start, long end) => ShardSize is null ? file : $"{file}:{start}:{end}";

    /// <summary>Where the parts of a file of this length begin and end. An empty file has no ranges.</summary>
    public IEnumerable<(long Start, long End)> Parts(long length)
    {
        if (ShardSize is not { } size)
        {
            yield return (0, length);
            yield break;
        }
        for (long start = 0; start < length; start = checked(start + size))
            yield return (start, Math.Min(length, start > length - size ? length : start + size));
    }
}
