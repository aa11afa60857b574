using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Copies an artifact that lies on this machine.</summary>
internal sealed class LocalCopy(FetchRequest request, ArtifactLimits limits)
{
    private readonly string _source = request.From.LocalPath;

    /// <summary>What it is now.</summary>
    /// <exception cref="AgentFailure">It has another digest.</exception>
    /// <exception cref="SupplyChainException">It cannot be read.</exception>
    public async Task<ArtifactContents> LookAsync(CancellationToken cancellationToken)
    {
        var contents = await ArtifactReader.HashAsync(_source, limits, null, cancellationToken);
        return request.Digest is { } wanted && contents.Digest != wanted ? throw ArtifactDownload.Mismatch(request, contents.Digest, wanted) : contents;
    }

    /// <summary>True when the target has the same signature as the source. The digest leaves it out, but who fetches a folder wants its present one.</summary>
    public async Task<bool> HasSameSignatureAsync(string target, bool isFolder, CancellationToken cancellationToken)
    {
        var (one, other) = (Path.Combine(_source, ArtifactPaths.SignatureFile), Path.Combine(target, ArtifactPaths.SignatureFile));
        if (!isFolder || !File.Exists(one) || !File.Exists(other))
        {
            return !isFolder || (!File.Exists(one) && !File.Exists(other));
        }

        return (await ArtifactReader.HashAsync(one, null, null, cancellationToken)).Digest
            == (await ArtifactReader.HashAsync(other, null, null, cancellationToken)).Digest;
    }

    /// <param name="contents">See <see cref="LookAsync"/>.</param>
    /// <param name="staging">Where to.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="AgentFailure">The source changed meanwhile.</exception>
    public async Task<ArtifactContents> RunAsync(ArtifactContents contents, Staging staging, CancellationToken cancellationToken)
    {
        staging.Clear();
        var names = contents.Files.Select(file => contents.IsFolder ? file.Name : string.Empty);
        if (contents.IsFolder && File.Exists(Path.Combine(_source, ArtifactPaths.SignatureFile)))
        {
            names = names.Append(ArtifactPaths.SignatureFile);
        }

        foreach (var name in names)
        {
            var to = staging.FinishedOf(name);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            await using var reader = new FileStream(name.Length == 0 ? _source : Path.Combine(_source, name), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous);
            await using var writer = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            await BoundedCopy.RunAsync(reader, writer, limits.MaxTotalBytes, request.Shown, cancellationToken);
        }

        // What was hashed before may have changed until it was copied; what is published is hashed itself.
        var copied = await ArtifactReader.HashAsync(staging.Path, limits, null, cancellationToken);
        return copied.Digest == contents.Digest
            ? copied
            : throw AgentFailure.WorthRetrying("SourceChanged", $"{request.Shown} changed while it was copied");
    }
}
