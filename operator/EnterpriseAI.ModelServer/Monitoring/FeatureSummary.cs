namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>Count, moments, extremes and distribution of one feature's values. Not safe for several threads.</summary>
internal sealed class FeatureSummary
{
    private double _squares;

    /// <summary>Values that are numbers, infinite ones left out.</summary>
    public long Count { get; private set; }

    public long NaN { get; private set; }

    public long Infinite { get; private set; }

    public double Minimum { get; private set; } = double.PositiveInfinity;

    public double Maximum { get; private set; } = double.NegativeInfinity;

    public double Mean { get; private set; }

    /// <summary>The sample's variance; 0 below two values.</summary>
    public double Variance => Count < 2 ? 0 : _squares / (Count - 1);

    public QuantileSketch Sketch { get; } = new();

    public void Add(double value)
    {
        if (double.IsNaN(value))
        {
            NaN++;
            return;
        }
        if (double.IsInfinity(value))
        {
            Infinite++;
            return;
        }
        Count++;
        // Welford's recurrence: no sum of squares to cancel.
        var delta = value - Mean;
        Mean += delta / Count;
        _squares += delta * (value - Mean);
        Minimum = Math.Min(Minimum, value);
        Maximum = Math.Max(Maximum, value);
        Sketch.Add(value);
    }

    /// <summary>Adds what another summary saw (Chan, Golub and LeVeque, 1979).</summary>
    public void Merge(FeatureSummary other)
    {
        NaN += other.NaN;
        Infinite += other.Infinite;
        if (other.Count == 0)
            return;
        var count = Count + other.Count;
        var delta = other.Mean - Mean;
        _squares += other._squares + delta * delta * Count * other.Count / count;
        Mean += delta * other.Count / count;
        Count = count;
        Minimum = Math.Min(Minimum, other.Minimum);
        Maximum = Math.Max(Maximum, other.Maximum);
        Sketch.Merge(other.Sketch);
    }
}
