using System.Diagnostics;
using System.Threading.Channels;

namespace EnterpriseAI.Audit.Storage;

/// <summary>
/// The log's single writer: takes appends from many callers and commits those that wait together, so that one round of fsync
/// serves them all.
/// </summary>
internal sealed partial class LogAppender : IAsyncDisposable
{
    // A batch within one bundle's width touches at most two bundles.
    private const int MaxBatch = 256;
    private const int MaxWaiting = 4096;

    private readonly LogStore _store;
    private readonly AuditMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Task _loop;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private volatile string? _fault;

    public LogAppender(LogStore store, AuditMetrics metrics, ILogger<LogAppender> logger)
    {
        _store = store;
        _metrics = metrics;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Why the last commit failed, or null. The next append tries again.</summary>
    public string? Fault => _fault;

    /// <summary>Appends an entry, unless its id is in the log; completes when it, or the first one of that id, is durable.</summary>
    /// <param name="id">The event's id.</param>
    /// <param name="entry">The canonical bytes.</param>
    /// <param name="cancellationToken">Ends the waiting. The entry may be appended all the same; asking again with the same id tells.</param>
    /// <exception cref="LogUnavailableException">It could not be made durable.</exception>
    public async Task<AppendResult> AppendAsync(Hash256 id, byte[] entry, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(id, entry);
        try
        {
            await _queue.Writer.WriteAsync(waiting, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new LogUnavailableException("the audit log is shutting down");
        }
        return await waiting.Completion.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting)) batch.Add(waiting);
            Commit(batch);
        }
    }

    private void Commit(List<Waiting> batch)
    {
        try
        {
            if (_fault is not null) _store.Reopen();
            var (fresh, results) = Sequence(batch);
            if (fresh.Count > 0)
            {
                var start = Stopwatch.GetTimestamp();
                _store.Commit(fresh);
                _metrics.Committed(fresh.Count, Stopwatch.GetElapsedTime(start));
            }
            if (_fault is not null) LogRecovered(_logger, _store.Current.Size);
            _fault = null;
            for (var i = 0; i < batch.Count; i++) batch[i].Completion.SetResult(results[i]);
        }
        catch (Exception e)
        {
            // Whatever it was, nobody may be told that these entries are safe; what is on disk decides before the next commit.
            _fault = e.Message;
            LogCommitFailed(_logger, e, batch.Count);
            foreach (var waiting in batch) waiting.Completion.SetException(new LogUnavailableException(e.Message));
        }
    }

    private (List<(Hash256, byte[])> Fresh, AppendResult[] Results) Sequence(List<Waiting> batch)
    {
        var fresh = new List<(Hash256, byte[])>();
        var places = new Dictionary<Hash256, long>();
        var results = new AppendResult[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            var (id, entry, _) = batch[i];
            var known = _store.TryGetIndex(id, out var index) || places.TryGetValue(id, out index);
            if (!known)
            {
                index = _store.Current.Size + fresh.Count;
                places.Add(id, index);
                fresh.Add((id, entry));
            }
            results[i] = new AppendResult(index, known);
        }
        return (fresh, results);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A commit of {Count} appends failed; they are refused, and the next append tries again")]
    private static partial void LogCommitFailed(ILogger logger, Exception exception, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The log takes appends again; it has {Size} entries")]
    private static partial void LogRecovered(ILogger logger, long size);

    private sealed record Waiting(Hash256 Id, byte[] Entry, TaskCompletionSource<AppendResult> Completion)
    {
        // Continuations run elsewhere: the writer must not serve HTTP.
        public Waiting(Hash256 id, byte[] entry) : this(id, entry, new(TaskCreationOptions.RunContinuationsAsynchronously)) { }
    }
}

/// <summary>An append could not be made durable now.</summary>
internal sealed class LogUnavailableException(string message) : Exception(message);
