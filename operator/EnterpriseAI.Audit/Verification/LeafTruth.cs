using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Verification;

/// <summary>
/// Entries and tiles tell the leaf hashes twice. Where they differ, the signed root says which of the two is true: only one gives it.
/// </summary>
internal static class LeafTruth
{
    /// <summary>Sets <see cref="LeafTile.Truth"/> of every leaf.</summary>
    /// <param name="leaves">All leaves, in order.</param>
    /// <param name="root">The signed root; null when no checkpoint could be read.</param>
    /// <param name="levelOne">The tiles above the leaves, as the copy has them; empty where it has none.</param>
    /// <returns>Whether the truth gives the signed root, and so is the truth.</returns>
    public static bool Find(IReadOnlyList<LeafTile> leaves, Hash256? root, Func<long, ReadOnlyMemory<byte>> levelOne)
    {
        return Try(leaf => leaf.FromEntries ?? leaf.FromTile)
            || Try(leaf => leaf.FromTile ?? leaf.FromEntries)
            || Try(leaf => Likelier(leaf, levelOne));

        bool Try(Func<LeafTile, Hash256[]?> choice)
        {
            foreach (var leaf in leaves) leaf.Truth = choice(leaf);
            return leaves.All(leaf => leaf.Truth is not null) && MerkleTree.Root([.. leaves.SelectMany(leaf => leaf.Truth!)]) == root;
        }
    }

    // Both a tile and an entry elsewhere were changed: each leaf tile is judged by its own hash in the level above.
    private static Hash256[]? Likelier(LeafTile leaf, Func<long, ReadOnlyMemory<byte>> levelOne)
    {
        if (leaf.FromTile is null || leaf.FromEntries is null || leaf.Tile.IsPartial) return leaf.FromTile ?? leaf.FromEntries;
        var position = (int)(leaf.Tile.Index % TileCoordinate.FullWidth);
        var above = levelOne(leaf.Tile.Index / TileCoordinate.FullWidth).Span;
        return above.Length >= (position + 1) * Hash256.Size && HashTile.At(above, position) == MerkleTree.Root(leaf.FromEntries)
            ? leaf.FromEntries
            : leaf.FromTile;
    }
}
