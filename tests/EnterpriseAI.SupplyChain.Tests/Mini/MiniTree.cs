using System.Numerics;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>A Merkle tree written down from its definition (RFC 6962, section 2.1), by recursion; shares nothing with what checks proofs.</summary>
internal static class MiniTree
{
    public static byte[] Leaf(byte[] entry) => SHA256.HashData([0, .. entry]);

    public static byte[] Root(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 1)
            return leaves[0];
        var split = Split(leaves.Length);
        return SHA256.HashData([1, .. Root(leaves[..split]), .. Root(leaves[split..])]);
    }

    public static IReadOnlyList<byte[]> Path(int index, ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 1)
            return [];
        var split = Split(leaves.Length);
        return index < split
            ? [.. Path(index, leaves[..split]), Root(leaves[split..])]
            : [.. Path(index - split, leaves[split..]), Root(leaves[..split])];
    }

    // The largest power of two below the number of leaves.
    private static int Split(int leaves) => 1 << BitOperations.Log2((uint)leaves - 1);
}
