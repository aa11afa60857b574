using System.Collections.Immutable;

namespace EnterpriseAI.Gateway.Observations;

/// <summary>Counters of one revision for the time the candidate had one weight. They only grow.</summary>
/// <remarks><b>Guarantees:</b> lock-free; a reader sees each counter whole, though not all of them at one instant.</remarks>
internal sealed class ObservationWindow
{
    /// <summary>Upper bounds of the latency buckets in seconds, inclusive; one more bucket holds what is slower.</summary>
    public static ImmutableArray<double> BoundsSeconds { get; } =
    [
        0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075,
        0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60,
    ];

    private readonly long[] _latency = new long[BoundsSeconds.Length + 1];
    private long _requests;
    private long _errors;

    public long Requests => Volatile.Read(ref _requests);

    public long Errors => Volatile.Read(ref _errors);

    /// <summary>A copy of the latency counts, one per bound and one for the rest.</summary>
    public ImmutableArray<long> Latency
    {
        get
        {
            var counts = ImmutableArray.CreateBuilder<long>(_latency.Length);
            for (var i = 0; i < _latency.Length; i++) counts.Add(Volatile.Read(ref _latency[i]));
            return counts.MoveToImmutable();
        }
    }

    /// <summary>
    /// Counts one finished request. Latency is kept of answered requests only: a revision that fails fast must not look fast, and one whose
    /// clients went away must not look slow.
    /// </summary>
    public void Record(RequestOutcome outcome, TimeSpan duration)
    {
        Interlocked.Increment(ref _requests);
        if (outcome == RequestOutcome.Failed) Interlocked.Increment(ref _errors);
        if (outcome == RequestOutcome.Answered) Interlocked.Increment(ref _latency[BucketOf(duration.TotalSeconds)]);
    }

    internal static int BucketOf(double seconds)
    {
        var index = BoundsSeconds.BinarySearch(seconds);
        return index >= 0 ? index : ~index;
    }
}

/// <summary>How a forwarded request ended, as far as its revision can be blamed for it.</summary>
internal enum RequestOutcome
{
    /// <summary>The model server answered with a status below 500.</summary>
    Answered,

    /// <summary>The model server answered 5xx, broke off, was unreachable or too slow.</summary>
    Failed,

    /// <summary>The client went away or sent a request that had to be refused on the way: says nothing about the revision.</summary>
    Abandoned,
}
