using System.Numerics;

namespace EnterpriseAI.Audit.Merkle;

/// <summary>
/// Checks proofs as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say. It shares no code with what makes proofs, takes every
/// argument but the proof from its caller, and answers no to whatever it cannot follow.
/// </summary>
public static class MerkleProofVerifier
{
    /// <summary>Whether the leaf hash is at <paramref name="index"/> of the tree of <paramref name="size"/> leaves with this root.</summary>
    public static bool VerifyInclusion(Hash256 leaf, long index, long size, IReadOnlyList<Hash256> proof, Hash256 root)
    {
        if (index < 0 || index >= size) return false;
        var node = index;
        var last = size - 1;
        var hash = leaf;
        foreach (var sibling in proof)
        {
            if (last == 0) return false;
            if (IsRight(node) || node == last)
            {
                hash = MerkleHasher.Node(sibling, hash);
                SkipLonelyLevels(ref node, ref last);
            }
            else
            {
                hash = MerkleHasher.Node(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    /// <summary>Whether the tree of the second size and root only adds leaves to the tree of the first size and root.</summary>
    public static bool VerifyConsistency(
        long firstSize, Hash256 firstRoot, long secondSize, Hash256 secondRoot, IReadOnlyList<Hash256> proof)
    {
        if (firstSize < 0 || firstSize > secondSize) return false;
        if (firstSize == 0) return proof.Count == 0 && firstRoot == MerkleHasher.EmptyRoot;
        if (firstSize == secondSize) return proof.Count == 0 && firstRoot == secondRoot;
        if (proof.Count == 0) return false;

        var node = firstSize - 1;
        var last = secondSize - 1;
        while (IsRight(node))
        {
            node >>= 1;
            last >>= 1;
        }
        // A complete old tree is itself the start of the path; the proof leaves it out.
        var complete = BitOperations.IsPow2(firstSize);
        var first = complete ? firstRoot : proof[0];
        var second = first;
        foreach (var sibling in proof.Skip(complete ? 0 : 1))
        {
            if (last == 0) return false;
            if (IsRight(node) || node == last)
            {
                first = MerkleHasher.Node(sibling, first);
                second = MerkleHasher.Node(sibling, second);
                SkipLonelyLevels(ref node, ref last);
            }
            else
            {
                second = MerkleHasher.Node(second, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && first == firstRoot && second == secondRoot;
    }

    // The last node of a level that has no sibling moves up as it is.
    private static void SkipLonelyLevels(ref long node, ref long last)
    {
        while (!IsRight(node) && node != 0)
        {
            node >>= 1;
            last >>= 1;
        }
    }

    private static bool IsRight(long node) => (node & 1) == 1;
}
