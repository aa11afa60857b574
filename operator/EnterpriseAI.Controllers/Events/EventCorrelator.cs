namespace EnterpriseAI.Controllers;

/// <summary>What to do with an occurrence.</summary>
internal enum EventAction
{
    /// <summary>Too many for this object.</summary>
    Drop,

    /// <summary>A new event.</summary>
    Create,

    /// <summary>One more of an event that exists.</summary>
    Count,
}

/// <param name="Action">What to do.</param>
/// <param name="Key">The event that it belongs to.</param>
/// <param name="Note">The text, perhaps marked as combined.</param>
/// <param name="Number">How many there were, with this one.</param>
/// <param name="EventName">Name of the event that exists; null for a new one.</param>
internal readonly record struct EventVerdict(EventAction Action, EventKey Key, string Note, int Number, string? EventName);

/// <summary>What makes two occurrences the same event. The note is null once similar ones are combined.</summary>
internal readonly record struct EventKey(string Regarding, string Type, string Reason, string Action, string? Note);

/// <summary>Keeps repeated events from flooding the API server: same ones are counted, similar ones combined, the rest limited.</summary>
/// <remarks>Numbers as in client-go: more than 10 similar within 10 minutes are combined; 25 at once and then one per 5 minutes for
/// each object; 4096 entries are remembered. Not safe for concurrent use.</remarks>
internal sealed class EventCorrelator(TimeProvider time)
{
    const int Remembered = 4096;
    const int SimilarAllowed = 10;
    const int Burst = 25;
    static readonly TimeSpan SimilarWithin = TimeSpan.FromMinutes(10);
    static readonly TimeSpan RefillEvery = TimeSpan.FromMinutes(5);

    readonly LruCache<EventKey, Similar> _similar = new(Remembered);
    readonly LruCache<EventKey, Seen> _seen = new(Remembered);
    readonly LruCache<string, Bucket> _buckets = new(Remembered);

    public EventVerdict Judge(string regarding, string type, string reason, string action, string note)
    {
        var group = new EventKey(regarding, type, reason, action, null);
        var combined = IsTooSimilar(group, note);
        var key = combined ? group : group with { Note = note };
        var text = combined ? $"(combined from similar events) {note}" : note;
        if (!TakeToken(regarding))
            return new EventVerdict(EventAction.Drop, key, text, 0, null);

        var seen = _seen.TryGet(key, out var before) ? before : new Seen(0, null);
        seen = seen with { Count = seen.Count + 1 };
        _seen.Set(key, seen);
        return new EventVerdict(seen.EventName is null ? EventAction.Create : EventAction.Count, key, text, seen.Count, seen.EventName);
    }

    /// <summary>The event was created: the next same one is counted on it.</summary>
    public void Created(EventKey key, string eventName, int count) => _seen.Set(key, new Seen(count, eventName));

    /// <summary>The event is gone from the server: the next same one is new.</summary>
    public void Forget(EventKey key) => _seen.Remove(key);

    bool IsTooSimilar(EventKey group, string note)
    {
        var now = time.GetTimestamp();
        if (!_similar.TryGet(group, out var similar) || time.GetElapsedTime(similar.LastAt, now) > SimilarWithin)
            similar = new Similar([]);
        // Only as many notes are kept as the decision needs.
        if (similar.Notes.Count <= SimilarAllowed)
            similar.Notes.Add(note);
        similar.LastAt = now;
        _similar.Set(group, similar);
        return similar.Notes.Count > SimilarAllowed;
    }

    bool TakeToken(string regarding)
    {
        var now = time.GetTimestamp();
        var bucket = _buckets.TryGet(regarding, out var known) ? known : new Bucket(Burst, now);
        var tokens = Math.Min(Burst, bucket.Tokens + (time.GetElapsedTime(bucket.At, now) / RefillEvery));
        var allowed = tokens >= 1;
        _buckets.Set(regarding, new Bucket(allowed ? tokens - 1 : tokens, now));
        return allowed;
    }

    sealed record Seen(int Count, string? EventName);

    sealed record Bucket(double Tokens, long At);

    sealed class Similar(HashSet<string> notes)
    {
        public readonly HashSet<string> Notes = notes;
        public long LastAt;
    }
}
