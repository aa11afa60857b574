using EnterpriseAI.Kubernetes;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Controllers;

/// <summary>A local copy of one resource, kept up to date by list and watch.</summary>
/// <remarks>
/// <para>The loop is always in one of three states: it must <b>list</b> (or let the server stream the list, as the first events of the
/// watch); it <b>watches</b> from the version it last saw; or it <b>waits</b> after a failure. A watch that ends normally goes on from the last version. A version that is too old (<c>Expired</c>
/// or <c>Gone</c>, as HTTP status or inside the stream) leads to a new list, which replaces the copy in one step and reports what
/// vanished meanwhile as deleted. Any other failure waits and then watches again from the last version, because that is always
/// correct: the server says so when it is too old.</para>
/// <para>Guarantees: handlers are called one at a time, in order, and an exception of a handler stops nothing. Readers never wait and
/// never see a half-filled copy. Versions do not go backwards. No exception ends the loop; only cancellation does.</para>
/// <para>Caveats: the copy lags behind the server; whoever writes and then reads uses <see cref="WriteTracker"/>. Objects are shared
/// and must not be changed (they are immutable records). Objects that the C# type cannot hold are left out and logged.</para>
/// </remarks>
public sealed partial class Informer<T> : IInformer
    where T : class, IKubernetesObject
{
    // A list whose version expires this soon takes longer than the server's watch cache reaches back: back off, or it never ends.
    static readonly TimeSpan QuickExpiry = TimeSpan.FromSeconds(10);

    static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(2);

    readonly IResourceSource<T> _source;
    readonly InformerOptions<T> _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly Random _random;
    readonly Lock _dispatch = new();
    readonly List<Action<InformerChange<T>>> _handlers = [];
    readonly Dictionary<string, Func<T, IEnumerable<string>>> _indexers = new(StringComparer.Ordinal);
    readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile InformerStore<T> _store;
    volatile string? _lastError;
    string? _version;
    long _listedAt;
    int _shortWatches;
    int _emptyWatches;
    bool _streamRefused;
    bool _mustList = true;
    bool _started;

    public Informer(
        KubernetesClient client, ResourceType<T> type, InformerOptions<T>? options = null, ILogger<Informer<T>>? logger = null,
        TimeProvider? time = null, Random? random = null)
        : this(new ApiServerSource<T>(client, type, options?.Namespace), type, options, logger, time, random)
    {
    }

    internal Informer(
        IResourceSource<T> source, ResourceType<T> type, InformerOptions<T>? options, ILogger<Informer<T>>? logger, TimeProvider? time, Random? random)
    {
        _source = source;
        Type = type;
        _options = options ?? new InformerOptions<T>();
        _logger = logger ?? (ILogger)Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        _time = time ?? TimeProvider.System;
        _random = random ?? Random.Shared;
        _store = new InformerStore<T>(_indexers);
    }

    /// <summary>The resource.</summary>
    public ResourceType<T> Type { get; }

    public string Name => Type.ToString();

    public bool HasSynced => _synced.Task.IsCompletedSuccessfully;

    public string? LastError => _lastError;

    /// <summary>The version of the server's state that the copy has reached; null before the first list.</summary>
    public string? ResourceVersion => Volatile.Read(ref _version);

    /// <summary>Number of objects in the copy.</summary>
    public int Count => _store.Count;

    /// <summary>The object, or null.</summary>
    public T? Get(ObjectKey key) => _store.Get(key);

    /// <summary>The object, or null.</summary>
    public T? Get(string? ns, string name) => _store.Get(new ObjectKey(ns, name));

    /// <summary>All objects, or those of one namespace, in no order.</summary>
    public IReadOnlyList<T> List(string? ns = null) => _store.List(ns);

    /// <summary>The objects for which the index gave the value.</summary>
    /// <exception cref="ArgumentException">There is no such index.</exception>
    public IReadOnlyList<T> ByIndex(string index, string value) => _store.ByIndex(index, value);

    /// <summary>Adds an index; before <see cref="RunAsync"/>.</summary>
    /// <param name="name">Name of the index.</param>
    /// <param name="values">The values of an object; must depend on nothing else.</param>
    /// <exception cref="InvalidOperationException">The informer runs already.</exception>
    public Informer<T> AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        lock (_dispatch)
        {
            if (_started)
                throw new InvalidOperationException($"informer of {Name}: an index must be added before it runs");
            _indexers.Add(name, values);
            _store = new InformerStore<T>(_indexers);
        }

        return this;
    }

    /// <summary>Calls <paramref name="handler"/> for every change; first for what is in the copy already.</summary>
    /// <remarks>The handler must be quick (it puts a key into a queue): it holds up all others.</remarks>
    public void AddHandler(Action<InformerChange<T>> handler)
    {
        lock (_dispatch)
        {
            _handlers.Add(handler);
            foreach (var (_, obj) in _store.Objects)
                Call(handler, new InformerChange<T>(null, obj, IsInitial: true));
        }
    }

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    /// <exception cref="InvalidOperationException">Called twice.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        lock (_dispatch)
        {
            if (_started)
                throw new InvalidOperationException($"informer of {Name} runs already");
            _started = true;
        }

        var failures = 0;
        var lastFailure = _time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var stream = _mustList && await MayStreamAsync(cancellationToken).ConfigureAwait(false);
                if (_mustList && !stream)
                    await ListAsync(cancellationToken).ConfigureAwait(false);
                await WatchAsync(stream, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException e) when (e.IsGone && !_mustList && _time.GetElapsedTime(_listedAt) >= QuickExpiry)
            {
                LogExpired(Name, e.Message);
                InformerMetrics.Relisted(Name);
                _mustList = true;
            }
            catch (Exception e)
            {
                _mustList |= InformerFailure.NeedsList(e);
                if (_time.GetElapsedTime(lastFailure) >= _options.HealthyAfter)
                    failures = 0;
                var wait = _options.Backoff.After(failures++, _random);
                if (e is KubernetesException { RetryAfter: { } asked } && asked > wait)
                    wait = asked < LongestRetryAfter ? asked : LongestRetryAfter;
                _lastError = e.Message;
                InformerMetrics.Failed(Name);
                LogFailure(Name, e.Message, wait.TotalSeconds);
                await WaitAsync(wait, cancellationToken).ConfigureAwait(false);
                lastFailure = _time.GetTimestamp();
            }
        }
    }

    async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    void Apply(WatchEvent<T> change)
    {
        lock (_dispatch)
        {
            if (change.Unreadable is { } bad)
                LogUnreadable(Name, bad.Namespace, bad.Name, bad.Error.Message);

            if (change.Type == WatchEventType.Deleted && change is { Unreadable: { Name: { } name } gone })
                Removed(new ObjectKey(gone.Namespace, name), null);
            else if (change.Type == WatchEventType.Deleted && change.Object is { } last)
                Removed(ObjectKey.Of(last), last);
            else if (change.Object is { } obj)
                Set(Prune(obj));

            if (change.ResourceVersion is { Length: > 0 } version)
                Volatile.Write(ref _version, version);
        }
    }

    void Set(T obj)
    {
        var key = ObjectKey.Of(obj);
        var old = _store.Set(key, obj);
        if (old is not null && old.Metadata.Uid != obj.Metadata.Uid)
        {
            // Deleted and made again between two events: two objects, whose handlers must not take one for the other.
            Dispatch(new InformerChange<T>(old, null, IsInitial: false));
            old = null;
        }

        Dispatch(new InformerChange<T>(old, obj, IsInitial: false));
    }

    void Removed(ObjectKey key, T? last)
    {
        if ((_store.Remove(key) ?? last) is { } old)
            Dispatch(new InformerChange<T>(old, null, IsInitial: false));
    }

    T Prune(T obj) => _options.Transform is { } transform ? transform(obj) : obj;

    void Dispatch(InformerChange<T> change)
    {
        foreach (var handler in _handlers)
            Call(handler, change);
    }

    void Call(Action<InformerChange<T>> handler, InformerChange<T> change)
    {
        try
        {
            handler(change);
        }
        catch (Exception e)
        {
            LogHandlerFailed(e, Name, change.Key);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listed {Resource}: {Count} objects at version {Version}")]
    partial void LogListed(string resource, int count, string? version);

    [LoggerMessage(Level = LogLevel.Information, Message = "The server does not stream {Resource}, listing it instead: {Reason}")]
    partial void LogNoStream(string resource, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Watch of {Resource} ended within a second, after events, for the {Count}th time in a row; watching again in {Seconds} s")]
    partial void LogShortWatch(string resource, int count, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Version of {Resource} is too old to watch from, listing again: {Reason}")]
    partial void LogExpired(string resource, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "List or watch of {Resource} failed: {Reason}; trying again in {Seconds:F1} s")]
    partial void LogFailure(string resource, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "An object of {Resource} cannot be read and is left out: {Namespace}/{Name}: {Reason}")]
    partial void LogUnreadable(string resource, string? @namespace, string? name, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler of {Resource} failed for {Key}")]
    partial void LogHandlerFailed(Exception e, string resource, ObjectKey key);
}
