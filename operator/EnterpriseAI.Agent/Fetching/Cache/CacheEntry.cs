using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>An artifact in the cache.</summary>
/// <param name="Digest">What its folder's name says it is.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Bytes">Sum of its files.</param>
/// <param name="LastUsed">When it was fetched, asked for, or found in use last.</param>
internal sealed record CacheEntry(ModelDigest Digest, string Folder, long Bytes, DateTimeOffset LastUsed)
{
    private const string Prefix = "sha256-";

    public static string NameOf(ModelDigest digest) => Prefix + digest.Hex;

    /// <summary>Null when the folder is none of the cache's.</summary>
    public static CacheEntry? Of(DirectoryInfo folder)
    {
        if (!folder.Name.StartsWith(Prefix, StringComparison.Ordinal) || folder.LinkTarget is not null || !ModelDigest.TryParse($"sha256:{folder.Name[Prefix.Length..]}", out var digest))
        {
            return null;
        }

        try
        {
            return new CacheEntry(digest, folder.FullName, BytesOf(folder), folder.LastWriteTimeUtc);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process has just removed it.
            return null;
        }
    }

    /// <summary>True when a process of this node has one of its files open or mapped.</summary>
    public bool IsInUse()
        => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Any(static file => new FileInfo(file).LinkTarget is null && FileUse.IsOpenElsewhere(file));

    public static long BytesOf(DirectoryInfo folder)
        => folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(static file => file.LinkTarget is null).Sum(static file => file.Length);

    /// <summary>The artifact itself: what other names lead to.</summary>
    public static string? ArtifactIn(string folder)
        => new DirectoryInfo(folder).EnumerateFileSystemInfos().FirstOrDefault(static item => item.LinkTarget is null && !item.Name.StartsWith('.'))?.FullName;
}
