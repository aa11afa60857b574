using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.SupplyChain;

/// <summary>Hashes or reads the files of an artifact, several at once.</summary>
/// <remarks>
/// Reads block the workers, of which there are as many as processors: hashing is what takes the time, the kernel reads ahead,
/// and an asynchronous read of a file costs a thread of its own besides. Each file is opened once, whatever becomes of its name.
/// </remarks>
internal sealed class ArtifactWork(ArtifactLimits limits, bool keepBytes, bool hashFiles, PartHashing parts)
{
    // Large enough that a disk reads on end, small enough to stay in the processor's cache while it is hashed.
    private const int BufferBytes = 512 << 10;
    private const int MaxWorkers = 16;

    private readonly ConcurrentDictionary<string, byte[]> _hashes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ReadOnlyMemory<byte>> _bytes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte[]> _parts = new(StringComparer.Ordinal);
    private readonly List<(string Name, long Length)> _files = [];

    // Whole files by SHA-256 are hashed for the digest already.
    private readonly bool _hashParts = parts != PartHashing.Files || !hashFiles;

    /// <summary>By name, the files' SHA-256; empty values when files were not to be hashed.</summary>
    public IEnumerable<ArtifactFile> Files => _files.Select(file => new ArtifactFile(file.Name, file.Length, _hashes.GetValueOrDefault(file.Name)));

    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Bytes => _bytes;

    /// <summary>The hash of each part by its name.</summary>
    public IReadOnlyDictionary<string, byte[]> Parts => _hashParts ? _parts : _hashes;

    /// <param name="names">The files.</param>
    /// <param name="open">Opens a file by its name.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task RunAsync(IReadOnlyList<string> names, Func<string, SafeFileHandle> open, CancellationToken cancellationToken)
    {
        var opened = new ConcurrentBag<OpenFile>();
        try
        {
            await Parallel.ForEachAsync(Jobs(names, open, opened),
                new ParallelOptions { MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, MaxWorkers), CancellationToken = cancellationToken },
                (job, token) =>
                {
                    job.Run(token);
                    job.File.Release();
                    return ValueTask.CompletedTask;
                }).ConfigureAwait(false);
        }
        finally
        {
            foreach (var file in opened)
                file.Handle.Dispose();
        }
    }

    private IEnumerable<Job> Jobs(IReadOnlyList<string> names, Func<string, SafeFileHandle> open, ConcurrentBag<OpenFile> opened)
    {
        var left = limits.MaxTotalBytes;
        foreach (var name in names)
        {
            var handle = open(name);
            var file = new OpenFile(name, handle, RandomAccess.GetLength(handle));
            opened.Add(file);
            var allowed = Math.Min(Math.Min(left, limits.MaxFileBytes), keepBytes ? Array.MaxLength : long.MaxValue);
            if (file.Length > allowed)
                throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"'{name}' is larger than the {allowed} bytes that are allowed here");
            left -= file.Length;
            _files.Add((name, file.Length));
            // A file must be read on end for its own hash; only ranges alone can be shared among the workers.
            var ranges = hashFiles || keepBytes ? [(0, file.Length)] : parts.Parts(file.Length).ToList();
            file.Expect(ranges.Count);
            foreach (var (start, end) in ranges)
                yield return new Job(file, token => Hash(file, start, end, token));
            if (ranges.Count == 0)
                handle.Dispose();
        }
    }

    private void Hash(OpenFile file, long start, long end, CancellationToken cancellationToken)
    {
        using var whole = hashFiles ? new ContentHash(ContentHashKind.Sha256) : null;
        using var part = _hashParts ? new ContentHash(parts.Hash) : null;
        var ends = new Queue<(long Start, long End)>(_hashParts ? parts.Parts(file.Length).Where(range => range.Start >= start && range.End <= end) : []);
        var kept = keepBytes ? new byte[file.Length] : null;
        var buffer = kept ?? ArrayPool<byte>.Shared.Rent((int)Math.Clamp(end - start, 1, BufferBytes));
        try
        {
            for (var position = start; position < end;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // Up to the end of a part at most, so that no block belongs to two.
                var until = ends.TryPeek(out var current) ? current.End : end;
                var size = (int)Math.Min(until - position, kept is null ? buffer.Length : BufferBytes);
                var block = kept is null ? buffer.AsSpan(0, size) : kept.AsSpan((int)position, size);
                var count = RandomAccess.Read(file.Handle, block, position);
                if (count == 0)
                    throw file.Changed();
                whole?.Append(block[..count]);
                part?.Append(block[..count]);
                position += count;
                if (part is not null && position == until)
                    Store(file, ends.Dequeue(), part);
            }
            if (part is not null && ends.TryDequeue(out var empty))
                Store(file, empty, part);
            if (whole is not null)
                _hashes[file.Name] = whole.GetHashAndReset();
            if (kept is not null)
                _bytes[file.Name] = kept;
            if (RandomAccess.GetLength(file.Handle) != file.Length)
                throw file.Changed();
        }
        finally
        {
            if (kept is null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Store(OpenFile file, (long Start, long End) range, ContentHash hash) =>
        _parts[parts.PartName(file.Name, range.Start, range.End)] = hash.GetHashAndReset();

    private sealed record Job(OpenFile File, Action<CancellationToken> Run);

    private sealed class OpenFile(string name, SafeFileHandle handle, long length)
    {
        private int _jobs;

        public string Name => name;

        public SafeFileHandle Handle => handle;

        public long Length => length;

        public void Expect(int jobs) => _jobs = jobs;

        public void Release()
        {
            if (Interlocked.Decrement(ref _jobs) == 0)
                handle.Dispose();
        }

        public IOException Changed() => new($"'{name}' changed its length while it was read");
    }
}
