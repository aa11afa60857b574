using System.Security.Cryptography;

namespace EnterpriseAI.Audit.Merkle;

/// <summary>The three hashes of RFC 6962, section 2.1. The prefix byte keeps a leaf from passing for a node.</summary>
public static class MerkleHasher
{
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;

    /// <summary>The root of a tree without entries.</summary>
    public static Hash256 EmptyRoot { get; } = Hash256.Read(SHA256.HashData([]));

    /// <summary>The leaf hash of an entry's bytes.</summary>
    public static Hash256 Leaf(ReadOnlySpan<byte> entry)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData([LeafPrefix]);
        sha.AppendData(entry);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        sha.GetHashAndReset(hash);
        return Hash256.Read(hash);
    }

    /// <summary>The hash of an inner node.</summary>
    public static Hash256 Node(Hash256 left, Hash256 right)
    {
        Span<byte> input = stackalloc byte[1 + 2 * Hash256.Size];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Hash256.Size)..]);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        SHA256.HashData(input, hash);
        return Hash256.Read(hash);
    }
}
