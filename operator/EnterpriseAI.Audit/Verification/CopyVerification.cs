using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Verification;

/// <summary>One run of the verifier over one copy.</summary>
internal sealed class CopyVerification(LogCopy copy, LogVerifierKey key)
{
    private readonly List<AuditFault> _faults = [];

    public AuditVerification Run(Checkpoint? older)
    {
        var checkpoint = OpenCheckpoint();
        var size = checkpoint?.Size ?? copy.SizeByNames();
        var leaves = TileCoordinate.ForSize(size)
            .TakeWhile(tile => tile.Level == TileCoordinate.Entries)
            .Select(bundle => new LeafTile(copy, bundle))
            .ToList();
        var proved = LeafTruth.Find(leaves, checkpoint?.Root, index => copy.Read(TileOf(1, index, size).Path));
        if (checkpoint is not null && !proved && leaves.All(leaf => leaf.Truth is not null))
            Add(AuditFaultKind.Root, Checkpoint.FileName,
                $"{Checkpoint.FileName}: the signed root is {checkpoint.Root.ToBase64()}, and neither the entries nor the tiles give it: "
                + "the log was rewritten, and its tiles with it");
        foreach (var leaf in leaves) CheckEntries(leaf);
        CheckTiles(leaves, proved);
        CheckEvents(leaves);
        if (older is not null) CheckHistory(older, checkpoint, leaves);
        return new AuditVerification(checkpoint, leaves.Sum(leaf => (long)leaf.Entries.Count), _faults,
            [.. copy.TileFiles.Where(path => !TileCoordinate.TryParse(path, out var tile) || tile != TileOf(tile.Level, tile.Index, size))]);
    }

    // The tile as it is in a log of this size; of width 0 or less where the log has none.
    private static TileCoordinate TileOf(int level, long index, long size) =>
        new(level, index, (int)Math.Clamp(TileCoordinate.CountAt(level, size) - index * TileCoordinate.FullWidth, 0, TileCoordinate.FullWidth));

    private Checkpoint? OpenCheckpoint()
    {
        if (copy.Read(Checkpoint.FileName) is not { } note)
        {
            Add(AuditFaultKind.FileMissing, Checkpoint.FileName, $"{Checkpoint.FileName}: the file is missing; entries and tiles are only compared with each other");
            return null;
        }
        try
        {
            return Checkpoint.Open(note, key);
        }
        catch (FormatException e)
        {
            Add(AuditFaultKind.Checkpoint, Checkpoint.FileName,
                $"{Checkpoint.FileName}: the checkpoint is broken: {e.Message}; entries and tiles are only compared with each other");
            return null;
        }
    }

    private void CheckEntries(LeafTile leaf)
    {
        var path = leaf.Bundle.Path;
        if (leaf.BundleLength is null)
        {
            Add(AuditFaultKind.FileMissing, path, $"{path}: the file is missing; it held the entries {leaf.EntryIndex(0)} to {leaf.EntryIndex(leaf.Bundle.Width - 1)}");
            return;
        }
        for (var i = 0; i < leaf.Entries.Count && leaf.Truth is not null; i++)
        {
            var entry = leaf.Entries[i];
            if (entry.Hash == leaf.Truth[i]) continue;
            var place = $"{path}: entry {leaf.EntryIndex(i)}, bytes {entry.Slot.Offset} to {entry.Slot.Offset + entry.Slot.Length - 1}, is not the one that was recorded";
            if (leaf.IsFramed)
            {
                AddAt(AuditFaultKind.Entry, path, leaf.EntryIndex(i), entry.Slot.Offset, place);
                continue;
            }
            // A changed length moves the start of every later entry.
            AddAt(AuditFaultKind.Entry, path, leaf.EntryIndex(i), entry.Slot.Offset, place + "; the entries after it in this file cannot be told apart");
            return;
        }
        if (leaf.IsFramed) return;
        if (leaf.Entries.Count == leaf.Bundle.Width)
        {
            AddAt(AuditFaultKind.FileLength, path, null, leaf.End, $"{path}: the file has {leaf.BundleLength} bytes, but its {leaf.Bundle.Width} entries end at byte {leaf.End}");
            return;
        }
        var next = leaf.EntryIndex(leaf.Entries.Count);
        AddAt(AuditFaultKind.FileLength, path, next, leaf.End,
            $"{path}: entry {next}, at byte {leaf.End}, would end behind the end of the file ({leaf.BundleLength} bytes): the file was cut, or the entry's length changed");
    }

    private void CheckTiles(List<LeafTile> leaves, bool proved)
    {
        Hash256?[] hashes = [.. leaves.SelectMany(leaf => leaf.Truth?.Select(hash => (Hash256?)hash) ?? new Hash256?[leaf.Tile.Width])];
        for (var level = 0; hashes.Length > 0; level++)
        {
            var above = new List<Hash256?>();
            for (var start = 0; start < hashes.Length; start += TileCoordinate.FullWidth)
            {
                var truth = hashes.AsSpan(start, Math.Min(TileCoordinate.FullWidth, hashes.Length - start)).ToArray();
                CheckTile(new TileCoordinate(level, start / TileCoordinate.FullWidth, truth.Length), truth, proved);
                if (truth.Length == TileCoordinate.FullWidth)
                    above.Add(truth.Any(hash => hash is null) ? null : MerkleTree.Root([.. truth.Select(hash => hash!.Value)]));
            }
            hashes = [.. above];
        }
    }

    private void CheckTile(TileCoordinate tile, Hash256?[] truth, bool proved)
    {
        if (copy.Read(tile.Path) is not { } content)
        {
            Add(AuditFaultKind.FileMissing, tile.Path, $"{tile.Path}: the file is missing");
            return;
        }
        if (content.Length != truth.Length * Hash256.Size)
        {
            Add(AuditFaultKind.FileLength, tile.Path, $"{tile.Path}: the file has {content.Length} bytes instead of {truth.Length * Hash256.Size}");
            return;
        }
        for (var i = 0; i < truth.Length; i++)
        {
            if (truth[i] is not { } hash || HashTile.At(content, i) == hash) continue;
            var offset = i * Hash256.Size + content.AsSpan(i * Hash256.Size, Hash256.Size).CommonPrefixLength(hash.ToArray());
            AddAt(AuditFaultKind.Tile, tile.Path, tile.Level == 0 ? tile.Index * TileCoordinate.FullWidth + i : null, offset,
                $"{tile.Path}: hash {i} of this tile (level {tile.Level}, index {tile.Index}) does not follow from the "
                + $"{(proved ? "entries that were signed" : "entries")}; the first byte that differs is {offset}");
        }
    }

    private void CheckEvents(List<LeafTile> leaves)
    {
        var seen = new Dictionary<Hash256, long>();
        foreach (var leaf in leaves)
        {
            for (var i = 0; i < leaf.Entries.Count; i++)
            {
                var entry = leaf.Entries[i];
                // Of a changed entry it is said already.
                if (leaf.Truth is not null && leaf.Truth[i] != entry.Hash) continue;
                var index = leaf.EntryIndex(i);
                if (entry.Problem is { } problem)
                    AddAt(AuditFaultKind.Entry, leaf.Bundle.Path, index, entry.Slot.Offset, $"{leaf.Bundle.Path}: entry {index} is not an event as the log writes them: {problem}");
                else if (!seen.TryAdd(entry.Id, index))
                    AddAt(AuditFaultKind.DuplicateId, leaf.Bundle.Path, index, entry.Slot.Offset, $"{leaf.Bundle.Path}: entry {index} has the id of entry {seen[entry.Id]}");
            }
        }
    }

    private void CheckHistory(Checkpoint older, Checkpoint? checkpoint, List<LeafTile> leaves)
    {
        // Without a checkpoint or without every hash there is nothing to compare, and that is said already.
        if (checkpoint is null || leaves.Any(leaf => leaf.Truth is null)) return;
        if (older.Size > checkpoint.Size)
            Add(AuditFaultKind.History, Checkpoint.FileName,
                $"{Checkpoint.FileName}: the log has {checkpoint.Size} entries, but had {older.Size} when the older checkpoint was signed: entries were cut off");
        else if (MerkleTree.Root([.. leaves.SelectMany(leaf => leaf.Truth!).Take((int)older.Size)]) != older.Root)
            Add(AuditFaultKind.History, Checkpoint.FileName,
                $"{Checkpoint.FileName}: the first {older.Size} entries are not those of the older checkpoint: history was rewritten");
    }

    private void Add(AuditFaultKind kind, string file, string message) => _faults.Add(new AuditFault(kind, file, message));

    private void AddAt(AuditFaultKind kind, string file, long? entry, long? offset, string message) =>
        _faults.Add(new AuditFault(kind, file, message) { EntryIndex = entry, ByteOffset = offset });
}
