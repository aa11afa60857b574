namespace EnterpriseAI.Agent.Fetching;

/// <summary>Makes local files of the sources to profile; what was downloaded is deleted at the end.</summary>
internal sealed class ProfileInputs(AgentHost host, long maxBytes) : IDisposable
{
    private const string FilePrefix = "file:";
    private DirectoryInfo? _downloads;

    /// <summary>True when a source came from elsewhere.</summary>
    public bool Downloaded => _downloads is not null;

    /// <exception cref="AgentFailure">A source is of no known kind, or cannot be fetched.</exception>
    public async Task<IReadOnlyList<string>> LocalPathsAsync(IReadOnlyList<string> sources, CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        foreach (var source in sources)
        {
            paths.Add(source.StartsWith(FilePrefix, StringComparison.Ordinal)
                ? PathOf(source)
                : await DownloadAsync(source, paths.Count, cancellationToken));
        }

        return paths;
    }

    public void Dispose() => _downloads?.Delete(recursive: true);

    // Not read as a URI: a path may hold what a URI must escape, and patterns with '?'.
    private static string PathOf(string source)
    {
        var path = source[FilePrefix.Length..];
        return path.StartsWith("///", StringComparison.Ordinal) ? path[2..] : path;
    }

    private async Task<string> DownloadAsync(string source, int number, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(source, UriKind.Absolute, out var uri) || uri is not { Scheme: "http" or "https", Host.Length: > 0 })
        {
            throw AgentFailure.BadInput("InvalidSource", $"--source: '{source}' is not allowed, allowed are file:PATH, http://host/path and https://host/path");
        }

        _downloads ??= Directory.CreateTempSubdirectory("agent-profile-");

        // The suffix tells the format, so the name is kept; a folder of its own keeps two of one name apart.
        var name = Path.GetFileName(uri.LocalPath) is { Length: > 0 and < 200 } last ? last : "data";
        var path = Path.Combine(_downloads.FullName, number.ToString(System.Globalization.CultureInfo.InvariantCulture), name);
        await new ArtifactFetcher(host).FetchAsync(new FetchRequest(uri, path, null) { MaxBytes = maxBytes }, null, cancellationToken);
        return path;
    }
}
