namespace EnterpriseAI.Agent.Training;

/// <summary>One input of the model and what training learned about it.</summary>
internal abstract record Feature(string Name)
{
    /// <summary>How many inputs of the network it becomes.</summary>
    public abstract int Width { get; }

    /// <summary>What stands in for a missing value.</summary>
    public abstract float Substitute { get; }

    /// <summary>Writes the network's inputs for one value of this feature.</summary>
    public abstract void Encode(float value, Span<double> encoded);
}

/// <summary>A number, standardised by the training mean and deviation; a missing one counts as the mean.</summary>
internal sealed record NumericFeature(string Name, float Mean, float Deviation) : Feature(Name)
{
    public override int Width => 1;

    public override float Substitute => Mean;

    public override void Encode(float value, Span<double> encoded) => encoded[0] = (value - Mean) / Deviation;
}

/// <summary>
/// A word, given to the model as its place in <paramref name="Categories"/>, and to the network as one input per
/// category. A missing one counts as the most frequent of training; one that training never saw as no category.
/// </summary>
internal sealed record CategoricalFeature(string Name, string[] Categories, int MostFrequent) : Feature(Name)
{
    public override int Width => Categories.Length;

    public override float Substitute => MostFrequent;

    public override void Encode(float value, Span<double> encoded)
    {
        for (var category = 0; category < Categories.Length; category++)
        {
            encoded[category] = value == category ? 1 : 0;
        }
    }
}
