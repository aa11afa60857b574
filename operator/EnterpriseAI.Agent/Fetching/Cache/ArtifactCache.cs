using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Fetches artifacts through a node's cache: each once for all pods of the node.</summary>
/// <remarks>Guarantees: what is said to lie there was hashed and has the digest; of several fetches of one digest at once one downloads, and another takes over if it ends.</remarks>
internal sealed class ArtifactCache(CacheFolder folder, long maxBytes, AgentHost host)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    private enum Finding
    {
        Right,
        Missing,
        Wrong,
    }

    /// <exception cref="AgentFailure">It cannot be fetched, or does not fit into the cache.</exception>
    public async Task<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var digest = request.Digest ?? throw AgentFailure.BadInput("InvalidArguments", "--cache: needs --digest, by which artifacts lie in the cache");
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(request.To));
        if (name.Length == 0 || name.StartsWith('.'))
        {
            throw AgentFailure.BadInput("InvalidTarget", $"--to: '{request.To}' gives no name for the artifact; end it with a name that begins with no dot");
        }

        try
        {
            for (var waiting = false; ; waiting = true)
            {
                var (found, hit) = (Finding.Missing, default(FetchResult));
                using (var reading = CacheLock.TryShared(folder.LockOf(digest)))
                {
                    if (reading is not null)
                    {
                        (found, hit) = await LookAsync(request, digest, name, cancellationToken);
                    }

                    if (hit is not null)
                    {
                        return hit;
                    }
                }

                using (var writing = CacheLock.TryExclusive(folder.LockOf(digest)))
                {
                    if (writing is not null && (found == Finding.Wrong || !Directory.Exists(folder.EntryOf(digest))))
                    {
                        return await DownloadAsync(request, digest, name, cancellationToken);
                    }
                }

                if (!waiting)
                {
                    host.Say($"{digest} is being fetched by another pod of this node; waiting for it");
                }

                await Task.Delay(LookAgain, host.Time, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ArtifactFetcher.NotWritable(folder.Path, exception);
        }
    }

    private async Task<(Finding Finding, FetchResult? Hit)> LookAsync(FetchRequest request, ModelDigest digest, string name, CancellationToken cancellationToken)
    {
        var entry = folder.EntryOf(digest);
        if (!Directory.Exists(entry))
        {
            return (Finding.Missing, null);
        }

        if (CacheEntry.ArtifactIn(entry) is not { } artifact)
        {
            return (Finding.Wrong, null);
        }

        ArtifactContents contents;
        try
        {
            contents = await ArtifactReader.HashAsync(artifact, null, null, cancellationToken);
        }
        catch (SupplyChainException exception) when (exception.Reason is not SupplyChainReason.ArtifactUnreadable)
        {
            return (Finding.Wrong, null);
        }

        if (contents.Digest != digest)
        {
            return (Finding.Wrong, null);
        }

        var bytes = contents.Files.Sum(static file => file.Bytes);
        if (bytes > request.MaxBytes)
        {
            throw ByteBudget.TooLarge(request.Shown);
        }

        if (contents.IsFolder)
        {
            await new SignatureRefresh(host, request).RunAsync(artifact, cancellationToken);
        }

        AddName(entry, Path.GetFileName(artifact), name);
        folder.Touch(digest);
        host.Say($"{digest} lies in the cache: {bytes} bytes, nothing to download");
        return (Finding.Right, new FetchResult(Path.Combine(entry, name), digest.ToString(), bytes, true, true));
    }

    private async Task<FetchResult> DownloadAsync(FetchRequest request, ModelDigest digest, string name, CancellationToken cancellationToken)
    {
        var entry = folder.EntryOf(digest);
        if (Directory.Exists(entry))
        {
            host.Say($"{entry} has not the digest that it is called by; fetching it anew");
            folder.Remove(entry);
        }

        var staging = Directory.CreateDirectory(folder.StagingOf(digest)).FullName;
        var artifact = Path.Combine(staging, "artifact");
        var result = await new ArtifactFetcher(host).FetchAsync(request with { To = artifact }, bytes => MakeRoom(bytes, digest), cancellationToken);
        MakeRoom(result.Bytes, digest);
        folder.Publish(digest, artifact, name);
        return result with { Path = Path.Combine(entry, name), Unchanged = false };
    }

    /// <exception cref="AgentFailure">There is not so much room.</exception>
    private void MakeRoom(long bytes, ModelDigest digest)
    {
        if (bytes > maxBytes)
        {
            throw AgentFailure.BadInput("CacheTooSmall", $"--max-cache-bytes: {digest} has at least {bytes} bytes, more than the {maxBytes} of the whole cache; allow more, or fetch without --cache");
        }

        var (removed, left) = folder.Shrink(maxBytes - bytes, CacheFolder.Grace, digest);
        foreach (var entry in removed)
        {
            host.Say($"{entry.Digest} left the cache to make room: {entry.Bytes} bytes, last used {entry.LastUsed:u}");
        }

        if (left > maxBytes - bytes)
        {
            throw AgentFailure.WorthRetrying(
                "CacheFull",
                $"--cache: {bytes} bytes do not fit beside {left} bytes that are in use or were asked for within {CacheFolder.Grace.TotalMinutes:0} minutes, with {maxBytes} allowed; raise --max-cache-bytes");
        }
    }

    // Pods may call one artifact by different names.
    private static void AddName(string entry, string artifact, string name)
    {
        var path = Path.Combine(entry, name);
        if (name == artifact || new FileInfo(path).LinkTarget == artifact)
        {
            return;
        }

        var temporary = Path.Combine(entry, $".{Guid.NewGuid():N}");
        File.CreateSymbolicLink(temporary, artifact);
        File.Move(temporary, path, overwrite: true);
    }
}
