using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.SupplyChain;

/// <summary>Enumerates a file or a folder by the rules of OpenSSF Model Signing v1.0 and reads or hashes each file once.</summary>
/// <remarks>
/// A folder's top-level <c>.git*</c> entries and its signature file are left out, empty folders do not count, and a
/// symbolic link, pipe, socket or device is an error, also when it takes the place of a file while the artifact is read.
/// Caveat: the artifact path itself may be a symbolic link.
/// </remarks>
public static class ArtifactReader
{
    /// <summary>Opens a file that was read, for no more than that others see that it is in use: its bytes may be others by now. Null when it is gone or no file any more.</summary>
    public static SafeFileHandle? KeepOpen(string path)
    {
        try
        {
            return RegularFile.Open(path);
        }
        catch (Exception e) when (e is IOException or SupplyChainException)
        {
            return null;
        }
    }

    /// <summary>Reads the artifact into memory.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="limits">Bounds; <see cref="ArtifactLimits.Default"/> if left out.</param>
    /// <param name="ignorePaths">Further files or folders to leave out, relative to the artifact.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SupplyChainException">Not found, unreadable, too large, or with something that is not a file.</exception>
    public static Task<ArtifactContents> ReadAsync(string path, ArtifactLimits? limits = null,
        IReadOnlyCollection<string>? ignorePaths = null, CancellationToken cancellationToken = default) =>
        ReadAsync(path, new ArtifactReading { Limits = limits ?? ArtifactLimits.Default, IgnorePaths = ignorePaths ?? [], KeepBytes = true }, cancellationToken);

    /// <summary>As <see cref="ReadAsync(string, ArtifactLimits?, IReadOnlyCollection{string}?, CancellationToken)"/>, but hashes in a stream and keeps no bytes.</summary>
    public static Task<ArtifactContents> HashAsync(string path, ArtifactLimits? limits = null,
        IReadOnlyCollection<string>? ignorePaths = null, CancellationToken cancellationToken = default) =>
        ReadAsync(path, new ArtifactReading { Limits = limits ?? ArtifactLimits.Default, IgnorePaths = ignorePaths ?? [] }, cancellationToken);

    internal static async Task<ArtifactContents> ReadAsync(string path, ArtifactReading reading, CancellationToken cancellationToken)
    {
        try
        {
            var isFolder = Directory.Exists(path);
            if (!isFolder && !File.Exists(path))
                throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' does not exist: give a model file or a folder");

            var names = !isFolder ? [Path.GetFileName(path)]
                : reading.Names ?? ArtifactTree.FilesOf(path, reading.Limits, [.. ArtifactPaths.GitPaths, ArtifactPaths.SignatureFile, .. reading.IgnorePaths]);
            if (names.Count == 0)
                throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' holds no file to verify");

            var work = new ArtifactWork(reading.Limits, reading.KeepBytes, reading.HashFiles, reading.Parts);
            await work.RunAsync(names, Open, cancellationToken).ConfigureAwait(false);
            return new ArtifactContents(path, isFolder, [.. work.Files], work.Bytes, work.Parts);

            SafeFileHandle Open(string name) => isFolder ? RegularFile.OpenBelow(path, name) : RegularFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' changed while it was read: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactUnreadable, $"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a whole file of at most <paramref name="allowed"/> bytes, even when it grows meanwhile.</summary>
    internal static async Task<ReadOnlyMemory<byte>> ReadBoundedAsync(string path, long allowed, CancellationToken cancellationToken)
    {
        await using var stream = Open(path);
        var length = stream.Length;
        if (length > allowed)
            throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"'{path}' is larger than the {allowed} bytes that are allowed here");
        var bytes = new byte[length];
        var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (count < length || await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0)
            throw new IOException($"'{path}' changed its length while it was read");
        return bytes;
    }

    /// <summary>Opens a file for reading on end.</summary>
    internal static FileStream Open(string path) => new(RegularFile.Open(path), FileAccess.Read, bufferSize: 0);
}

/// <summary>What to read of an artifact, and how.</summary>
internal sealed record ArtifactReading
{
    public ArtifactLimits Limits { get; init; } = ArtifactLimits.Default;

    /// <summary>Files or folders to leave out.</summary>
    public IReadOnlyCollection<string> IgnorePaths { get; init; } = [];

    /// <summary>Of a folder, only these files; all that are not left out if null.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Keep what was hashed.</summary>
    public bool KeepBytes { get; init; }

    /// <summary>Hash each file as a whole, for the artifact's digest.</summary>
    public bool HashFiles { get; init; } = true;

    /// <summary>What else to hash.</summary>
    public PartHashing Parts { get; init; } = PartHashing.Files;
}
