using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Server;

/// <summary>Single entries and proofs out of the committed tiles.</summary>
internal sealed class EntryReader(LogStore store)
{
    /// <summary>The entries from <paramref name="start"/> to the end of the log as it is when the reading begins, in order.</summary>
    public IEnumerable<(long Index, ReadOnlyMemory<byte> Entry)> Read(long start)
    {
        var size = store.Current.Size;
        for (var index = start; index < size;)
        {
            var bundleIndex = index / TileCoordinate.FullWidth;
            var width = (int)Math.Min(TileCoordinate.FullWidth, size - bundleIndex * TileCoordinate.FullWidth);
            var bundle = Tile(new TileCoordinate(TileCoordinate.Entries, bundleIndex, width));
            foreach (var slot in EntryBundle.Locate(bundle.Span, width).Slots.Skip((int)(index % TileCoordinate.FullWidth)))
                yield return (index++, bundle.Slice(slot.Offset, slot.Length));
        }
    }

    /// <summary>The proof for one entry in a tree that is not larger than the log.</summary>
    public InclusionProof Prove(long index, long size)
    {
        var nodes = HashTile.Nodes(Tile);
        var hashes = MerkleTree.InclusionProof(index, size, nodes);
        return new InclusionProof(index, size, nodes(0, index).ToBase64(), MerkleTree.Root(size, nodes).ToBase64(), [.. hashes.Select(h => h.ToBase64())]);
    }

    private ReadOnlyMemory<byte> Tile(TileCoordinate tile) =>
        store.ReadTile(tile) ?? throw new LogDamagedException(tile.Path, "the log has no such tile");
}
