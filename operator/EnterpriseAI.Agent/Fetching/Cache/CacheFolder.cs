using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>The folder of a node's cache: what lies in it, and how room is made in it.</summary>
/// <remarks>
/// <c>sha256-HEX/NAME</c> are the artifacts, <c>.locks</c> the locks by artifact, <c>.staging</c> what is in the making or going.
/// An artifact appears and goes by one rename. It goes only while nobody holds its lock, nobody on the node has one of its
/// files open or mapped, and it was not asked for or found in use lately: a server opens it a while after its fetch has ended.
/// </remarks>
internal sealed class CacheFolder
{
    /// <summary>What was asked for or found in use within this time stays: the server that it is for may not have opened it yet, or may be starting again.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private const string Going = "going-";
    private readonly string _staging;
    private readonly string _locks;
    private readonly TimeProvider _time;

    /// <exception cref="AgentFailure">It cannot be written.</exception>
    public CacheFolder(string path, TimeProvider time)
    {
        Path = System.IO.Path.GetFullPath(path);
        _time = time;
        _staging = System.IO.Path.Combine(Path, ".staging");
        _locks = System.IO.Path.Combine(Path, ".locks");
        try
        {
            CachePermissions.CreateFolder(_staging);
            CachePermissions.CreateFolder(_locks);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AgentFailure.BadInput("CacheNotWritable", $"--cache: {Path} cannot be written by user {Environment.UserName}: {exception.Message}. Give the folder to the user that fetches", exception);
        }
    }

    public string Path { get; }

    public string EntryOf(ModelDigest digest) => System.IO.Path.Combine(Path, CacheEntry.NameOf(digest));

    public string LockOf(ModelDigest digest) => System.IO.Path.Combine(_locks, CacheEntry.NameOf(digest));

    /// <summary>Where an artifact is downloaded to, also by the process that goes on after this one.</summary>
    public string StagingOf(ModelDigest digest) => System.IO.Path.Combine(_staging, CacheEntry.NameOf(digest));

    /// <summary>What lies here, the one asked for longest ago first.</summary>
    public IReadOnlyList<CacheEntry> Entries() =>
    [
        .. new DirectoryInfo(Path).EnumerateDirectories().Select(CacheEntry.Of).OfType<CacheEntry>()
            .OrderBy(static entry => entry.LastUsed).ThenBy(static entry => entry.Folder, StringComparer.Ordinal),
    ];

    /// <summary>Puts an artifact that was downloaded into its place.</summary>
    /// <param name="digest">What it was verified to be.</param>
    /// <param name="artifact">Where it lies, in <see cref="StagingOf"/>.</param>
    /// <param name="name">What it is to be called.</param>
    public void Publish(ModelDigest digest, string artifact, string name)
    {
        var entry = Directory.CreateDirectory(System.IO.Path.Combine(StagingOf(digest), "entry")).FullName;
        Staging.Remove(System.IO.Path.Combine(entry, name));
        Directory.Move(artifact, System.IO.Path.Combine(entry, name));
        CachePermissions.ProtectTree(entry);
        Directory.Move(entry, EntryOf(digest));
        Staging.Remove(StagingOf(digest));
        Touch(digest);
    }

    public void Touch(ModelDigest digest) => Directory.SetLastWriteTimeUtc(EntryOf(digest), _time.GetUtcNow().UtcDateTime);

    /// <summary>Takes an artifact away. Who has its files open keeps their bytes.</summary>
    public void Remove(string folder)
    {
        var going = System.IO.Path.Combine(_staging, Going + Guid.NewGuid().ToString("N"));
        Directory.Move(folder, going);
        Staging.Remove(going);
    }

    /// <summary>Takes artifacts away, those asked for longest ago first, until no more than the given bytes are left.</summary>
    /// <param name="allowed">In bytes.</param>
    /// <param name="unusedFor">Only what was not asked for within this time.</param>
    /// <param name="keep">Stays in any case.</param>
    /// <returns>What went, and how many bytes are left.</returns>
    public (IReadOnlyList<CacheEntry> Removed, long Left) Shrink(long allowed, TimeSpan unusedFor, ModelDigest? keep)
    {
        RemoveGoing();
        var removed = new List<CacheEntry>();
        var entries = Entries();
        var begun = new DirectoryInfo(_staging).EnumerateDirectories().Select(CacheEntry.Of).OfType<CacheEntry>().Where(entry => entry.Digest != keep).ToList();
        var left = entries.Concat(begun).Sum(static entry => entry.Bytes);

        // What an ended process left unfinished helps nobody as long as nobody asks for it again.
        foreach (var entry in begun.Concat(entries))
        {
            if (left <= allowed)
            {
                break;
            }

            if (entry.Digest != keep && _time.GetUtcNow() - entry.LastUsed >= unusedFor && TryRemove(entry))
            {
                left -= entry.Bytes;
                removed.Add(entry);
            }
        }

        return (removed, left);
    }

    private bool TryRemove(CacheEntry entry)
    {
        using var held = CacheLock.TryExclusive(LockOf(entry.Digest));
        if (held is null || !Directory.Exists(entry.Folder))
        {
            return false;
        }

        if (entry.IsInUse())
        {
            // A server that starts again has nothing open for a while.
            Directory.SetLastWriteTimeUtc(entry.Folder, _time.GetUtcNow().UtcDateTime);
            return false;
        }

        Remove(entry.Folder);
        return true;
    }

    // Left by a process that ended while it removed them.
    private void RemoveGoing()
    {
        foreach (var folder in Directory.EnumerateDirectories(_staging, Going + "*"))
        {
            try
            {
                Staging.Remove(folder);
            }
            catch (DirectoryNotFoundException)
            {
                // Another process removes it as well.
            }
        }
    }
}
