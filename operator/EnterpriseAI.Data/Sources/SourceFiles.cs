using System.IO.Enumeration;

namespace EnterpriseAI.Data.Sources;

/// <summary>Turns the paths of a request into the files to read, and their format.</summary>
internal static class SourceFiles
{
    private const int MaxFiles = 100_000;
    private static readonly char[] GlobCharacters = ['*', '?', '[', ']', '{', '}'];

    private static readonly Dictionary<string, DataFormat> Suffixes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".csv"] = DataFormat.Csv,
        [".tsv"] = DataFormat.Csv,
        [".txt"] = DataFormat.Csv,
        [".json"] = DataFormat.Json,
        [".jsonl"] = DataFormat.Json,
        [".ndjson"] = DataFormat.Json,
        [".parquet"] = DataFormat.Parquet,
        [".pq"] = DataFormat.Parquet,
    };

    /// <summary>Absolute paths in ordinal order, without duplicates, and the format of all of them.</summary>
    public static (IReadOnlyList<string> Files, DataFormat Format) Resolve(
        ProfileRequest request, string? root, CancellationToken cancellationToken)
    {
        if (request.Paths.Count == 0)
            throw new DataSourceException(DataSourceReasons.InvalidSpec, "paths is empty; name at least one file, folder or pattern");
        var files = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in request.Paths)
        {
            if (string.IsNullOrWhiteSpace(path) || path.Contains('\0'))
                throw new DataSourceException(DataSourceReasons.InvalidSpec, "paths holds an empty or impossible path; name a file, folder or pattern");
            foreach (var file in Expand(Path.GetFullPath(path), path, request.Format))
            {
                cancellationToken.ThrowIfCancellationRequested();
                files.Add(file);
                if (files.Count > MaxFiles)
                    throw new DataSourceException(DataSourceReasons.InvalidSpec, $"{path} holds more than {MaxFiles} files; name fewer, or merge them");
            }
        }

        foreach (var file in files) Verify(file, root);
        return ([.. files], request.Format ?? CommonFormat(files));
    }

    private static IEnumerable<string> Expand(string path, string given, DataFormat? format)
    {
        if (File.Exists(path)) return [path];
        if (Directory.Exists(path))
        {
            var data = Below(path, f => FormatOf(f) is { } found && (format is null || found == format)).ToList();
            return data.Count > 0 ? data : throw new DataSourceException(
                DataSourceReasons.EmptySource,
                $"the folder {given} holds no {format?.ToString() ?? "Csv, Json or Parquet"} file; known suffixes are {string.Join(", ", Suffixes.Keys)}");
        }

        if (path.AsSpan().IndexOfAny('*', '?') >= 0)
        {
            var matches = Matches(path).ToList();
            return matches.Count > 0 ? matches
                : throw new DataSourceException(DataSourceReasons.SourceNotFound, $"no file matches {given}; check the pattern and the volume");
        }

        throw new DataSourceException(DataSourceReasons.SourceNotFound, $"{given} does not exist; check the path and that the volume is mounted");
    }

    private static IEnumerable<string> Matches(string pattern)
    {
        // The part before the first wildcard is a folder; everything below it is compared as a whole.
        var firstWildcard = pattern.AsSpan().IndexOfAny('*', '?');
        var folder = pattern[..(pattern.LastIndexOf('/', firstWildcard) + 1)];
        if (!Directory.Exists(folder)) return [];
        var expected = pattern[folder.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        return Below(folder, file => Match(expected, Path.GetRelativePath(folder, file).Split('/')));
    }

    private static bool Match(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.IsEmpty) return path.IsEmpty;
        if (pattern[0] == "**")
        {
            for (var skip = 0; skip <= path.Length; skip++)
                if (Match(pattern[1..], path[skip..])) return true;
            return false;
        }

        return !path.IsEmpty && FileSystemName.MatchesSimpleExpression(pattern[0], path[0], ignoreCase: false)
            && Match(pattern[1..], path[1..]);
    }

    // Names that begin with '.' or '_' are not data by the convention of Hadoop and of Kubernetes' projected volumes.
    private static IEnumerable<string> Below(string folder, Func<string, bool> isData)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        return new FileSystemEnumerable<string>(folder, (ref entry) => entry.ToFullPath(), options)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && entry.FileName[0] is not ('.' or '_') && isData(entry.ToFullPath()),
            // A linked folder may lead anywhere, also back up.
            ShouldRecursePredicate = (ref entry) => entry.FileName[0] is not ('.' or '_') && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
    }

    private static void Verify(string file, string? root)
    {
        if (root is not null)
        {
            var real = RealPath.Of(file);
            var realRoot = RealPath.Of(root).TrimEnd('/') + "/";
            if (!real.StartsWith(realRoot, StringComparison.Ordinal))
                throw new DataSourceException(DataSourceReasons.SourceNotFound, $"{file} leads out of {root}; give the data itself, not a link to it");
        }

        if (file.IndexOfAny(GlobCharacters) >= 0)
            throw new DataSourceException(DataSourceReasons.InvalidSpec, $"the path {file} contains one of * ? [ ] {{ }}; rename it");
    }

    private static DataFormat CommonFormat(IReadOnlyCollection<string> files)
    {
        var formats = files.Select(f => FormatOf(f) ?? throw new DataSourceException(
            DataSourceReasons.InvalidSpec, $"the format of {f} cannot be told from its suffix; set format to Csv, Json or Parquet")).Distinct().ToList();
        return formats.Count == 1 ? formats[0] : throw new DataSourceException(
            DataSourceReasons.InvalidSpec, $"the files have different formats ({string.Join(", ", formats)}); set format, or name files of one format");
    }

    private static DataFormat? FormatOf(string file)
    {
        var name = Path.GetExtension(file) == ".gz" ? Path.GetFileNameWithoutExtension(file) : file;
        return Suffixes.TryGetValue(Path.GetExtension(name), out var format) ? format : null;
    }
}
