using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>
/// The distribution of a feature's values in logarithmic buckets: each quantile is within a known relative error, and the sketch of two
/// streams is the sum of their sketches, so that replicas can be added up.
/// </summary>
/// <remarks>
/// A bucket's key is the leading bits of the double itself: the sign, the exponent and the first <see cref="Precision"/> bits of the
/// fraction, in an order that sorts as the numbers do. That is DDSketch (Masson, Rim and Lee, VLDB 2019) with buckets that grow linearly
/// within each power of two, so that no logarithm is taken. Not safe for several threads.
/// </remarks>
internal sealed class QuantileSketch
{
    /// <summary>Bits of the fraction at first: 64 buckets for each power of two, at most 0.8 % from a value to its bucket's middle.</summary>
    public const int FinestPrecision = 6;

    /// <summary>Buckets kept at most; beyond that their width is doubled.</summary>
    public const int MaxBuckets = 2048;

    private const int FractionBits = 52;
    private Dictionary<int, long> _buckets = [];

    public int Precision { get; private set; } = FinestPrecision;

    public long Count { get; private set; }

    /// <summary>Counts by key, in no order.</summary>
    public IReadOnlyDictionary<int, long> Buckets => _buckets;

    /// <param name="value">A finite number.</param>
    public void Add(double value)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_buckets, KeyOf(value, Precision), out _)++;
        Count++;
        if (_buckets.Count > MaxBuckets)
            Coarsen();
    }

    /// <summary>Adds what another sketch counted.</summary>
    public void Merge(QuantileSketch other)
    {
        while (Precision > other.Precision)
            Coarsen();
        foreach (var (key, count) in other._buckets)
            CollectionsMarshal.GetValueRefOrAddDefault(_buckets, key >> (other.Precision - Precision), out _) += count;
        Count += other.Count;
        while (_buckets.Count > MaxBuckets)
            Coarsen();
    }

    /// <param name="quantile">From 0 to 1.</param>
    /// <returns>The middle of the bucket that holds it; NaN when nothing was added.</returns>
    public double Quantile(double quantile)
    {
        var rank = (long)(quantile * (Count - 1));
        foreach (var (key, count) in _buckets.OrderBy(static bucket => bucket.Key))
        {
            rank -= count;
            if (rank < 0)
                return (LowerBound(key, Precision) + LowerBound(key + 1, Precision)) / 2;
        }
        return double.NaN;
    }

    /// <summary>The key of a value's bucket: greater for greater values.</summary>
    public static int KeyOf(double value, int precision)
    {
        // -0 and 0 are one number.
        var bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        // Negative numbers sort backwards by their bits.
        if (bits < 0)
            bits = long.MinValue - bits;
        return (int)(bits >> (FractionBits - precision));
    }

    /// <summary>The least value of a bucket.</summary>
    public static double LowerBound(int key, int precision)
    {
        var bits = (long)key << (FractionBits - precision);
        return BitConverter.Int64BitsToDouble(bits < 0 ? long.MinValue - bits : bits);
    }

    private void Coarsen()
    {
        var coarser = new Dictionary<int, long>(_buckets.Count);
        foreach (var (key, count) in _buckets)
            CollectionsMarshal.GetValueRefOrAddDefault(coarser, key >> 1, out _) += count;
        _buckets = coarser;
        Precision--;
    }
}
