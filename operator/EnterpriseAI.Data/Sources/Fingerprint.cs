using System.Security.Cryptography;

namespace EnterpriseAI.Data.Sources;

/// <summary>The digest of a source; see <see cref="Snapshot.Digest"/>.</summary>
internal sealed record Fingerprint(string Digest, long Bytes, IReadOnlyList<FileState> States)
{
    /// <exception cref="DataSourceException">A file is empty of bytes altogether, or cannot be read.</exception>
    public static async Task<Fingerprint> ComputeAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var states = new List<FileState>(files.Count);
        using var folder = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] digest = [];
        foreach (var file in files)
        {
            try
            {
                states.Add(FileState.Of(file));
                await using var stream = new FileStream(
                    file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
                digest = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
                folder.AppendData(digest);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new DataSourceException(
                    DataSourceReasons.ReadFailed, $"{file} may not be read by this process; make it readable", isTransient: true, e);
            }
            catch (IOException e)
            {
                throw new DataSourceException(DataSourceReasons.ReadFailed, $"{file} could not be read: {e.Message}", isTransient: true, e);
            }
        }

        var bytes = states.Sum(s => s.Length);
        if (bytes == 0)
            throw new DataSourceException(DataSourceReasons.EmptySource, $"{files[0]} is empty (0 bytes); write the data, then profile it");
        if (files.Count > 1) digest = folder.GetHashAndReset();
        return new Fingerprint($"sha256:{Convert.ToHexStringLower(digest)}", bytes, states);
    }

    /// <summary>A profile and a digest of different bytes would be worse than none.</summary>
    public void ThrowIfChanged()
    {
        foreach (var state in States)
        {
            if (state != FileState.Of(state.Path))
                throw new DataSourceException(
                    DataSourceReasons.SourceChanged, $"{state.Path} changed while it was profiled; profile it once it is written", isTransient: true);
        }
    }
}

/// <summary>What tells that a file is still the one that was read.</summary>
internal sealed record FileState(string Path, long Length, DateTime Modified)
{
    public static FileState Of(string path)
    {
        var info = new FileInfo(path);
        // A link's own time says nothing about the file behind it.
        if (info.LinkTarget is not null) info = (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
        return new FileState(path, info.Exists ? info.Length : -1, info.LastWriteTimeUtc);
    }
}
