using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Brings an artifact from another place to a local path.</summary>
/// <remarks>
/// Guarantees: the target is either as before or whole and of the right digest; what is there and right is left alone.
/// Caveat: a folder that is replaced is absent for the moment between two renames.
/// </remarks>
internal sealed class ArtifactFetcher(AgentHost host)
{
    private const int NoSpace = 28; // ENOSPC
    private const int NoQuota = 122; // EDQUOT

    /// <param name="request">What to bring where.</param>
    /// <param name="growing">Called with the number of bytes before they arrive.</param>
    /// <param name="cancellationToken">Ends the fetch.</param>
    /// <exception cref="AgentFailure">The source is missing, too large, of another digest, or cannot be reached.</exception>
    /// <exception cref="SupplyChainException">The source folder or what lies at the target cannot be read.</exception>
    public async Task<FetchResult> FetchAsync(FetchRequest request, Action<long>? growing, CancellationToken cancellationToken)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.To));
        if (Path.GetDirectoryName(target) is not { } parent)
        {
            throw AgentFailure.BadInput("InvalidTarget", $"--to: '{request.To}' cannot be replaced; give a path below it");
        }

        try
        {
            Directory.CreateDirectory(parent);
            return request.From.IsFile
                ? await CopyAsync(request, target, growing, cancellationToken)
                : await DownloadAsync(request, target, growing, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(request.To, exception);
        }
    }

    /// <summary>The failure of writing to a path.</summary>
    public static AgentFailure NotWritable(string path, Exception exception) => exception.HResult is NoSpace or NoQuota
        ? AgentFailure.WorthRetrying("DiskFull", $"{path} cannot be written because the volume is full: give it more space, or fetch something smaller", exception)
        : AgentFailure.WorthRetrying("TargetNotWritable", $"{path} cannot be written: {exception.Message}", exception);

    private async Task<FetchResult> CopyAsync(FetchRequest request, string target, Action<long>? growing, CancellationToken cancellationToken)
    {
        var copy = new LocalCopy(request, Limits(request));
        var contents = await copy.LookAsync(cancellationToken);
        if (await PresentAsync(target, contents.Digest, request, cancellationToken) is { } present
            && present.IsFolder == contents.IsFolder
            && await copy.HasSameSignatureAsync(target, contents.IsFolder, cancellationToken))
        {
            return Unchanged(request, present);
        }

        growing?.Invoke(contents.Files.Sum(static file => file.Bytes));
        var staging = new Staging(target);
        try
        {
            var copied = await copy.RunAsync(contents, staging, cancellationToken);
            staging.Publish();
            return Done(request, copied);
        }
        finally
        {
            staging.Clear();
        }
    }

    private async Task<FetchResult> DownloadAsync(FetchRequest request, string target, Action<long>? growing, CancellationToken cancellationToken)
    {
        if (request.Digest is { } digest && await PresentAsync(target, digest, request, cancellationToken) is { } present)
        {
            if (present.IsFolder)
            {
                await new SignatureRefresh(host, request).RunAsync(target, cancellationToken);
            }

            return Unchanged(request, present);
        }

        using var source = ArtifactSources.Open(request, host);
        var staging = new Staging(target);
        var received = await new ArtifactDownload(host, request, source, Limits(request), growing).RunAsync(staging, cancellationToken);
        staging.Publish();
        return Done(request, received);
    }

    private static async Task<ArtifactContents?> PresentAsync(string target, ModelDigest digest, FetchRequest request, CancellationToken cancellationToken)
    {
        if (!Path.Exists(target))
        {
            return null;
        }

        try
        {
            var present = await ArtifactReader.HashAsync(target, Limits(request), null, cancellationToken);
            return present.Digest == digest ? present : null;
        }
        catch (SupplyChainException)
        {
            // Whatever lies there is no artifact, so it is not the wanted one; it will be replaced.
            return null;
        }
    }

    private FetchResult Unchanged(FetchRequest request, ArtifactContents present)
    {
        host.Say($"{request.To} is already {present.Digest}; nothing to do");
        return new FetchResult(request.To, present.Digest.ToString(), present.Files.Sum(file => file.Bytes), true);
    }

    private FetchResult Done(FetchRequest request, ArtifactContents contents)
    {
        var bytes = contents.Files.Sum(file => file.Bytes);
        host.Say($"{request.Shown} -> {request.To}: {bytes} bytes, {contents.Digest}");
        return new FetchResult(request.To, contents.Digest.ToString(), bytes, false);
    }

    private static ArtifactLimits Limits(FetchRequest request) => ArtifactLimits.Default with { MaxTotalBytes = request.MaxBytes };
}
