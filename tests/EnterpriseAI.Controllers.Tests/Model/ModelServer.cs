using System.Net;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers.Tests.Model;

/// <summary>An API server that is one dictionary and one history. Everything happens on the thread of whoever calls.</summary>
internal sealed class ModelServer
{
    readonly SortedDictionary<string, V1ConfigMap> _objects = new(StringComparer.Ordinal);
    readonly List<(long Version, WatchEventType Type, V1ConfigMap Object)> _history = [];
    readonly List<ModelConnection> _connections = [];
    long _compacted;
    int _uid;

    public long Version { get; private set; } = 100;

    public bool Streaming { get; set; }

    public IReadOnlyCollection<V1ConfigMap> Objects => _objects.Values;

    public V1ConfigMap? Get(string name) => _objects.GetValueOrDefault(name);

    public ModelConnection Connect()
    {
        var connection = new ModelConnection(this);
        _connections.Add(connection);
        return connection;
    }

    public void Forget(ModelConnection connection) => _connections.Remove(connection);

    /// <summary>Creates or changes the user's part of an object.</summary>
    public void Put(string name, string value)
    {
        var present = _objects.GetValueOrDefault(name);
        var data = new Dictionary<string, string>(present?.Data ?? new Dictionary<string, string>()) { ["k"] = value };
        Store(present, name, data);
    }

    /// <summary>Writes the controller's part, if nobody wrote since <paramref name="seen"/>.</summary>
    /// <exception cref="KubernetesException">Somebody did (409), or it is gone (404).</exception>
    public V1ConfigMap Observe(V1ConfigMap seen)
    {
        var present = _objects.GetValueOrDefault(seen.Name) ?? throw Failure(HttpStatusCode.NotFound, "NotFound");
        if (present.Metadata.ResourceVersion != seen.Metadata.ResourceVersion)
            throw Failure(HttpStatusCode.Conflict, "Conflict");
        return Store(present, seen.Name, new Dictionary<string, string>(present.Data!) { ["observed"] = present.Data!["k"] });
    }

    public void Remove(string name)
    {
        if (!_objects.Remove(name, out var last))
            return;
        Publish(WatchEventType.Deleted, last with { Metadata = last.Metadata with { ResourceVersion = $"{++Version}" } });
    }

    /// <summary>Forgets the history: whoever watches from before must list.</summary>
    public void Compact()
    {
        _history.Clear();
        _compacted = Version;
    }

    public void Bookmark()
    {
        foreach (var connection in _connections.ToArray())
            connection.Send(new WatchEvent<V1ConfigMap>(WatchEventType.Bookmark, null, $"{Version}"));
    }

    public void Tick() => Version++;

    public static KubernetesException Failure(HttpStatusCode code, string reason) => new(code, new V1Status { Reason = reason, Code = (int)code });

    internal KubernetesList<V1ConfigMap> List(string? asked)
    {
        if (long.TryParse(asked, out var version) && version > Version)
            throw Failure(HttpStatusCode.GatewayTimeout, "Timeout");
        return new KubernetesList<V1ConfigMap> { Metadata = new V1ListMeta { ResourceVersion = $"{Version}" }, Items = [.. _objects.Values] };
    }

    internal IEnumerable<WatchEvent<V1ConfigMap>> Since(string? asked)
    {
        var version = long.TryParse(asked, out var from) ? from : Version;
        if (version < _compacted)
            throw Failure(HttpStatusCode.Gone, version % 2 == 0 ? "Expired" : "Gone");
        return _history.Where(change => change.Version > version).Select(change => new WatchEvent<V1ConfigMap>(change.Type, change.Object, $"{change.Version}"));
    }

    V1ConfigMap Store(V1ConfigMap? present, string name, Dictionary<string, string> data)
    {
        var stored = new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Namespace = "ns", Name = name, Uid = present?.Metadata.Uid ?? $"uid-{++_uid}", ResourceVersion = $"{++Version}" },
            Data = data,
        };
        _objects[name] = stored;
        Publish(present is null ? WatchEventType.Added : WatchEventType.Modified, stored);
        return stored;
    }

    void Publish(WatchEventType type, V1ConfigMap obj)
    {
        _history.Add((Version, type, obj));
        foreach (var connection in _connections.ToArray())
            connection.Send(new WatchEvent<V1ConfigMap>(type, obj, $"{Version}"));
    }
}

/// <summary>What one process has of the server, with the faults between them.</summary>
internal sealed class ModelConnection(ModelServer server) : IResourceSource<V1ConfigMap>
{
    ModelWatch? _watch;
    bool _hangs;
    int _failures;
    Func<Exception> _failure = () => new IOException();

    public int Requests { get; private set; }

    public ValueTask<bool> HasStreamingListsAsync(CancellationToken cancellationToken) => new(server.Streaming);

    public Task<KubernetesList<V1ConfigMap>> ListAsync(ListOptions options, CancellationToken cancellationToken)
    {
        Begin();
        return Task.FromResult(server.List(options.ResourceVersion));
    }

    public async IAsyncEnumerable<WatchEvent<V1ConfigMap>> WatchAsync(
        WatchOptions options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Begin();
        var watch = new ModelWatch();
        if (options.SendInitialEvents)
        {
            foreach (var obj in server.List(options.ResourceVersion).Items)
                watch.Send(new WatchEvent<V1ConfigMap>(WatchEventType.Added, obj, obj.Metadata.ResourceVersion));
            watch.Send(new WatchEvent<V1ConfigMap>(WatchEventType.Bookmark, null, $"{server.Version}") { EndsInitialEvents = true });
        }
        else
        {
            foreach (var change in server.Since(options.ResourceVersion))
                watch.Send(change);
        }

        (_watch, _hangs) = (watch, false);
        using var cancelled = cancellationToken.Register(() => watch.End(new OperationCanceledException(cancellationToken)));
        while (await watch.NextAsync().ConfigureAwait(false) is { } change)
            yield return change;
    }

    public void Send(WatchEvent<V1ConfigMap> change)
    {
        if (!_hangs)
            _watch?.Send(change);
    }

    /// <summary>Ends the watch, normally or with an error.</summary>
    public void End(Exception? error = null)
    {
        var watch = _watch;
        _watch = null;
        watch?.End(error);
    }

    /// <summary>Nothing comes any more, and nobody says so.</summary>
    public void Hang() => _hangs = true;

    public void FailNext(int count, Func<Exception> failure) => (_failures, _failure) = (count, failure);

    /// <summary>What the faults did ends: a hanging watch is found by its watchdog.</summary>
    public void Heal()
    {
        _failures = 0;
        if (_hangs)
            End(new TimeoutException("hangs"));
    }

    void Begin()
    {
        Requests++;
        if (_failures-- > 0)
            throw _failure();
        _failures = 0;
    }
}

/// <summary>The events of one watch. Whoever sends one runs, on its own thread, what its reader does with it.</summary>
internal sealed class ModelWatch
{
    readonly Queue<WatchEvent<V1ConfigMap>> _events = new();
    TaskCompletionSource? _reader;
    Exception? _error;
    bool _ended;

    public void Send(WatchEvent<V1ConfigMap> change)
    {
        _events.Enqueue(change);
        Wake();
    }

    public void End(Exception? error)
    {
        if (_ended)
            return;
        (_ended, _error) = (true, error);
        Wake();
    }

    /// <summary>Null at the end.</summary>
    public async ValueTask<WatchEvent<V1ConfigMap>?> NextAsync()
    {
        while (_events.Count == 0)
        {
            if (_ended)
                return _error is null ? null : throw _error;
            _reader = new TaskCompletionSource();
            await _reader.Task.ConfigureAwait(false);
        }

        return _events.Dequeue();
    }

    void Wake()
    {
        var reader = _reader;
        _reader = null;
        reader?.SetResult();
    }
}
