namespace EnterpriseAI.Agent.Training;

/// <summary>
/// What turns a row of the data into the model's input (one number per feature) and that into the network's.
/// The second half is also part of the exported graph, so that who asks the model needs none of it.
/// </summary>
internal sealed record Preprocessing(IReadOnlyList<Feature> Features)
{
    /// <summary>A text column with more distinct values is no feature under <c>--features auto</c>.</summary>
    public const int MaxCategories = 50;

    private const float SmallestDeviation = 1e-6f;

    /// <summary>How many inputs the network has.</summary>
    public int Width { get; } = Features.Sum(feature => feature.Width);

    /// <summary>Learns from the training rows alone what each feature needs.</summary>
    /// <exception cref="AgentFailure">A feature does not exist, is the label, or has no value in any training row.</exception>
    public static Preprocessing Fit(TrainingTable table, string label, IReadOnlyList<string> features, IReadOnlyList<int> rows)
    {
        IReadOnlyList<TableColumn> columns = features is ["auto"]
            ? [.. table.Columns.Where(column => column.Name != label && IsUsable(column, rows))]
            : [.. features.Select(name => name == label
                ? throw AgentFailure.BadInput("InvalidFeature", $"--features: '{name}' is the label and cannot be a feature")
                : table.Column(name, "--features"))];
        if (columns.Count == 0)
        {
            throw AgentFailure.BadInput("NoFeatures", $"--features: {table.Path} has no usable column besides the label '{label}'; name them with --features");
        }

        return new Preprocessing([.. columns.Select(column => FitColumn(column, rows, table.Path))]);
    }

    /// <summary>The model's input for one row; a missing value is NaN.</summary>
    public float[] Input(TrainingTable table, int row)
    {
        var input = new float[Features.Count];
        for (var i = 0; i < input.Length; i++)
        {
            input[i] = (Features[i], table.Column(Features[i].Name, "--features")) switch
            {
                (_, NumericColumn numbers) => (float)numbers.Values[row],
                (CategoricalFeature feature, TextColumn words) => words.Values[row] is { } word ? CodeOf(feature, word) : float.NaN,
                (var feature, var column) => throw new InvalidOperationException($"feature {feature.Name} does not fit {column.GetType().Name}"),
            };
        }

        return input;
    }

    /// <summary>The input with every missing value replaced, as the model itself does it.</summary>
    public float[] Imputed(ReadOnlySpan<float> input)
    {
        var imputed = input.ToArray();
        for (var i = 0; i < imputed.Length; i++)
        {
            imputed[i] = float.IsNaN(imputed[i]) ? Features[i].Substitute : imputed[i];
        }

        return imputed;
    }

    /// <summary>The network's inputs for one input of the model.</summary>
    public double[] Encode(ReadOnlySpan<float> input)
    {
        var encoded = new double[Width];
        var offset = 0;
        for (var i = 0; i < Features.Count; i++)
        {
            var feature = Features[i];
            feature.Encode(float.IsNaN(input[i]) ? feature.Substitute : input[i], encoded.AsSpan(offset, feature.Width));
            offset += feature.Width;
        }

        return encoded;
    }

    private static bool IsUsable(TableColumn column, IReadOnlyList<int> rows) => column switch
    {
        NumericColumn numbers => rows.Any(row => double.IsFinite(numbers.Values[row])),
        TextColumn words => Distinct(words, rows) is > 1 and <= MaxCategories,
        _ => false,
    };

    private static int Distinct(TextColumn words, IReadOnlyList<int> rows)
        => rows.Select(row => words.Values[row]).OfType<string>().Distinct(StringComparer.Ordinal).Count();

    private static Feature FitColumn(TableColumn column, IReadOnlyList<int> rows, string path) => column switch
    {
        NumericColumn numbers => FitNumbers(numbers, rows, path),
        TextColumn words => FitWords(words, rows, path),
        _ => throw new InvalidOperationException($"column {column.Name} is of an unknown type"),
    };

    private static NumericFeature FitNumbers(NumericColumn column, IReadOnlyList<int> rows, string path)
    {
        double[] known = [.. rows.Select(row => column.Values[row]).Where(double.IsFinite)];
        if (known.Length == 0)
        {
            throw AgentFailure.BadInput("EmptyColumn", $"--features: column '{column.Name}' of {path} has no value in any training row; leave it out");
        }

        var mean = known.Average();
        var deviation = Math.Sqrt(known.Sum(value => (value - mean) * (value - mean)) / known.Length);

        // A constant column tells nothing; dividing by its deviation of zero would make NaN of everything.
        return new NumericFeature(column.Name, (float)mean, (float)deviation < SmallestDeviation ? 1f : (float)deviation);
    }

    private static CategoricalFeature FitWords(TextColumn column, IReadOnlyList<int> rows, string path)
    {
        var counts = rows.Select(row => column.Values[row]).OfType<string>().CountBy(word => word, StringComparer.Ordinal).ToArray();
        if (counts.Length is 0 or > MaxCategories)
        {
            throw AgentFailure.BadInput(
                "InvalidFeature",
                $"--features: column '{column.Name}' of {path} has {counts.Length} distinct words in the training rows, allowed are 1 to {MaxCategories}; leave it out");
        }

        string[] categories = [.. counts.Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        var mostFrequent = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Key;
        return new CategoricalFeature(column.Name, categories, Array.IndexOf(categories, mostFrequent));
    }

    // A word that training never saw gets the code after the last, which equals no category.
    private static float CodeOf(CategoricalFeature feature, string word)
    {
        var code = Array.BinarySearch(feature.Categories, word, StringComparer.Ordinal);
        return code >= 0 ? code : feature.Categories.Length;
    }
}
