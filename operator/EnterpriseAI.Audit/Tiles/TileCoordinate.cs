using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Audit.Tiles;

/// <summary>Names one file of the C2SP tlog-tiles layout: a tile of hashes, or a bundle of entries.</summary>
/// <param name="Level">The level of a tile, 0 for leaf hashes; <see cref="Entries"/> for a bundle of entries.</param>
/// <param name="Index">The position in its level, from 0.</param>
/// <param name="Width">How many hashes or entries it holds: 256 when full, 1 to 255 when partial.</param>
public readonly partial record struct TileCoordinate(int Level, long Index, int Width)
{
    /// <summary>Hashes in a full tile, and entries in a full bundle.</summary>
    public const int FullWidth = 256;

    /// <summary>The <see cref="Level"/> of a bundle of entries.</summary>
    public const int Entries = -1;

    private const int MaxLevel = 63;

    /// <summary>Whether this is the growing right edge of its level.</summary>
    public bool IsPartial => Width < FullWidth;

    /// <summary>The path relative to the log's root: <c>tile/0/x001/x234/067</c>, <c>tile/entries/000.p/5</c>.</summary>
    public string Path => IsPartial ? string.Create(CultureInfo.InvariantCulture, $"{PartialFolder}/{Width}") : FullPath;

    /// <summary>The path this tile has, or will have, once it is full.</summary>
    public string FullPath
    {
        get
        {
            var path = new StringBuilder("tile/").Append(Level == Entries ? "entries" : Level.ToString(CultureInfo.InvariantCulture));
            var groups = new Stack<long>();
            for (var rest = Index; groups.Count == 0 || rest > 0; rest /= 1000) groups.Push(rest % 1000);
            while (groups.TryPop(out var group)) path.Append(CultureInfo.InvariantCulture, $"/{(groups.Count > 0 ? "x" : "")}{group:D3}");
            return path.ToString();
        }
    }

    /// <summary>The folder of the partial versions of this tile.</summary>
    public string PartialFolder => FullPath + ".p";

    /// <summary>Reads a path exactly as <see cref="Path"/> writes it; any other spelling is refused.</summary>
    public static bool TryParse(string path, out TileCoordinate coordinate)
    {
        coordinate = default;
        if (PathPattern().Match(path) is not { Success: true } match) return false;
        var level = match.Groups["level"].Value is "entries" ? Entries : int.Parse(match.Groups["level"].ValueSpan, CultureInfo.InvariantCulture);
        var width = match.Groups["width"].Success ? int.Parse(match.Groups["width"].ValueSpan, CultureInfo.InvariantCulture) : FullWidth;
        var index = long.Parse(match.Groups["index"].Value.Replace("/", "", StringComparison.Ordinal).Replace("x", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        coordinate = new TileCoordinate(level, index, width);
        return level <= MaxLevel && coordinate.Path == path;
    }

    /// <summary>How many hashes a level has in a tree of this size; for bundles, how many entries.</summary>
    public static long CountAt(int level, long size) => level switch
    {
        Entries => size,
        > 7 => 0, // 256^8 leaves do not fit a long
        _ => size >> (8 * level),
    };

    /// <summary>Every file of a log of this size: bundles first, then the tiles from level 0 up, each level from the left.</summary>
    public static IEnumerable<TileCoordinate> ForSize(long size)
    {
        for (var level = Entries; CountAt(level, size) is > 0 and var count; level++)
        {
            for (var index = 0L; index < count / FullWidth; index++) yield return new(level, index, FullWidth);
            if (count % FullWidth is > 0 and var width) yield return new(level, count / FullWidth, (int)width);
        }
    }

    [GeneratedRegex(@"\Atile/(?<level>entries|[0-9]{1,2})/(?<index>(x[0-9]{3}/){0,5}[0-9]{3})(\.p/(?<width>[1-9][0-9]{0,2}))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PathPattern();
}
