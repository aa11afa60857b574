using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace EnterpriseAI.Controllers;

/// <summary>Keys that need work. Events, retries and timers all go through it, so that no key is worked on twice at once.</summary>
/// <remarks>
/// <para>A key is in one place only: <b>waiting</b> for its time, <b>ready</b>, or <b>processing</b>; a key that is added while it is
/// processed comes back after <see cref="Done"/>. When a key is added again, the earlier time and the higher priority win.</para>
/// <para>Guarantees: a key is never handed out again before <see cref="Done"/>; a key added after it was handed out is handed out
/// once more; ready keys come in order of priority, then of arrival. Safe for concurrent use.</para>
/// <para>Caveats: an immediate add of a key that waits for a later time takes the place of that time; the next run must ask for it
/// again, as level-triggered reconciling does anyway.</para>
/// </remarks>
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    // Entries are used again, so that a key that comes and goes costs no memory; a burst's worth of them is not kept for ever.
    const int SpareEntries = 256;

    readonly Lock _gate = new();
    readonly Dictionary<TKey, Entry> _entries = [];
    readonly Dictionary<TKey, int> _failures = [];
    readonly IndexedHeap<Entry> _ready = new(static (a, b) => a.Priority != b.Priority ? b.Priority.CompareTo(a.Priority) : a.Order.CompareTo(b.Order));
    readonly IndexedHeap<Entry> _waiting = new(static (a, b) => a.ReadyAt.CompareTo(b.ReadyAt));
    readonly List<Waiter> _waiters = [];
    readonly Stack<Entry> _spare = new();
    readonly SortedDictionary<int, int> _depths = new() { [WorkPriority.Live] = 0, [WorkPriority.Initial] = 0 };
    readonly TimeProvider _time;
    readonly Backoff _backoff;
    readonly Random _random;
    readonly ITimer _timer;
    readonly WorkQueueMetrics _metrics;
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _timerSetFor = long.MaxValue;
    long _order;
    int _processing;
    bool _shutDown;

    /// <param name="name">Label of the metrics.</param>
    /// <param name="time">Null for the system's clock.</param>
    /// <param name="backoff">Waits of <see cref="AddRateLimited"/>. Default 5 ms doubling to 1000 s, with up to 20 % jitter.</param>
    /// <param name="random">Source of the jitter.</param>
    public WorkQueue(string name, TimeProvider? time = null, Backoff? backoff = null, Random? random = null)
    {
        _time = time ?? TimeProvider.System;
        _backoff = backoff ?? new Backoff(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000), 0.2);
        _random = random ?? Random.Shared;
        _timer = _time.CreateTimer(static state => ((WorkQueue<TKey>)state!).MoveDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _metrics = new WorkQueueMetrics(name, Measure);
    }

    /// <summary>Keys that are ready.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _ready.Count;
        }
    }

    /// <summary>Keys that wait for their time.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Adds a key that needs work now.</summary>
    public void Add(TKey key, int priority = WorkPriority.Live)
    {
        lock (_gate)
            Merge(key, _time.GetTimestamp(), priority, now: true);
    }

    /// <summary>Adds a key that needs work after a while.</summary>
    public void AddAfter(TKey key, TimeSpan delay, int priority = WorkPriority.Live)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            Merge(key, delay <= TimeSpan.Zero ? now : now + Ticks(delay), priority, delay <= TimeSpan.Zero);
        }
    }

    /// <summary>Adds a key that failed: each time in a row waits longer.</summary>
    /// <returns>The wait.</returns>
    public TimeSpan AddRateLimited(TKey key, int priority = WorkPriority.Live)
    {
        lock (_gate)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            var wait = _backoff.After(failures, _random);
            _metrics.Retried();
            Merge(key, _time.GetTimestamp() + Ticks(wait), priority, now: false);
            return wait;
        }
    }

    /// <summary>The key succeeded: its next failure waits shortly again.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            if (_failures.Count > 0)
                _failures.Remove(key);
        }
    }

    /// <summary>How often in a row the key failed.</summary>
    public int Failures(TKey key)
    {
        lock (_gate)
            return _failures.GetValueOrDefault(key);
    }

    /// <summary>Takes the next key, waiting for one. Its taker calls <see cref="Done"/>.</summary>
    /// <returns>Null once the queue is shut down.</returns>
    public ValueTask<WorkItem<TKey>?> GetAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<WorkItem<TKey>?>(cancellationToken);
        Waiter waiter;
        lock (_gate)
        {
            if (_shutDown)
                return new((WorkItem<TKey>?)null);
            if (_ready.Count > 0)
                return new(Take());
            waiter = new Waiter(this);
            _waiters.Add(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Takes the next key if one is ready now.</summary>
    public bool TryGet([NotNullWhen(true)] out WorkItem<TKey>? item)
    {
        lock (_gate)
        {
            item = _shutDown || _ready.Count == 0 ? null : Take();
            return item is not null;
        }
    }

    /// <summary>Ends the work on a key; if it was added meanwhile, it is ready again.</summary>
    public void Done(TKey key)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) || !entry.IsProcessing)
                return;
            entry.IsProcessing = false;
            _processing--;
            var now = _time.GetTimestamp();
            _metrics.Worked(_time.GetElapsedTime(entry.StartedAt, now));
            if (_shutDown || !entry.IsPending)
            {
                _entries.Remove(key);
                Spare(entry);
            }
            else
            {
                entry.IsPending = false;
                Enqueue(entry, now);
            }

            if (_shutDown && _processing == 0)
                _drained.TrySetResult();
        }
    }

    /// <summary>Takes no more keys, hands no more out, and completes when the keys that are processed are done.</summary>
    public Task ShutDownAsync()
    {
        lock (_gate)
        {
            if (!_shutDown)
            {
                _shutDown = true;
                while (_ready.First is { } ready)
                    Discard(_ready, ready);
                while (_waiting.First is { } waiting)
                    Discard(_waiting, waiting);

                EndWaiting();
            }

            if (_processing == 0)
                _drained.TrySetResult();
        }

        return _drained.Task;
    }

    public void Dispose()
    {
        // Whoever still adds, or waits, and a timer that is just firing, find the end.
        lock (_gate)
        {
            _shutDown = true;
            EndWaiting();
        }

        _timer.Dispose();
        _metrics.Dispose();
    }

    static async ValueTask<WorkItem<TKey>?> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).Abandon(token), waiter);
        return await waiter.Task.ConfigureAwait(false);
    }

    void Discard(IndexedHeap<Entry> heap, Entry entry)
    {
        heap.Remove(entry);
        _entries.Remove(entry.Key);
    }

    void EndWaiting()
    {
        foreach (var waiter in _waiters)
            waiter.SetResult(null);
        _waiters.Clear();
    }

    /// <summary>Hands the first ready key out; there is one.</summary>
    WorkItem<TKey> Take()
    {
        var entry = _ready.First!;
        _ready.Remove(entry);
        entry.IsReady = false;
        entry.IsProcessing = true;
        entry.StartedAt = _time.GetTimestamp();
        _processing++;
        _metrics.Waited(_time.GetElapsedTime(entry.ReadyAt, entry.StartedAt));
        return new WorkItem<TKey>(entry.Key, entry.Priority);
    }

    void Spare(Entry entry)
    {
        if (_spare.Count >= SpareEntries)
            return;
        entry.Key = default!;
        entry.IsPending = false;
        _spare.Push(entry);
    }

    void Merge(TKey key, long readyAt, int priority, bool now)
    {
        if (_shutDown)
            return;
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out var exists);
        if (!exists || entry is null)
        {
            if (!_spare.TryPop(out entry))
                entry = new Entry();
            (entry.Key, entry.Priority, entry.ReadyAt) = (key, priority, readyAt);
            Enqueue(entry, now ? readyAt : long.MinValue);
        }
        else if (entry.IsProcessing)
        {
            entry.ReadyAt = entry.IsPending ? Math.Min(entry.ReadyAt, readyAt) : readyAt;
            entry.Priority = entry.IsPending ? Math.Max(entry.Priority, priority) : priority;
            entry.IsPending = true;
        }
        else if (entry.IsReady)
        {
            if (priority > entry.Priority)
            {
                entry.Priority = priority;
                _ready.Moved(entry);
            }
        }
        else
        {
            entry.Priority = Math.Max(entry.Priority, priority);
            if (readyAt >= entry.ReadyAt)
                return;
            _waiting.Remove(entry);
            entry.ReadyAt = readyAt;
            Enqueue(entry, now ? readyAt : long.MinValue);
        }
    }

    /// <summary>Puts an entry that is in no heap where its time says.</summary>
    void Enqueue(Entry entry, long now)
    {
        if (entry.ReadyAt <= now)
        {
            entry.IsReady = true;
            entry.Order = _order++;
            _ready.Add(entry);
            _metrics.Added();
            if (_waiters.Count == 0)
                return;
            var waiter = _waiters[0];
            _waiters.RemoveAt(0);
            waiter.SetResult(Take());
        }
        else
        {
            _waiting.Add(entry);
            SetTimer();
        }
    }

    void MoveDue()
    {
        lock (_gate)
        {
            if (_shutDown)
                return;
            _timerSetFor = long.MaxValue;
            var now = _time.GetTimestamp();
            while (_waiting.First is { } entry && entry.ReadyAt <= now)
            {
                _waiting.Remove(entry);
                Enqueue(entry, now);
            }

            SetTimer();
        }
    }

    void SetTimer()
    {
        if (_waiting.First is not { } first || first.ReadyAt >= _timerSetFor)
            return;
        _timerSetFor = first.ReadyAt;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), first.ReadyAt);
        // Timers count whole milliseconds; half of one early would only come back to wait again.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue - 1));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    long Ticks(TimeSpan delay) => (long)(delay.TotalSeconds * _time.TimestampFrequency);

    WorkQueueState Measure()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var (total, longest) = (0.0, 0.0);
            // A priority that was seen once stays, at 0: a gauge that vanishes looks like a target that is down.
            foreach (var priority in _depths.Keys.ToList())
                _depths[priority] = 0;
            foreach (var entry in _entries.Values)
            {
                if (entry.IsReady)
                    _depths[entry.Priority] = _depths.GetValueOrDefault(entry.Priority) + 1;
                if (!entry.IsProcessing)
                    continue;
                var seconds = _time.GetElapsedTime(entry.StartedAt, now).TotalSeconds;
                total += seconds;
                longest = Math.Max(longest, seconds);
            }

            return new WorkQueueState([.. _depths], total, longest);
        }
    }

    /// <summary>Somebody who found no key ready. Gets the first one that becomes so.</summary>
    sealed class Waiter(WorkQueue<TKey> queue) : TaskCompletionSource<WorkItem<TKey>?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void Abandon(CancellationToken cancellationToken)
        {
            // Under the lock: either it waits no more, or it was given a key, which then is not lost.
            lock (queue._gate)
            {
                if (queue._waiters.Remove(this))
                    SetCanceled(cancellationToken);
            }
        }
    }

    sealed class Entry : HeapItem
    {
        public TKey Key = default!;
        public int Priority;
        public long ReadyAt;
        public long Order;
        public long StartedAt;
        public bool IsReady;
        public bool IsProcessing;

        /// <summary>Added again while it was processed.</summary>
        public bool IsPending;
    }
}
