using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Computes the root of a tree from an entry and its path (RFC 6962, section 2.1.1; RFC 9162, section 2.1.3.2).</summary>
internal static class MerkleInclusion
{
    public const int HashBytes = SHA256.HashSizeInBytes;

    // Different prefixes, so that no entry can pass for an inner node.
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;

    public static byte[] LeafHash(ReadOnlySpan<byte> entry) => SHA256.HashData([LeafPrefix, .. entry]);

    /// <summary>The root that a path leads to; null when the path does not fit the index and the size.</summary>
    public static byte[]? Root(ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<ReadOnlyMemory<byte>> path)
    {
        if (index < 0 || index >= size)
            return null;
        var (node, last) = (index, size - 1);
        Span<byte> hash = stackalloc byte[HashBytes];
        Span<byte> pair = stackalloc byte[1 + (2 * HashBytes)];
        pair[0] = NodePrefix;
        leafHash.CopyTo(hash);
        foreach (var sibling in path)
        {
            if (last == 0 || sibling.Length != HashBytes)
                return null;
            var isRight = (node & 1) == 1 || node == last;
            (isRight ? sibling.Span : hash).CopyTo(pair[1..]);
            (isRight ? hash : sibling.Span).CopyTo(pair[(1 + HashBytes)..]);
            SHA256.HashData(pair, hash);
            // The last node of a level without a sibling moves up as it is.
            while (isRight && (node & 1) == 0 && node != 0)
                (node, last) = (node >> 1, last >> 1);
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 ? hash.ToArray() : null;
    }
}
