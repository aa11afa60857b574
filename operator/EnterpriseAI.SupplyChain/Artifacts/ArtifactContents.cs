namespace EnterpriseAI.SupplyChain;

/// <summary>What an artifact consists of: its files in code point order and, when it was read rather than only hashed, their bytes.</summary>
/// <remarks>Guarantees: each file was read once; <see cref="Bytes"/> holds exactly the bytes that <see cref="Files"/> has the hashes of.</remarks>
public sealed class ArtifactContents
{
    internal ArtifactContents(string path, bool isFolder, IReadOnlyList<ArtifactFile> files,
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> bytes, IReadOnlyDictionary<string, byte[]> parts)
    {
        Path = path;
        IsFolder = isFolder;
        Files = files;
        Bytes = bytes;
        Parts = parts;
    }

    /// <summary>The path that was read.</summary>
    public string Path { get; }

    public bool IsFolder { get; }

    /// <summary>The files, sorted by code points. Never empty.</summary>
    public IReadOnlyList<ArtifactFile> Files { get; }

    /// <summary>The bytes by name; empty after <see cref="ArtifactReader.HashAsync"/>.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Bytes { get; }

    public ModelDigest Digest => Files.Any(static file => file.Sha256.IsEmpty) ? throw new InvalidOperationException("only parts of the files were hashed")
        : IsFolder ? ModelDigest.OfFolder(Files) : ModelDigest.OfHash(Files[0].Sha256.Span);

    /// <summary>The hashes that a signature asks for, by the names that it has for them.</summary>
    internal IReadOnlyDictionary<string, byte[]> Parts { get; }
}
