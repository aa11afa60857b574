using EnterpriseAI.Kubernetes;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Controllers;

/// <summary>Describes a controller: what it watches, what it owns, how it reconciles.</summary>
/// <param name="name">Name in logs and metrics, lower case, such as <c>trainingjob</c>.</param>
/// <param name="loggers">Where the controller logs; null for nowhere.</param>
/// <param name="time">Null for the system's clock.</param>
public sealed class ControllerBuilder(string name, ILoggerFactory? loggers = null, TimeProvider? time = null)
{
    readonly List<(IInformer Informer, Action<WorkQueue<ObjectKey>> Attach)> _sources = [];
    IReconciler? _reconciler;
    WriteTracker? _tracker;
    Backoff? _backoff;
    (string Group, string Kind)? _primary;
    int _concurrency = 1;
    TimeSpan _syncTimeout = TimeSpan.FromMinutes(2);

    /// <summary>The resource that is reconciled: every change of an object enqueues its key.</summary>
    /// <param name="informer">Its informer.</param>
    /// <param name="filter">Which changes matter; null for <see cref="PrimaryChanges.Matter{T}"/>, which leaves out changes of the
    /// status alone.</param>
    public ControllerBuilder For<T>(Informer<T> informer, Func<InformerChange<T>, bool>? filter = null)
        where T : class, IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(informer);
        _primary = (informer.Type.Group, informer.Type.Kind);
        filter ??= PrimaryChanges.Matter;
        return Source(informer, change => filter(change) ? [change.Key] : []);
    }

    /// <summary>A resource whose objects the reconciled ones own: a change enqueues the controlling owner. After <see cref="For{T}"/>.</summary>
    /// <exception cref="InvalidOperationException">There is no <see cref="For{T}"/> yet.</exception>
    public ControllerBuilder Owns<T>(Informer<T> informer)
        where T : class, IKubernetesObject
    {
        var (group, kind) = _primary ?? throw new InvalidOperationException($"controller {name}: For must come before Owns");
        return Source(informer, change => change.IsInitial ? [] : Owners(change, group, kind));
    }

    /// <summary>Any resource: a change enqueues what <paramref name="map"/> says, for the object before and the object now.</summary>
    /// <param name="informer">Its informer.</param>
    /// <param name="map">Keys of reconciled objects.</param>
    /// <param name="filter">Which changes matter; null for all.</param>
    /// <remarks>
    /// Like <see cref="Owns{T}"/>, passes over the first list: each reconciled object is enqueued by its own, and no worker starts before
    /// every cache is filled. Otherwise a start would map every object of one kind to every object of another.
    /// </remarks>
    public ControllerBuilder Watches<T>(Informer<T> informer, Func<T, IEnumerable<ObjectKey>> map, Func<InformerChange<T>, bool>? filter = null)
        where T : class, IKubernetesObject =>
        Source(informer, change => change.IsInitial || filter?.Invoke(change) is false
            ? []
            : (change.Old is null ? [] : map(change.Old)).Concat(change.New is null ? [] : map(change.New)).Distinct());

    /// <summary>How many keys are reconciled at once. Default 1.</summary>
    public ControllerBuilder WithConcurrency(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _concurrency = count;
        return this;
    }

    /// <summary>What is done for each key.</summary>
    public ControllerBuilder WithReconciler(IReconciler reconciler)
    {
        _reconciler = reconciler;
        return this;
    }

    /// <summary>Holds a key back until the caches show what it wrote; the reconciler reports its writes to the same tracker.</summary>
    public ControllerBuilder WithWriteTracker(WriteTracker tracker)
    {
        _tracker = tracker;
        return this;
    }

    /// <summary>Waits after failures. Default 5 ms doubling to 1000 s.</summary>
    public ControllerBuilder WithBackoff(Backoff backoff)
    {
        _backoff = backoff;
        return this;
    }

    /// <summary>How long the informers may take for their first list before the controller fails. Default 2 minutes.</summary>
    public ControllerBuilder WithSyncTimeout(TimeSpan timeout)
    {
        _syncTimeout = timeout;
        return this;
    }

    /// <exception cref="InvalidOperationException">A reconciler or a source is missing.</exception>
    public Controller Build()
    {
        if (_reconciler is null || _sources.Count == 0)
            throw new InvalidOperationException($"controller {name} needs a reconciler and at least one informer");
        var queue = new WorkQueue<ObjectKey>(name, time, _backoff);
        foreach (var (_, attach) in _sources)
            attach(queue);
        return new Controller(name, [.. _sources.Select(source => source.Informer).Distinct()], queue, _reconciler, _tracker, loggers, time)
        {
            Concurrency = _concurrency,
            SyncTimeout = _syncTimeout,
        };
    }

    static IEnumerable<ObjectKey> Owners<T>(InformerChange<T> change, string group, string kind)
        where T : class, IKubernetesObject
    {
        var (before, now) = (Owner(change.Old, group, kind), Owner(change.New, group, kind));
        if (now is { } owner)
            yield return owner;
        if (before is { } former && former != now)
            yield return former;
    }

    static ObjectKey? Owner(IKubernetesObject? obj, string group, string kind)
    {
        // The group, not the version: an owner's version may change while it lives.
        if (obj?.ControllerOwner is not { } owner || owner.Kind != kind || GroupOf(owner.ApiVersion) != group)
            return null;
        return new ObjectKey(obj.Metadata.Namespace, owner.Name);
    }

    static string GroupOf(string apiVersion) => apiVersion.LastIndexOf('/') is var slash and >= 0 ? apiVersion[..slash] : "";

    ControllerBuilder Source<T>(Informer<T> informer, Func<InformerChange<T>, IEnumerable<ObjectKey>> keys)
        where T : class, IKubernetesObject
    {
        _sources.Add((informer, queue => informer.AddHandler(change =>
        {
            foreach (var key in keys(change))
                queue.Add(key, change.IsInitial ? WorkPriority.Initial : WorkPriority.Live);
        })));
        return this;
    }
}
