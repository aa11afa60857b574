using EnterpriseAI.Audit.Merkle;

namespace EnterpriseAI.Audit.Tiles;

/// <summary>The hashes of a tile as they lie in its file, one behind the other.</summary>
public static class HashTile
{
    /// <summary>The hash at a position.</summary>
    public static Hash256 At(ReadOnlySpan<byte> tile, int position) => Hash256.Read(tile[(position * Hash256.Size)..]);

    /// <summary>The root over the whole tile, which is its hash in the level above when it is full.</summary>
    public static Hash256 Root(ReadOnlySpan<byte> tile)
    {
        var hashes = new Hash256[tile.Length / Hash256.Size];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = At(tile, i);
        return MerkleTree.Root(hashes);
    }

    /// <summary>Finds any complete subtree in the tiles of a log.</summary>
    /// <param name="tile">Gives at least the named number of hashes of the tile at (level, index).</param>
    public static MerkleNodeReader Nodes(Func<TileCoordinate, ReadOnlyMemory<byte>> tile) => (level, index) =>
    {
        var count = 1 << (level % 8);
        var first = index * count;
        var position = (int)(first % TileCoordinate.FullWidth);
        var hashes = tile(new TileCoordinate(level / 8, first / TileCoordinate.FullWidth, position + count));
        return Root(hashes.Span.Slice(position * Hash256.Size, count * Hash256.Size));
    };
}
