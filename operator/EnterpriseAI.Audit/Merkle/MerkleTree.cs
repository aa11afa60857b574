using System.Numerics;

namespace EnterpriseAI.Audit.Merkle;

/// <summary>
/// Gives the hash of a complete subtree: <paramref name="level"/> 0 is a leaf hash, level k covers 2^k leaves, and
/// <paramref name="index"/> counts subtrees of that level from the left.
/// </summary>
public delegate Hash256 MerkleNodeReader(int level, long index);

/// <summary>Roots and proofs of RFC 6962 over a source of complete subtrees. What it makes, <see cref="MerkleProofVerifier"/> checks.</summary>
public static class MerkleTree
{
    /// <summary>The root of the tree of the first <paramref name="size"/> leaves.</summary>
    public static Hash256 Root(long size, MerkleNodeReader nodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return size == 0 ? MerkleHasher.EmptyRoot : Range(0, size, nodes);
    }

    /// <summary>The root over leaf hashes that are all at hand.</summary>
    public static Hash256 Root(ReadOnlySpan<Hash256> leaves)
    {
        if (leaves.IsEmpty) return MerkleHasher.EmptyRoot;
        if (leaves.Length == 1) return leaves[0];
        var left = (int)LeftSize(leaves.Length);
        return MerkleHasher.Node(Root(leaves[..left]), Root(leaves[left..]));
    }

    /// <summary>The audit path of one leaf, from the leaf upwards.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static IReadOnlyList<Hash256> InclusionProof(long index, long size, MerkleNodeReader nodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<Hash256>();
        AddPath(0, size);
        return proof;

        void AddPath(long start, long end)
        {
            if (end - start == 1) return;
            var middle = start + LeftSize(end - start);
            if (index < middle)
            {
                AddPath(start, middle);
                proof.Add(Range(middle, end, nodes));
            }
            else
            {
                AddPath(middle, end);
                proof.Add(Range(start, middle, nodes));
            }
        }
    }

    /// <summary>The proof that the tree of <paramref name="first"/> leaves is a prefix of the tree of <paramref name="second"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is greater than <paramref name="second"/>.</exception>
    public static IReadOnlyList<Hash256> ConsistencyProof(long first, long second, MerkleNodeReader nodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        var proof = new List<Hash256>();
        if (first > 0 && first < second) AddSubproof(0, second, whole: true);
        return proof;

        void AddSubproof(long start, long end, bool whole)
        {
            if (first == end)
            {
                // The verifier knows the whole old tree already: it is what it compares with.
                if (!whole) proof.Add(Range(start, end, nodes));
                return;
            }
            var middle = start + LeftSize(end - start);
            if (first <= middle)
            {
                AddSubproof(start, middle, whole);
                proof.Add(Range(middle, end, nodes));
            }
            else
            {
                AddSubproof(middle, end, whole: false);
                proof.Add(Range(start, middle, nodes));
            }
        }
    }

    private static Hash256 Range(long start, long end, MerkleNodeReader nodes)
    {
        var count = end - start;
        if (BitOperations.IsPow2(count)) return nodes(BitOperations.Log2((ulong)count), start / count);
        var middle = start + LeftSize(count);
        return MerkleHasher.Node(Range(start, middle, nodes), Range(middle, end, nodes));
    }

    // The greatest power of two below count.
    private static long LeftSize(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
