using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Downloads one file: in chunks over several connections where the server can do that, else as one stream; goes on where it was interrupted.</summary>
/// <remarks>
/// Chunks of one file come from several answers, so they are asked for only of a server that names the file's version with
/// each of them. When the version changes, what has come is thrown away.
/// Nothing is flushed to the disk: after a power failure the digest tells what is missing, and the wait would be every pod's.
/// </remarks>
internal sealed class FileDownload(IRemoteFile file, Transfer transfer)
{
    private const int BufferBytes = 1 << 17;

    // The first request asks for no more, so that the others need not wait long for its answer.
    private const long FirstBytes = 1 << 20;

    private readonly FetchRequest _request = transfer.Request;
    private readonly Attempts _attempts = new(file.Shown, transfer);
    private string? _version;
    private bool _inChunks = true;
    private long _position;
    private long _reserved;
    private long _expected;
    private long _here;

    /// <summary>Fills <paramref name="path"/>; what it already holds is taken for a part of the file.</summary>
    /// <exception cref="AgentFailure">The server refused for good, sent too much, or was not to be had.</exception>
    public async Task RunAsync(string path, CancellationToken cancellationToken)
    {
        for (var restarts = 0; ; restarts++)
        {
            try
            {
                if (PartialFile.TryOpen(path) is { } begun)
                {
                    await ChunksAsync(begun, path, 0, cancellationToken);
                }
                else
                {
                    await StreamAsync(path, cancellationToken);
                }

                return;
            }
            catch (RemoteTrouble trouble)
            {
                if (restarts == _request.Retries)
                {
                    throw AgentFailure.WorthRetrying("SourceChanged", $"{file.Shown} changed {restarts + 1} times while it was fetched: fetch something that stays as it is", trouble);
                }

                transfer.Host.Say($"{file.Shown}: {trouble.Message}; starting anew");
                PartialFile.Remove(path);
                Forget();
            }
        }
    }

    private async Task StreamAsync(string path, CancellationToken cancellationToken)
    {
        _position = File.Exists(path) ? new FileInfo(path).Length : 0;
        Reserve(_position);
        Resume(_position);
        PartialFile? begun = null;
        for (var done = false; !done && begun is null;)
        {
            try
            {
                var first = _inChunks && _position == 0;
                var range = new RemoteRange(_position, first ? Math.Min(FirstBytes, _request.ChunkBytes) : null, _version);
                begun = await transfer.RequestAsync(file, range, (body, idle) => ReadAsync(body, path, first, idle, cancellationToken), cancellationToken);
                done = _inChunks || !first;
            }
            catch (RemoteTrouble trouble) when (trouble.Kind == RemoteTroubleKind.NoSuchRange && _inChunks && _position == 0)
            {
                // An empty file has no first chunk.
                _inChunks = false;
            }
            catch (RemoteTrouble trouble) when (trouble.Kind == RemoteTroubleKind.Passing)
            {
                // Without a version or a digest nothing says that a second answer continues the first: it is asked for whole.
                if (_version is null && _request.Digest is null)
                {
                    Forget();
                }

                await _attempts.AfterAsync(trouble, cancellationToken);
            }
        }

        if (begun is not null)
        {
            await ChunksAsync(begun, path, _position, cancellationToken);
        }
    }

    // The rest is to be fetched in chunks when this returns them; in one piece when _inChunks is gone; else the file is whole.
    private async Task<PartialFile?> ReadAsync(RemoteBody body, string path, bool first, IdleLimit idle, CancellationToken cancellationToken)
    {
        if (!body.IsPart && _position > 0)
        {
            Forget();
        }

        if (body.Offset != _position)
        {
            throw new RemoteTrouble(RemoteTroubleKind.Changed, "the server cannot go on where the last attempt ended");
        }

        if (body.Total == 0)
        {
            // Some stores answer a request for a part of an empty file with a part that is not there.
            using var empty = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            return null;
        }

        var goesOn = first && body.IsPart && (body.Total is null || body.Total != body.Announced);
        if (goesOn && body is { Version: { } version, Total: { } total })
        {
            Reserve(total);
            Expect(total);
            var partial = PartialFile.Create(path, new PartialFileHeader(version, total, _request.ChunkBytes));
            try
            {
                await CopyAsync(body, partial.Content, _position, Math.Min(total, _request.ChunkBytes), idle, count => _position += count, cancellationToken);
            }
            catch (RemoteTrouble trouble) when (trouble.Kind == RemoteTroubleKind.Passing)
            {
                // Whoever asks for the chunk next, asks for the rest of it.
            }
            catch
            {
                partial.Dispose();
                throw;
            }

            return partial;
        }

        if (goesOn)
        {
            // Without a version the chunks might be of different files, so it is asked for in one piece.
            _inChunks = false;
            return null;
        }

        transfer.IsPatched |= _position > 0 && _version is null;
        _version = body.Version;
        if (body.Announced is { } announced)
        {
            var whole = _position + Math.Min(announced, long.MaxValue - _position);
            Reserve(whole);
            Expect(whole);
        }

        var start = _position;
        using var target = File.OpenHandle(path, start == 0 ? FileMode.Create : FileMode.Open, FileAccess.Write, options: FileOptions.Asynchronous);
        await CopyAsync(
            body,
            target,
            start,
            long.MaxValue,
            idle,
            count =>
            {
                _position += count;
                Reserve(_position);
                _attempts.Arrived(count);
            },
            cancellationToken);
        return _position < (body.Total ?? start + body.Announced)
            ? throw new RemoteTrouble(RemoteTroubleKind.Passing, $"the connection ended after {_position - start} bytes, before the file's end")
            : null;
    }

    private async Task ChunksAsync(PartialFile partial, string path, long ofTheFirst, CancellationToken cancellationToken)
    {
        using (partial)
        {
            var wanted = partial.Wanted;
            Reserve(partial.Header.Total);
            Expect(partial.Header.Total);
            if (ofTheFirst == 0)
            {
                Resume(partial.Header.Total - wanted.Select(partial.RangeOf).Sum(static range => range.To - range.From));
            }

            await System.Threading.Tasks.Parallel.ForEachAsync(
                wanted,
                new ParallelOptions { MaxDegreeOfParallelism = _request.Connections, CancellationToken = cancellationToken },
                async (chunk, token) => await ChunkAsync(partial, chunk, chunk == 0 ? ofTheFirst : 0, token));
            partial.Complete(path);
        }
    }

    private async Task ChunkAsync(PartialFile partial, int chunk, long here, CancellationToken cancellationToken)
    {
        var attempts = new Attempts(file.Shown, transfer);
        var (from, to) = partial.RangeOf(chunk);
        var position = from + here;
        while (position < to)
        {
            try
            {
                await transfer.RequestAsync(
                    file,
                    new RemoteRange(position, to - position, partial.Header.Version),
                    async (body, idle) =>
                    {
                        if (!body.IsPart || body.Offset != position || (body.Total is { } total && total != partial.Header.Total))
                        {
                            throw new RemoteTrouble(RemoteTroubleKind.Changed, "the server has another file there than when the download began");
                        }

                        await CopyAsync(
                            body,
                            partial.Content,
                            position,
                            to,
                            idle,
                            count =>
                            {
                                position += count;
                                attempts.Arrived(count);
                            },
                            cancellationToken);
                        return position < to ? throw new RemoteTrouble(RemoteTroubleKind.Passing, "the connection ended too early") : true;
                    },
                    cancellationToken);
            }
            catch (RemoteTrouble trouble) when (trouble.Kind == RemoteTroubleKind.Passing)
            {
                await attempts.AfterAsync(trouble, cancellationToken);
            }
        }

        partial.Mark(chunk);
    }

    private async Task CopyAsync(
        RemoteBody body, SafeFileHandle target, long position, long end, IdleLimit idle, Action<int> arrived, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (position < end)
            {
                var count = await idle.ReadAsync(body.Content, buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - position)));
                if (count == 0)
                {
                    return;
                }

                await RandomAccess.WriteAsync(target, buffer.AsMemory(0, count), position, cancellationToken);
                position += count;
                arrived(count);
                Interlocked.Add(ref _here, count);
                transfer.Progress.Arrived(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Reserve(long total)
    {
        if (total > _reserved)
        {
            transfer.Budget.Take(total - _reserved);
            _reserved = total;
        }
    }

    private void Expect(long total)
    {
        if (total > _expected)
        {
            transfer.Progress.Expect(total - _expected);
            _expected = total;
        }
    }

    private void Resume(long bytes)
    {
        _here += bytes;
        transfer.Progress.Resume(bytes);
    }

    private void Forget()
    {
        transfer.Budget.Return(_reserved);
        transfer.Progress.Discard(_here);
        transfer.Progress.Expect(-_expected);
        (_reserved, _here, _expected, _position, _version, _inChunks) = (0, 0, 0, 0, null, true);
    }
}
