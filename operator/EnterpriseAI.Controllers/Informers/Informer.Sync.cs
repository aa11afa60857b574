using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

public sealed partial class Informer<T>
{
    // So many watches in a row may end within a second, each after an event, before the next one waits.
    const int ShortWatchesAllowed = 3;
    static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);
    static readonly TimeSpan ShortWatchPause = TimeSpan.FromMilliseconds(200);

    async ValueTask<bool> MayStreamAsync(CancellationToken cancellationToken)
    {
        if (_streamRefused || _options.StreamingList == StreamingList.Never)
            return false;
        try
        {
            return _options.StreamingList == StreamingList.Try || await _source.HasStreamingListsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsForbidden || e.IsNotFound)
        {
            // Whoever may not know the server's version may still list.
            _streamRefused = true;
            return false;
        }
    }

    async Task ListAsync(CancellationToken cancellationToken)
    {
        // "0" is served from the server's watch cache; later never from before what was seen already.
        var fresh = new FreshCopy(this);
        var list = await ListFromAsync(_version ?? "0", fresh, cancellationToken).ConfigureAwait(false);
        foreach (var obj in list.Items)
            fresh.Add(obj);
        Replace(fresh, list.Metadata.ResourceVersion);
    }

    async Task<KubernetesList<T>> ListFromAsync(string version, FreshCopy fresh, CancellationToken cancellationToken)
    {
        var options = new ListOptions
        {
            LabelSelector = _options.LabelSelector,
            FieldSelector = _options.FieldSelector,
            ResourceVersion = version,
            OnUnreadable = fresh.Miss,
        };
        KubernetesList<T> list;
        try
        {
            list = await _source.ListAsync(options, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsGone || e.IsTooLargeResourceVersion)
        {
            // The version itself is the trouble (etcd was restored, or the cache is behind): ask for the newest, at once.
            return await _source.ListAsync(options with { ResourceVersion = "" }, cancellationToken).ConfigureAwait(false);
        }

        // Something in between answered from its memory. Taking it would bring back what was deleted and undo what was changed.
        if (IsBefore(list.Metadata.ResourceVersion, version))
            throw new IOException($"list of {Name} is of version {list.Metadata.ResourceVersion}, although at least {version} was asked for");
        return list;
    }

    /// <param name="stream">The watch begins with all present objects, which take the place of the copy when the server says that
    /// these were all.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    async Task WatchAsync(bool stream, CancellationToken cancellationToken)
    {
        var range = _options.MaximumWatch - _options.MinimumWatch;
        var options = new WatchOptions
        {
            LabelSelector = _options.LabelSelector,
            FieldSelector = _options.FieldSelector,
            ResourceVersion = stream ? _version ?? "" : _version,
            SendInitialEvents = stream,
            Timeout = _options.MinimumWatch + (range * _random.NextDouble()),
            WatchdogMargin = _options.WatchdogMargin,
        };
        var started = _time.GetTimestamp();
        var events = 0;
        if (stream)
        {
            if (!await StreamAsync(options, cancellationToken).ConfigureAwait(false))
                return;
        }
        else
        {
            await foreach (var change in _source.WatchAsync(options, cancellationToken).ConfigureAwait(false))
            {
                events += change.Type == WatchEventType.Bookmark ? 0 : 1;
                _lastError = null;
                Apply(change);
            }
        }

        var pause = PauseAfter(started, events);
        _lastError = null;
        if (pause > TimeSpan.Zero)
            await WaitAsync(pause, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Neither a watch that ends at once, nor one after the other that brings an event and ends, may be asked for without
    /// end and without a wait.</summary>
    /// <remarks>
    /// API servers end a watch whose reader is some events behind, even before it got the first one, and the next one then begins with
    /// all that came meanwhile: a wait that grew would let it fall behind further each time. Only the second watch in a row without an
    /// event is a failure, whose wait grows.
    /// </remarks>
    TimeSpan PauseAfter(long started, int events)
    {
        if (_time.GetElapsedTime(started) >= ShortWatch)
        {
            (_shortWatches, _emptyWatches) = (0, 0);
            return TimeSpan.Zero;
        }

        _emptyWatches = events == 0 ? _emptyWatches + 1 : 0;
        if (_emptyWatches > 1)
            throw new IOException($"watch of {Name} ended at once without an event");
        if (++_shortWatches <= ShortWatchesAllowed)
            return TimeSpan.Zero;
        LogShortWatch(Name, _shortWatches, ShortWatchPause.TotalSeconds);
        return ShortWatchPause;
    }

    /// <summary>Takes the initial events into a fresh copy, and then follows the same watch.</summary>
    /// <returns>False when the server does not do this: the objects must be listed.</returns>
    async Task<bool> StreamAsync(WatchOptions options, CancellationToken cancellationToken)
    {
        var fresh = new FreshCopy(this);
        var isInitial = true;
        using var patience = new CancellationTokenSource(_options.StreamingListPatience, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await foreach (var change in _source.WatchAsync(options, limit.Token).ConfigureAwait(false))
            {
                if (!isInitial)
                {
                    _lastError = null;
                    Apply(change);
                }
                else if (change.EndsInitialEvents)
                {
                    isInitial = false;
                    patience.CancelAfter(Timeout.InfiniteTimeSpan);
                    if (IsBefore(change.ResourceVersion, options.ResourceVersion))
                        throw new IOException($"stream of {Name} is of version {change.ResourceVersion}, although at least {options.ResourceVersion} was asked for");
                    Replace(fresh, change.ResourceVersion);
                }
                else
                {
                    fresh.Apply(change);
                }
            }
        }
        catch (KubernetesException e) when (isInitial && (e.IsBadRequest || e.IsInvalid))
        {
            LogNoStream(Name, e.Message);
            _streamRefused = true;
            return false;
        }
        catch (OperationCanceledException) when (isInitial && patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            LogNoStream(Name, "the initial events did not end");
            _streamRefused = true;
            return false;
        }
        catch (KubernetesException e) when (isInitial && options.ResourceVersion is { Length: > 0 } && (e.IsGone || e.IsTooLargeResourceVersion))
        {
            // As with a list: the version is the trouble, the newest will do.
            return await StreamAsync(options with { ResourceVersion = "" }, cancellationToken).ConfigureAwait(false);
        }

        if (isInitial)
            throw new IOException($"stream of {Name} ended before its initial events did");
        return true;
    }

    /// <summary>Puts a fresh copy in the place of the present one, in one step, and reports the differences.</summary>
    void Replace(FreshCopy copy, string? version)
    {
        var fresh = copy.Store;
        // What can no longer be read is not gone: its last readable state stays, as it does during a watch.
        foreach (var key in copy.Unreadable)
        {
            if (_store.Get(key) is { } before)
                fresh.Set(key, before);
        }

        lock (_dispatch)
        {
            var old = _store;
            var initial = !HasSynced;
            _store = fresh;
            Volatile.Write(ref _version, version);
            foreach (var (key, before) in old.Objects)
            {
                if (fresh.Get(key) is not { } now || now.Metadata.Uid != before.Metadata.Uid)
                    Dispatch(new InformerChange<T>(before, null, IsInitial: false));
            }

            foreach (var (key, now) in fresh.Objects)
            {
                var before = old.Get(key);
                if (before is not null && before.Metadata.Uid != now.Metadata.Uid)
                    before = null;
                if (before is null || before.Metadata.ResourceVersion != now.Metadata.ResourceVersion)
                    Dispatch(new InformerChange<T>(before, now, initial));
            }
        }

        _listedAt = _time.GetTimestamp();
        _mustList = false;
        _lastError = null;
        _synced.TrySetResult();
        LogListed(Name, fresh.Count, version);
    }

    static bool IsBefore(string? version, string? asked) =>
        ulong.TryParse(version, out var found) && ulong.TryParse(asked, out var atLeast) && found < atLeast;

    /// <summary>The next generation of the copy, while it is being filled.</summary>
    sealed class FreshCopy(Informer<T> informer)
    {
        public InformerStore<T> Store { get; } = new(informer._indexers);

        public HashSet<ObjectKey> Unreadable { get; } = [];

        public void Add(T obj)
        {
            var kept = informer.Prune(obj);
            Store.Set(ObjectKey.Of(kept), kept);
        }

        public void Miss(UnreadableObject bad)
        {
            informer.LogUnreadable(informer.Name, bad.Namespace, bad.Name, bad.Error.Message);
            Unreadable.Add(new ObjectKey(bad.Namespace, bad.Name ?? ""));
        }

        public void Apply(WatchEvent<T> change)
        {
            if (change.Unreadable is { } bad)
            {
                Miss(bad);
                if (change.Type == WatchEventType.Deleted)
                    Unreadable.Remove(new ObjectKey(bad.Namespace, bad.Name ?? ""));
            }
            else if (change is { Type: WatchEventType.Deleted, Object: { } gone })
            {
                Store.Remove(ObjectKey.Of(gone));
            }
            else if (change.Object is { } obj)
            {
                Add(obj);
            }
        }
    }
}
