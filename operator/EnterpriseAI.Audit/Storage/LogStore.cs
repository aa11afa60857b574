using System.Globalization;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Storage;

/// <summary>
/// The log on disk, in exactly the files that C2SP tlog-tiles serves. One writer at a time calls <see cref="Commit"/>;
/// <see cref="Current"/> may be read by anyone.
/// </summary>
/// <remarks>
/// Guarantees: the durable replacement of <c>checkpoint</c> is the one moment at which entries come to be. Everything it speaks of is
/// durable before; whatever lies beyond it after a crash was never acknowledged, is not served, and is overwritten.
/// </remarks>
internal sealed class LogStore
{
    private const string TemporarySuffix = ".tmp";

    private readonly ILogFiles _files;
    private readonly LogSigningKey _key;
    private EntryIds _ids;
    private volatile CommittedLog _current;

    private LogStore(ILogFiles files, LogSigningKey key)
    {
        _files = files;
        _key = key;
        (_current, _ids) = Recover();
    }

    /// <summary>What is committed.</summary>
    public CommittedLog Current => _current;

    /// <summary>Opens the log, or begins one in an empty directory.</summary>
    /// <exception cref="LogDamagedException">What is there is not a log that this key signed, or is damaged.</exception>
    /// <exception cref="IOException">The volume fails.</exception>
    public static LogStore Open(ILogFiles files, LogSigningKey key) => new(files, key);

    /// <summary>Goes back to what is on disk. Called after a failed commit, of which nobody knows how far it came.</summary>
    public void Reopen() => (_current, _ids) = Recover();

    /// <summary>The index of an id that is committed.</summary>
    public bool TryGetIndex(Hash256 id, out long index) => _ids.TryGetIndex(id, out index);

    /// <summary>Appends entries; when it returns they are durable.</summary>
    /// <param name="entries">At most 256, none of whose ids is in the log.</param>
    /// <exception cref="IOException">The volume failed. <see cref="Reopen"/> before anything else.</exception>
    public void Commit(IReadOnlyList<(Hash256 Id, byte[] Entry)> entries)
    {
        var before = _current;
        var (state, changed) = before.State.Append([.. entries.Select(e => e.Entry)]);
        foreach (var file in changed) Replace(file.Tile.Path, file.Content);
        _files.WriteAt(EntryIds.FileName, before.Size * Hash256.Size, EntryIds.Encode([.. entries.Select(e => e.Id)]));

        var checkpoint = new Checkpoint(_key.Verifier.Name, state.Size, state.Root());
        var note = checkpoint.Sign(_key);
        Replace(Checkpoint.FileName, note);

        for (var i = 0; i < entries.Count; i++) _ids.Add(entries[i].Id, before.Size + i);
        _current = new CommittedLog(state, checkpoint, note);
        RemoveStalePartials(state.Size);
    }

    /// <summary>A tile or bundle of the committed log, cut to the width asked for; null when the log has no such tile.</summary>
    /// <exception cref="LogDamagedException">The log has it, and the volume has not.</exception>
    public ReadOnlyMemory<byte>? ReadTile(TileCoordinate tile)
    {
        var log = _current;
        var available = TileCoordinate.CountAt(tile.Level, log.Size) - tile.Index * TileCoordinate.FullWidth;
        if (tile.Index < 0 || available < tile.Width) return null;
        byte[] content;
        if (available < TileCoordinate.FullWidth)
            content = tile.Level == TileCoordinate.Entries ? log.State.Bundle : log.State.Edges[tile.Level];
        else
            content = _files.Read(tile.FullPath) ?? throw new LogDamagedException(tile.FullPath, "the file is missing");
        if (tile.Level != TileCoordinate.Entries)
            return content.Length >= tile.Width * Hash256.Size
                ? content.AsMemory(0, tile.Width * Hash256.Size)
                : throw new LogDamagedException(tile.FullPath, $"the file has {content.Length} bytes, fewer than {tile.Width} hashes");
        var (slots, end) = EntryBundle.Locate(content, tile.Width);
        return slots.Count == tile.Width
            ? content.AsMemory(0, end)
            : throw new LogDamagedException(tile.FullPath, $"the file holds {slots.Count} entries, fewer than {tile.Width}");
    }

    private (CommittedLog, EntryIds) Recover()
    {
        if (_files.Read(Checkpoint.FileName) is not { } note) note = Begin();
        // The last rename may have been seen by this process and still be undone by a power cut.
        _files.SyncFolder("");

        Checkpoint checkpoint;
        try
        {
            checkpoint = Checkpoint.Open(note, _key.Verifier);
        }
        catch (FormatException e)
        {
            throw new LogDamagedException(Checkpoint.FileName, e.Message);
        }
        var state = ReadEdges(checkpoint.Size);
        if (state.Root() != checkpoint.Root) throw new LogDamagedException(Checkpoint.FileName, "its root is not the root of the tiles");
        var ids = EntryIds.Load(_files.Read(EntryIds.FileName), checkpoint.Size) ?? RebuildIds(checkpoint.Size);
        RemoveStalePartials(checkpoint.Size);
        return (new CommittedLog(state, checkpoint, note), ids);
    }

    private byte[] Begin()
    {
        // A log whose checkpoint is lost must not quietly begin anew at 0 over what it held.
        if (_files.List("tile/entries").Count > 0 || _files.List("tile/entries/000.p").Count > 0)
            throw new LogDamagedException(Checkpoint.FileName, "the file is missing, but there are entries: restore it from a copy of the log");
        var note = new Checkpoint(_key.Verifier.Name, 0, MerkleHasher.EmptyRoot).Sign(_key);
        Replace(Checkpoint.FileName, note);
        return note;
    }

    private LogState ReadEdges(long size)
    {
        var bundle = Array.Empty<byte>();
        var edges = new List<byte[]>();
        for (var level = TileCoordinate.Entries; TileCoordinate.CountAt(level, size) is > 0 and var count; level++)
        {
            var width = (int)(count % TileCoordinate.FullWidth);
            var tile = new TileCoordinate(level, count / TileCoordinate.FullWidth, width);
            var content = width == 0 ? [] : _files.Read(tile.Path) ?? throw new LogDamagedException(tile.Path, "the file is missing");
            if (level == TileCoordinate.Entries)
            {
                bundle = content;
                continue;
            }
            if (content.Length != width * Hash256.Size)
                throw new LogDamagedException(tile.Path, $"the file has {content.Length} bytes instead of {width * Hash256.Size}");
            edges.Add(content);
        }
        CheckBundle(size, bundle, edges);
        return new LogState(size, bundle, edges);
    }

    // The one bundle that will be written again: an error in it would be signed for.
    private static void CheckBundle(long size, byte[] bundle, List<byte[]> edges)
    {
        var width = (int)(size % TileCoordinate.FullWidth);
        var path = new TileCoordinate(TileCoordinate.Entries, size / TileCoordinate.FullWidth, width).Path;
        var (slots, end) = EntryBundle.Locate(bundle, width);
        if (slots.Count != width || end != bundle.Length) throw new LogDamagedException(path, $"the file does not hold {width} entries");
        for (var i = 0; i < width; i++)
            if (MerkleHasher.Leaf(bundle.AsSpan(slots[i].Offset, slots[i].Length)) != HashTile.At(edges[0], i))
                throw new LogDamagedException(path, $"entry {size - width + i} is not the one whose hash the tree holds");
    }

    private EntryIds RebuildIds(long size)
    {
        var ids = new List<Hash256>();
        foreach (var tile in TileCoordinate.ForSize(size).TakeWhile(tile => tile.Level == TileCoordinate.Entries))
        {
            var bundle = _files.Read(tile.Path) ?? throw new LogDamagedException(tile.Path, "the file is missing");
            foreach (var slot in EntryBundle.Locate(bundle, tile.Width).Slots)
            {
                try
                {
                    ids.Add(AuditEventReader.Read(bundle.AsMemory(slot.Offset, slot.Length)).Id);
                }
                catch (InvalidAuditEventException e)
                {
                    throw new LogDamagedException(tile.Path, $"entry {ids.Count}: {e.Message}");
                }
            }
        }
        var bytes = EntryIds.Encode(ids);
        var index = EntryIds.Load(bytes, size) ?? throw new LogDamagedException("tile/entries", $"the bundles do not hold {size} entries with different ids");
        Replace(EntryIds.FileName, bytes);
        return index;
    }

    // The files replaced by wider ones at the right edge. Narrower versions are still served: each is the start of the wider one.
    private void RemoveStalePartials(long size)
    {
        for (var level = TileCoordinate.Entries; TileCoordinate.CountAt(level, size) is > 0 and var count; level++)
        {
            var edge = new TileCoordinate(level, count / TileCoordinate.FullWidth, (int)(count % TileCoordinate.FullWidth));
            RemovePartials(edge, keep: edge.Width);
            if (edge.Index > 0) RemovePartials(edge with { Index = edge.Index - 1 }, keep: 0);
        }
    }

    private void RemovePartials(TileCoordinate tile, int keep)
    {
        var kept = keep.ToString(CultureInfo.InvariantCulture);
        foreach (var name in _files.List(tile.PartialFolder))
            if (name != kept) _files.Delete($"{tile.PartialFolder}/{name}");
        if (keep == 0) _files.DeleteFolder(tile.PartialFolder);
    }

    // A reader, and a start after a crash, find the old content or the new, never a part of it.
    private void Replace(string path, ReadOnlySpan<byte> content)
    {
        var folder = Path.GetDirectoryName(path) ?? "";
        _files.CreateFolder(folder);
        _files.Write(path + TemporarySuffix, content);
        _files.Rename(path + TemporarySuffix, path);
        _files.SyncFolder(folder);
    }
}
