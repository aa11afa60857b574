namespace EnterpriseAI.Operator.InferenceServices.Analysis;

/// <summary>Counts of requests by latency, as gateways report them.</summary>
/// <param name="BoundsSeconds">Upper bounds of the buckets, ascending; one more bucket follows for what is slower.</param>
/// <param name="Counts">Requests per bucket, not cumulative; one more than there are bounds.</param>
public sealed record LatencyHistogram(IReadOnlyList<double> BoundsSeconds, IReadOnlyList<long> Counts)
{
    public static LatencyHistogram Empty { get; } = new([], []);

    public long Total => Counts.Sum();

    /// <summary>
    /// The upper bound of the bucket in which the quantile lies: the true quantile is at most this.
    /// Null without requests, and when the quantile lies beyond the last bound.
    /// </summary>
    /// <param name="quantile">Between 0 and 1.</param>
    public double? UpperBoundOfQuantile(double quantile)
    {
        var total = Total;
        if (total == 0)
            return null;
        var rank = Math.Ceiling(quantile * total);
        long seen = 0;
        for (var i = 0; i < BoundsSeconds.Count; i++)
        {
            seen += Counts[i];
            if (seen >= rank)
                return BoundsSeconds[i];
        }
        return null;
    }

    /// <summary>Requests slower than <paramref name="boundSeconds"/>, which should be one of the bounds.</summary>
    public long SlowerThan(double boundSeconds)
    {
        long slower = 0;
        for (var i = 0; i < Counts.Count; i++)
        {
            // Bucket i holds latencies above bound i-1.
            if (i > 0 && BoundsSeconds[i - 1] >= boundSeconds)
                slower += Counts[i];
        }
        return slower;
    }

    /// <summary>Both together. Histograms with other bounds (a gateway of another version) are not mixed: the larger is kept.</summary>
    public LatencyHistogram Plus(LatencyHistogram other)
    {
        if (other.Counts.Count == 0)
            return this;
        if (Counts.Count == 0)
            return other;
        if (!BoundsSeconds.SequenceEqual(other.BoundsSeconds))
            return Total >= other.Total ? this : other;
        return this with { Counts = [.. Counts.Zip(other.Counts, (a, b) => a + b)] };
    }
}
