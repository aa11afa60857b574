using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Verification;

/// <summary>The files of a copy.</summary>
internal sealed class LogCopy(string folder)
{
    private readonly Lazy<IReadOnlyList<string>> _tileFiles = new(() => ListTiles(folder));

    /// <summary>Every file under <c>tile/</c>, relative, in order.</summary>
    public IReadOnlyList<string> TileFiles => _tileFiles.Value;

    public byte[]? Read(string path)
    {
        var file = Path.Combine(folder, path);
        return File.Exists(file) ? File.ReadAllBytes(file) : null;
    }

    /// <summary>How many entries the bundles' names tell of: the only clue when the checkpoint is broken.</summary>
    public long SizeByNames() => TileFiles
        .Select(path => TileCoordinate.TryParse(path, out var tile) && tile.Level == TileCoordinate.Entries
            ? tile.Index * TileCoordinate.FullWidth + tile.Width
            : 0)
        .DefaultIfEmpty(0)
        .Max();

    private static IReadOnlyList<string> ListTiles(string folder)
    {
        var tiles = Path.Combine(folder, "tile");
        return !Directory.Exists(tiles) ? [] :
            [.. Directory.EnumerateFiles(tiles, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
                .Order(StringComparer.Ordinal)];
    }
}
