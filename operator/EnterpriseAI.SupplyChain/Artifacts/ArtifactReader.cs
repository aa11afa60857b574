using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Enumerates a file or a folder by the rules of OpenSSF Model Signing v1.0 and reads or hashes each file once.</summary>
/// <remarks>
/// A folder's top-level <c>.git*</c> entries and its signature file are left out, empty folders do not count, and a
/// symbolic link is an error. Caveat: the artifact path itself may be a symbolic link.
/// </remarks>
public static class ArtifactReader
{
    private const int BufferBytes = 1 << 20;

    /// <summary>Reads the artifact into memory.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="limits">Bounds; <see cref="ArtifactLimits.Default"/> if left out.</param>
    /// <param name="ignorePaths">Further files or folders to leave out, relative to the artifact.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SupplyChainException">Not found, unreadable, too large, or with a symbolic link.</exception>
    public static Task<ArtifactContents> ReadAsync(string path, ArtifactLimits? limits = null,
        IReadOnlyCollection<string>? ignorePaths = null, CancellationToken cancellationToken = default) =>
        EnumerateAsync(path, limits ?? ArtifactLimits.Default, ignorePaths ?? [], keepBytes: true, cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, but hashes in a stream and keeps no bytes.</summary>
    public static Task<ArtifactContents> HashAsync(string path, ArtifactLimits? limits = null,
        IReadOnlyCollection<string>? ignorePaths = null, CancellationToken cancellationToken = default) =>
        EnumerateAsync(path, limits ?? ArtifactLimits.Default, ignorePaths ?? [], keepBytes: false, cancellationToken);

    private static async Task<ArtifactContents> EnumerateAsync(string path, ArtifactLimits limits,
        IReadOnlyCollection<string> ignorePaths, bool keepBytes, CancellationToken cancellationToken)
    {
        try
        {
            var isFolder = Directory.Exists(path);
            if (!isFolder && !File.Exists(path))
                throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' does not exist: give a model file or a folder");

            var names = isFolder
                ? FilesOf(path, limits, [.. ArtifactPaths.GitPaths, ArtifactPaths.SignatureFile, .. ignorePaths])
                : [System.IO.Path.GetFileName(path)];
            if (names.Count == 0)
                throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' holds no file to verify");

            var files = new List<ArtifactFile>(names.Count);
            var bytes = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            var left = limits.MaxTotalBytes;
            foreach (var name in names)
            {
                var file = isFolder ? System.IO.Path.Combine(path, name) : path;
                var allowed = Math.Min(left, limits.MaxFileBytes);
                var read = keepBytes
                    ? await ReadFileAsync(name, file, allowed, bytes, cancellationToken).ConfigureAwait(false)
                    : await HashFileAsync(name, file, allowed, cancellationToken).ConfigureAwait(false);
                left -= read.Bytes;
                files.Add(read);
            }
            return new ArtifactContents(path, isFolder, files, bytes);
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

    private static List<string> FilesOf(string root, ArtifactLimits limits, string[] ignored)
    {
        var names = new List<string>();
        var folders = new Stack<(DirectoryInfo Folder, string Prefix)>([(new DirectoryInfo(root), "")]);
        var everything = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        while (folders.TryPop(out var next))
        {
            foreach (var entry in next.Folder.EnumerateFileSystemInfos("*", everything))
            {
                var name = next.Prefix + entry.Name;
                if (ArtifactPaths.IsIgnored(name, ignored))
                    continue;
                if (!ArtifactPaths.IsSafeName(name))
                    throw new SupplyChainException(SupplyChainReason.ArtifactInvalid, $"'{root}': the file name '{name}' cannot be signed: rename it");
                if (entry.LinkTarget is not null || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                    throw new SupplyChainException(SupplyChainReason.ArtifactInvalid, $"'{root}': '{name}' is a symbolic link: put the file itself there");
                if (entry is DirectoryInfo folder)
                    folders.Push((folder, name + "/"));
                else
                    names.Add(name);
                if (names.Count > limits.MaxFiles || folders.Count > limits.MaxFiles)
                    throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"'{root}' holds more than {limits.MaxFiles} files");
            }
        }
        names.Sort(CodePointOrder.Instance);
        return names;
    }

    private static async Task<ArtifactFile> ReadFileAsync(string name, string path, long allowed,
        Dictionary<string, ReadOnlyMemory<byte>> contents, CancellationToken cancellationToken)
    {
        var bytes = await ReadBoundedAsync(path, allowed, cancellationToken).ConfigureAwait(false);
        contents.Add(name, bytes);
        return new ArtifactFile(name, bytes.Length, SHA256.HashData(bytes.Span));
    }

    /// <summary>Reads a whole file of at most <paramref name="allowed"/> bytes, even when it grows meanwhile.</summary>
    internal static async Task<ReadOnlyMemory<byte>> ReadBoundedAsync(string path, long allowed, CancellationToken cancellationToken)
    {
        await using var stream = Open(path);
        var length = stream.Length;
        if (length > allowed)
            throw TooLarge(path, allowed);
        var bytes = new byte[length];
        var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (count < length || await stream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0)
            throw new IOException($"'{path}' changed its length while it was read");
        return bytes;
    }

    private static async Task<ArtifactFile> HashFileAsync(string name, string path, long allowed, CancellationToken cancellationToken)
    {
        await using var stream = Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Clamp(stream.Length, 1, BufferBytes)];
        long total = 0;
        for (int count; (count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            total += count;
            if (total > allowed)
                throw TooLarge(path, allowed);
            hash.AppendData(buffer, 0, count);
        }
        return new ArtifactFile(name, total, hash.GetHashAndReset());
    }

    internal static FileStream Open(string path) =>
        new(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan | FileOptions.Asynchronous });

    private static SupplyChainException TooLarge(string path, long allowed) =>
        new(SupplyChainReason.ArtifactTooLarge, $"'{path}' is larger than the {allowed} bytes that are allowed here");
}
