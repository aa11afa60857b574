using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Downloads the files of an artifact and checks that they are the right ones.</summary>
internal sealed class ArtifactDownload(AgentHost host, FetchRequest request, IArtifactSource source, ArtifactLimits limits, Action<long>? growing)
{
    /// <returns>What was downloaded, with the right digest.</returns>
    /// <exception cref="AgentFailure">It is not to be had, too large, or of another digest.</exception>
    public async Task<ArtifactContents> RunAsync(Staging staging, CancellationToken cancellationToken)
    {
        // With a digest a part left behind by an earlier process can be trusted to be checked; without one it cannot.
        var resumed = request.Digest is not null && staging.HasBegun;
        if (!resumed)
        {
            staging.Clear();
        }

        for (var isSecond = false; ; isSecond = true)
        {
            using var transfer = new Transfer(host, request, new ByteBudget(request.MaxBytes, request.Shown, growing));
            var artifact = await source.ListAsync(transfer, cancellationToken);
            await DownloadAsync(artifact, staging, transfer, resumed, cancellationToken);
            var received = await ArtifactReader.HashAsync(staging.Path, limits, null, cancellationToken);
            if (await ProblemOfAsync(artifact, received, staging, cancellationToken) is not { } problem)
            {
                return received;
            }

            staging.Clear();
            if (isSecond || !(resumed || transfer.IsPatched))
            {
                throw problem;
            }

            host.Say($"{request.Shown}: the part left by an earlier attempt does not fit; starting anew");
            resumed = false;
        }
    }

    private async Task DownloadAsync(RemoteArtifact artifact, Staging staging, Transfer transfer, bool resumed, CancellationToken cancellationToken)
    {
        if (artifact.IsFolder != Directory.Exists(staging.Path))
        {
            staging.Clear();
        }

        if (artifact.IsFolder)
        {
            Directory.CreateDirectory(staging.Path);
            foreach (var left in Directory.EnumerateFiles(staging.Path, "*", SearchOption.AllDirectories).Where(file => !artifact.Has(Path.GetRelativePath(staging.Path, file))).ToList())
            {
                File.Delete(left);
            }
        }

        if (artifact.Files.Sum(static file => (decimal)(file.Bytes ?? 0)) > request.MaxBytes)
        {
            throw ByteBudget.TooLarge(request.Shown);
        }

        await System.Threading.Tasks.Parallel.ForEachAsync(
            artifact.Files,
            new ParallelOptions { MaxDegreeOfParallelism = request.Connections, CancellationToken = cancellationToken },
            async (file, token) =>
            {
                if (resumed && artifact.IsFolder && await IsFinishedAsync(file, staging, token))
                {
                    return;
                }

                await new FileDownload(file.File, transfer).RunAsync(staging.DownloadOf(file.Name), token);
                staging.Finish(file.Name);
            });
        if (artifact.Signature is { } signature)
        {
            await File.WriteAllBytesAsync(staging.FinishedOf(ArtifactPaths.SignatureFile), signature, cancellationToken);
        }
    }

    private async Task<bool> IsFinishedAsync(RemoteArtifactFile file, Staging staging, CancellationToken cancellationToken)
    {
        var path = staging.FinishedOf(file.Name);
        if (!File.Exists(path) || (file.Sha256 is null && file.Bytes is null) || (file.Bytes is { } bytes && new FileInfo(path).Length != bytes))
        {
            return false;
        }

        // Where only the size is known, the digest of the whole tells in the end.
        return file.Sha256 is not { } wanted || await HasHashAsync(path, wanted, cancellationToken);
    }

    private async Task<bool> HasHashAsync(string path, ReadOnlyMemory<byte> wanted, CancellationToken cancellationToken)
        => (await ArtifactReader.HashAsync(path, limits, null, cancellationToken)).Files[0].Sha256.Span.SequenceEqual(wanted.Span);

    private async Task<AgentFailure?> ProblemOfAsync(RemoteArtifact artifact, ArtifactContents received, Staging staging, CancellationToken cancellationToken)
    {
        var hashes = received.Files.ToDictionary(file => artifact.IsFolder ? file.Name : string.Empty, static file => file.Sha256);
        foreach (var file in artifact.Files)
        {
            // The signature does not count among the artifact's files.
            if (file.Sha256 is { } wanted
                && !(hashes.TryGetValue(file.Name, out var hash) ? hash.Span.SequenceEqual(wanted.Span) : await HasHashAsync(staging.FinishedOf(file.Name), wanted, cancellationToken)))
            {
                return AgentFailure.BadInput(
                    "DigestMismatch", $"{request.Shown}: '{file.Name}' is not the file that was signed or pushed by this name: publish the artifact and its signature together");
            }
        }

        return request.Digest is { } digest && received.Digest != digest ? Mismatch(request, received.Digest, digest) : null;
    }

    public static AgentFailure Mismatch(FetchRequest request, ModelDigest actual, ModelDigest wanted)
        => AgentFailure.BadInput("DigestMismatch", $"{request.Shown} has digest {actual}, not {wanted} (--digest)");
}
