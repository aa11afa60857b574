using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Where artifacts lie.</summary>
internal interface IArtifactSource : IDisposable
{
    /// <summary>The signature of a folder; null for a single file.</summary>
    IRemoteFile? Signature { get; }

    /// <summary>Finds out which files to fetch.</summary>
    /// <exception cref="AgentFailure">Nothing is there, or what may not be fetched.</exception>
    Task<RemoteArtifact> ListAsync(Transfer transfer, CancellationToken cancellationToken);
}

/// <summary>The files of an artifact that lies elsewhere.</summary>
/// <param name="IsFolder">False for a single file, whose name does not count.</param>
/// <param name="Files">What to fetch.</param>
/// <param name="Signature">The signature, where it was needed to know the files.</param>
internal sealed record RemoteArtifact(bool IsFolder, IReadOnlyList<RemoteArtifactFile> Files, ReadOnlyMemory<byte>? Signature = null)
{
    private readonly Lazy<HashSet<string>> _names = new(() => [.. Files.Select(static file => file.Name)]);

    public bool Has(string name) => _names.Value.Contains(name);

    public static RemoteArtifact Of(IRemoteFile file, ReadOnlyMemory<byte>? sha256 = null) => new(false, [new RemoteArtifactFile(string.Empty, file, sha256)]);

    /// <summary>A folder, if its names can be written below one.</summary>
    /// <exception cref="AgentFailure">A name leads elsewhere, or there are none or too many.</exception>
    public static RemoteArtifact Folder(string source, IReadOnlyList<RemoteArtifactFile> files, ReadOnlyMemory<byte>? signature = null)
    {
        const int longestName = 255, longestPath = 1024;
        if (files.Count == 0)
        {
            throw AgentFailure.BadInput("ArtifactNotFound", $"{source} holds no file to fetch; check the address");
        }

        if (files.Count > ArtifactLimits.Default.MaxFiles)
        {
            throw AgentFailure.BadInput("ArtifactTooLarge", $"{source} holds more than {ArtifactLimits.Default.MaxFiles} files");
        }

        var names = files.Select(static file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!ArtifactPaths.IsSafeName(name) || name.Any(char.IsControl) || name.Length > longestPath || name.Split('/').Any(static segment => segment.Length > longestName))
            {
                throw AgentFailure.BadInput("ArtifactInvalid", $"{source} has a file with the name '{Printable(name)}', which is not a relative path inside the artifact: rename it");
            }

            for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = name.IndexOf('/', slash + 1))
            {
                if (names.Contains(name[..slash]))
                {
                    throw AgentFailure.BadInput("ArtifactInvalid", $"{source} has '{name[..slash]}' both as a file and as a folder: rename one");
                }
            }
        }

        return names.Count == files.Count
            ? new RemoteArtifact(true, files, signature)
            : throw AgentFailure.BadInput("ArtifactInvalid", $"{source} has two files of one name");
    }

    private static string Printable(string name)
        => new([.. name.Take(100).Select(static letter => char.IsControl(letter) ? '?' : letter)]);
}

/// <summary>A file of an artifact that lies elsewhere.</summary>
/// <param name="Name">Relative to the artifact, with slashes.</param>
/// <param name="File">How to get it.</param>
/// <param name="Sha256">What it must be, where that is known.</param>
/// <param name="Bytes">Its size, where that is known.</param>
internal sealed record RemoteArtifactFile(string Name, IRemoteFile File, ReadOnlyMemory<byte>? Sha256 = null, long? Bytes = null);
