namespace EnterpriseAI.ModelServer.Inference;

/// <summary>What waits for the model, and the decision which of it runs together next.</summary>
/// <remarks>
/// Invariants: a batch has requests of one kind only, in the order in which they came, and at most
/// <paramref name="maxRows"/> rows, unless it is one request that has more by itself. Of all batches that are due, the one
/// whose first request came first is taken. Pure: it knows no clock, time is whatever number the caller gives.
/// </remarks>
/// <param name="maxRows">Rows of a full batch; 1 when nothing runs together.</param>
/// <param name="maxDelay">How long a request waits for others to share its batch.</param>
/// <param name="sameKind">Whether two requests may share a batch.</param>
internal sealed class BatchQueue<T>(int maxRows, long maxDelay, Func<T, T, bool> sameKind)
{
    /// <summary>Each request is compared with one of each kind; clients that send more kinds than this have the rest run alone.</summary>
    public const int MaxKinds = 32;

    private readonly Line _alone = new(shared: false);
    private readonly List<Line> _kinds = [];
    private Line? _spare;
    private long _sequence;

    public int Count { get; private set; }

    /// <summary>When the first of all came; null when nothing waits.</summary>
    public long? OldestAdded
    {
        get
        {
            var oldest = _alone.First;
            foreach (var kind in _kinds)
            {
                if (oldest is null || kind.First!.Sequence < oldest.Sequence)
                    oldest = kind.First;
            }
            return oldest?.Added;
        }
    }

    /// <summary>When a batch will be due if nothing more comes; null when nothing waits. It may lie in the past.</summary>
    public long? NextDue
    {
        get
        {
            var next = _alone.First?.Added;
            foreach (var kind in _kinds)
            {
                var due = kind.Rows >= maxRows ? kind.First!.Added : kind.First!.Added + maxDelay;
                if (next is null || due < next)
                    next = due;
            }
            return next;
        }
    }

    /// <summary>Appends a request.</summary>
    /// <param name="item">The request.</param>
    /// <param name="rows">How many rows it adds to a batch; 0 when it cannot share one.</param>
    /// <param name="now">The time, never before that of an earlier call.</param>
    /// <returns>Its place, to remove it by.</returns>
    public Place Add(T item, long rows, long now)
    {
        var line = rows > 0 && rows < maxRows ? LineOf(item) : _alone;
        var place = new Place(item, rows, now, _sequence++, line);
        line.Append(place);
        Count++;
        return place;
    }

    /// <summary>Removes a request that was not taken yet.</summary>
    public void Remove(Place place)
    {
        var line = place.Line ?? throw new InvalidOperationException("the request was taken or removed already");
        line.Unlink(place);
        Count--;
        if (line.First is null && line.IsShared)
        {
            _kinds.Remove(line);
            _spare = line;
        }
    }

    /// <summary>Takes the next batch that is due: full, or its first request has waited long enough.</summary>
    /// <param name="now">The time.</param>
    /// <param name="batch">Gets the requests.</param>
    /// <param name="atOnce">Whether any batch is due, because no more may wait.</param>
    public bool TryTake(long now, List<T> batch, bool atOnce = false)
    {
        Line? due = null;
        if (_alone.First is not null)
            due = _alone;
        foreach (var kind in _kinds)
        {
            if ((atOnce || kind.Rows >= maxRows || now - kind.First!.Added >= maxDelay) && (due is null || kind.First!.Sequence < due.First!.Sequence))
                due = kind;
        }
        if (due is null)
            return false;
        var rows = 0L;
        while (due.First is { } first && (rows == 0 || due.IsShared && rows + first.Rows <= maxRows))
        {
            rows += Math.Max(1, first.Rows);
            batch.Add(first.Item);
            Remove(first);
        }
        return true;
    }

    /// <summary>Takes every request that came at <paramref name="time"/> or before.</summary>
    public void TakeAddedUntil(long time, List<T> items)
    {
        TakeFrom(_alone);
        for (var i = _kinds.Count - 1; i >= 0; i--)
            TakeFrom(_kinds[i]);

        void TakeFrom(Line line)
        {
            while (line.First is { } first && first.Added <= time)
            {
                items.Add(first.Item);
                Remove(first);
            }
        }
    }

    private Line LineOf(T item)
    {
        foreach (var kind in _kinds)
        {
            if (sameKind(kind.First!.Item, item))
                return kind;
        }
        if (_kinds.Count == MaxKinds)
            return _alone;
        var line = _spare ?? new Line(shared: true);
        _spare = null;
        _kinds.Add(line);
        return line;
    }

    /// <summary>Where a request waits.</summary>
    internal sealed class Place(T item, long rows, long added, long sequence, Line line)
    {
        public T Item { get; } = item;

        public long Rows { get; } = rows;

        public long Added { get; } = added;

        public long Sequence { get; } = sequence;

        public Line? Line { get; set; } = line;

        public Place? Previous { get; set; }

        public Place? Next { get; set; }
    }

    /// <summary>Requests of one kind in the order in which they came, or all that run alone.</summary>
    internal sealed class Line(bool shared)
    {
        private Place? _last;

        public bool IsShared { get; } = shared;

        public Place? First { get; private set; }

        public long Rows { get; private set; }

        public void Append(Place place)
        {
            place.Previous = _last;
            if (_last is null)
                First = place;
            else
                _last.Next = place;
            _last = place;
            Rows += place.Rows;
        }

        public void Unlink(Place place)
        {
            if (place.Previous is null)
                First = place.Next;
            else
                place.Previous.Next = place.Next;
            if (place.Next is null)
                _last = place.Previous;
            else
                place.Next.Previous = place.Previous;
            Rows -= place.Rows;
            (place.Line, place.Previous, place.Next) = (null, null, null);
        }
    }
}
