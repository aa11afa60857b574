using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Brings an artifact from another place to a local path.</summary>
/// <remarks>
/// Guarantees: the target is either as before or whole and of the right digest; what is there and right is left alone.
/// Caveats: a folder that is replaced is absent for the moment between two renames; <c>http(s)://</c> gives one file.
/// </remarks>
internal sealed class ArtifactFetcher(HttpClient http, AgentHost host)
{
    /// <exception cref="AgentFailure">The source is missing, too large, of another digest, or cannot be reached.</exception>
    /// <exception cref="SupplyChainException">The source folder or what lies at the target cannot be read.</exception>
    public async Task<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
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
                ? await CopyAsync(request, target, cancellationToken)
                : await DownloadAsync(request, target, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AgentFailure.WorthRetrying("TargetNotWritable", $"--to: {request.To} cannot be written: {exception.Message}", exception);
        }
    }

    private async Task<FetchResult> CopyAsync(FetchRequest request, string target, CancellationToken cancellationToken)
    {
        var source = request.From.LocalPath;
        var limits = Limits(request);
        var contents = await ArtifactReader.HashAsync(source, limits, null, cancellationToken);
        if (request.Digest is { } wanted && contents.Digest != wanted)
        {
            throw Mismatch(request, contents.Digest, wanted);
        }

        // The digest leaves the signature out, but who fetches a folder wants its present signature too.
        string[] names = [.. contents.Files.Select(file => contents.IsFolder ? file.Name : string.Empty)];
        var signature = contents.IsFolder ? Path.Combine(source, ArtifactPaths.SignatureFile) : null;
        if (await PresentAsync(target, contents.Digest, limits, cancellationToken) is { } present
            && present.IsFolder == contents.IsFolder
            && (signature is null || await SameAsync(signature, Path.Combine(target, ArtifactPaths.SignatureFile), cancellationToken)))
        {
            return Unchanged(request, present);
        }

        var staging = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            foreach (var name in File.Exists(signature) ? names.Append(ArtifactPaths.SignatureFile) : names)
            {
                var (from, to) = name.Length == 0 ? (source, staging) : (Path.Combine(source, name), Path.Combine(staging, name));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                await using var reader = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
                await using var writer = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
                await BoundedCopy.RunAsync(reader, writer, limits.MaxTotalBytes, request.From, cancellationToken);
                writer.Flush(flushToDisk: true);
            }

            // What was hashed above may have changed before it was copied; what is published is hashed itself.
            var copied = await ArtifactReader.HashAsync(staging, limits, null, cancellationToken);
            if (copied.Digest != contents.Digest)
            {
                throw AgentFailure.WorthRetrying("SourceChanged", $"{request.From} changed while it was copied");
            }

            Publish(staging, target, copied.IsFolder);
            return Done(request, copied);
        }
        finally
        {
            Remove(staging);
        }
    }

    private async Task<FetchResult> DownloadAsync(FetchRequest request, string target, CancellationToken cancellationToken)
    {
        var limits = Limits(request);
        if (request.Digest is { } digest && await PresentAsync(target, digest, limits, cancellationToken) is { } present)
        {
            return Unchanged(request, present);
        }

        // With a digest a part left behind by an earlier process can be trusted to be checked; without one it cannot.
        var staging = $"{target}.partial";
        var resumed = request.Digest is not null && File.Exists(staging);
        if (!resumed)
        {
            Remove(staging);
        }

        var download = new HttpDownload(http, host, request);
        await download.RunAsync(staging, cancellationToken);
        var received = await ArtifactReader.HashAsync(staging, limits, null, cancellationToken);
        if (resumed && received.Digest != request.Digest)
        {
            host.Say($"{request.From}: the part left by an earlier attempt does not fit; starting anew");
            Remove(staging);
            await download.RunAsync(staging, cancellationToken);
            received = await ArtifactReader.HashAsync(staging, limits, null, cancellationToken);
        }

        if (request.Digest is { } wanted && received.Digest != wanted)
        {
            Remove(staging);
            throw Mismatch(request, received.Digest, wanted);
        }

        Publish(staging, target, isFolder: false);
        return Done(request, received);
    }

    private static async Task<ArtifactContents?> PresentAsync(string target, ModelDigest digest, ArtifactLimits limits, CancellationToken cancellationToken)
    {
        if (!Path.Exists(target))
        {
            return null;
        }

        try
        {
            var present = await ArtifactReader.HashAsync(target, limits, null, cancellationToken);
            return present.Digest == digest ? present : null;
        }
        catch (SupplyChainException)
        {
            // Whatever lies there is no artifact, so it is not the wanted one; it will be replaced.
            return null;
        }
    }

    private static async Task<bool> SameAsync(string one, string other, CancellationToken cancellationToken)
    {
        if (!File.Exists(one) || !File.Exists(other))
        {
            return !File.Exists(one) && !File.Exists(other);
        }

        return (await ArtifactReader.HashAsync(one, null, null, cancellationToken)).Digest
            == (await ArtifactReader.HashAsync(other, null, null, cancellationToken)).Digest;
    }

    private static void Publish(string staging, string target, bool isFolder)
    {
        if (!isFolder && !Directory.Exists(target))
        {
            File.Move(staging, target, overwrite: true);
            return;
        }

        // A folder cannot be renamed over another that has files.
        var former = $"{target}.{Guid.NewGuid():N}.former";
        if (Path.Exists(target))
        {
            Directory.Move(target, former);
        }

        try
        {
            Directory.Move(staging, target);
        }
        catch
        {
            if (Path.Exists(former))
            {
                Directory.Move(former, target);
            }

            throw;
        }

        Remove(former);
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
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
        host.Say($"{request.From} -> {request.To}: {bytes} bytes, {contents.Digest}");
        return new FetchResult(request.To, contents.Digest.ToString(), bytes, false);
    }

    private static ArtifactLimits Limits(FetchRequest request) => ArtifactLimits.Default with { MaxTotalBytes = request.MaxBytes };

    private static AgentFailure Mismatch(FetchRequest request, ModelDigest actual, ModelDigest wanted)
        => AgentFailure.BadInput("DigestMismatch", $"{request.From} has digest {actual}, not {wanted} (--digest)");
}
