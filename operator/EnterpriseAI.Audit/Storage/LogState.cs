using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Storage;

/// <summary>
/// The right edge of a log of some size: the bundle that is still filling and the tile that is still filling at each level.
/// With them the root is known and the next entry can be added. Immutable.
/// </summary>
/// <param name="Size">The number of entries.</param>
/// <param name="Bundle">The partial bundle's bytes; empty when the last bundle is full.</param>
/// <param name="Edges">The partial tile's bytes per level, from 0; empty where the last tile is full.</param>
internal sealed record LogState(long Size, byte[] Bundle, IReadOnlyList<byte[]> Edges)
{
    public static LogState Empty { get; } = new(0, [], []);

    /// <summary>The RFC 6962 root.</summary>
    public Hash256 Root() => MerkleTree.Root(Size, HashTile.Nodes(tile =>
        // Of a complete log every subtree that the root is made of begins in an edge.
        Edges[tile.Level]));

    /// <summary>What follows after more entries, and the files that change with it.</summary>
    public (LogState Next, IReadOnlyList<LogFile> Files) Append(IReadOnlyList<byte[]> entries)
    {
        var files = new List<LogFile>();
        var bundle = new MemoryStream();
        bundle.Write(Bundle);
        var edges = Edges.Select(edge => new List<byte>(edge)).ToList();
        var touched = new HashSet<int>();
        var size = Size;
        foreach (var entry in entries)
        {
            EntryBundle.Append(bundle, entry);
            size++;
            if (size % TileCoordinate.FullWidth == 0)
            {
                files.Add(new(Last(TileCoordinate.Entries), bundle.ToArray()));
                bundle.SetLength(0);
            }
            AddHash(0, MerkleHasher.Leaf(entry));
        }
        if (bundle.Length > 0 && size > Size) files.Add(new(Last(TileCoordinate.Entries), bundle.ToArray()));
        files.AddRange(touched.Order().Where(level => edges[level].Count > 0).Select(level => new LogFile(Last(level), [.. edges[level]])));
        return (new LogState(size, bundle.ToArray(), [.. edges.Select(edge => edge.ToArray())]), files);

        void AddHash(int level, Hash256 hash)
        {
            if (level == edges.Count) edges.Add([]);
            touched.Add(level);
            edges[level].AddRange(hash.ToArray());
            if (edges[level].Count < TileCoordinate.FullWidth * Hash256.Size) return;
            byte[] full = [.. edges[level]];
            files.Add(new(Last(level), full));
            edges[level].Clear();
            AddHash(level + 1, HashTile.Root(full));
        }

        // The last tile of a level as of now, full or partial.
        TileCoordinate Last(int level)
        {
            var last = TileCoordinate.CountAt(level, size) - 1;
            return new(level, last / TileCoordinate.FullWidth, (int)(last % TileCoordinate.FullWidth) + 1);
        }
    }
}

/// <summary>One file of the log as it shall be.</summary>
internal readonly record struct LogFile(TileCoordinate Tile, byte[] Content);
