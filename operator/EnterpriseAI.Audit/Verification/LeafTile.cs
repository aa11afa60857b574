using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Verification;

/// <summary>One bundle of entries and the tile of their leaf hashes, as a copy has them: the same hashes told twice.</summary>
internal sealed class LeafTile
{
    /// <param name="copy">Where they are read from. Only what the checks need stays in memory.</param>
    /// <param name="bundle">The bundle.</param>
    public LeafTile(LogCopy copy, TileCoordinate bundle)
    {
        Bundle = bundle;
        Tile = bundle with { Level = 0 };
        if (copy.Read(Bundle.Path) is { } content)
        {
            BundleLength = content.Length;
            var (slots, end) = EntryBundle.Locate(content, bundle.Width);
            End = end;
            Entries = [.. slots.Select(slot => LeafEntry.Read(slot, content.AsMemory(slot.Offset, slot.Length)))];
        }
        if (copy.Read(Tile.Path) is { } tile && tile.Length == bundle.Width * Hash256.Size)
            FromTile = [.. Enumerable.Range(0, bundle.Width).Select(i => HashTile.At(tile, i))];
    }

    public TileCoordinate Bundle { get; }

    public TileCoordinate Tile { get; }

    /// <summary>The entries that could be read; all of them when <see cref="IsFramed"/>.</summary>
    public IReadOnlyList<LeafEntry> Entries { get; } = [];

    /// <summary>The bundle's length in bytes; null when the file is missing.</summary>
    public int? BundleLength { get; }

    /// <summary>Where in the bundle the last readable entry ends.</summary>
    public int End { get; }

    /// <summary>Whether the bundle holds exactly its entries and nothing behind them.</summary>
    public bool IsFramed => Entries.Count == Bundle.Width && End == BundleLength;

    /// <summary>The leaf hashes of the entries; null when not all of them could be read.</summary>
    public Hash256[]? FromEntries => IsFramed ? [.. Entries.Select(entry => entry.Hash)] : null;

    /// <summary>The leaf hashes in the tile's file; null when it is missing or has the wrong length.</summary>
    public Hash256[]? FromTile { get; }

    /// <summary>The hashes that are taken for true; null when neither file tells them.</summary>
    public Hash256[]? Truth { get; set; }

    public long EntryIndex(int position) => Bundle.Index * TileCoordinate.FullWidth + position;
}

/// <summary>One entry of a bundle.</summary>
/// <param name="Slot">Where it lies.</param>
/// <param name="Hash">Its leaf hash.</param>
/// <param name="Id">The event's id; meaningless when there is a problem.</param>
/// <param name="Problem">Why it is not an event as the log writes them, or null.</param>
internal readonly record struct LeafEntry(EntryBundle.Slot Slot, Hash256 Hash, Hash256 Id, string? Problem)
{
    public static LeafEntry Read(EntryBundle.Slot slot, ReadOnlyMemory<byte> entry)
    {
        var hash = MerkleHasher.Leaf(entry.Span);
        try
        {
            var read = AuditEventReader.Read(entry);
            return new(slot, hash, read.Id, read.Canonical.AsSpan().SequenceEqual(entry.Span) ? null : "it is not in canonical form");
        }
        catch (InvalidAuditEventException e)
        {
            return new(slot, hash, default, e.Message);
        }
    }
}
