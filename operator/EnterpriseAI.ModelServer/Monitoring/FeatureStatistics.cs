using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>
/// What one model's inputs look like, feature by feature, for the operator to compare with the data that the model learned from.
/// </summary>
/// <remarks>
/// A feature is one column of an input: the second dimension of a tensor of two, or the whole of a tensor of one. Inputs of more
/// dimensions or columns (pictures, texts as tokens) have no features that a single distribution says anything about, and are left out.
/// </remarks>
internal sealed class FeatureStatistics
{
    /// <summary>Columns that an input may have to be watched.</summary>
    public const int MaxFeatures = 512;

    /// <summary>Rows of one request that are looked at: the first of them, so that one large request costs no more than that.</summary>
    public const int MaxRowsPerRequest = 1024;

    private readonly Dictionary<string, FeatureSummary[]> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CategorySummary[]> _texts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public FeatureStatistics(IReadOnlyList<TensorDescription> inputs)
    {
        foreach (var input in inputs)
        {
            var columns = ColumnsOf(input);
            if (columns is < 1 or > MaxFeatures)
                continue;
            if (input.Type == TensorElementType.String)
                _texts[input.Name] = [.. Enumerable.Range(0, columns).Select(static _ => new CategorySummary())];
            else
                _numbers[input.Name] = [.. Enumerable.Range(0, columns).Select(static _ => new FeatureSummary())];
        }
    }

    public bool IsEmpty => _numbers.Count == 0 && _texts.Count == 0;

    public void Add(IReadOnlyList<InputTensor> inputs)
    {
        if (IsEmpty)
            return;
        lock (_lock)
        {
            foreach (var (name, tensor) in inputs)
            {
                if (_numbers.TryGetValue(name, out var numbers))
                    Add(numbers, tensor);
                else if (_texts.TryGetValue(name, out var texts))
                    Add(texts, tensor);
            }
        }
    }

    /// <summary>How far the inputs lie from what was seen so far: the largest distance of a value from its feature's mean, in standard deviations.</summary>
    /// <returns>Null while too little was seen to say.</returns>
    public double? OutlierScore(IReadOnlyList<InputTensor> inputs)
    {
        double? score = null;
        lock (_lock)
        {
            foreach (var (name, tensor) in inputs)
            {
                if (!_numbers.TryGetValue(name, out var features))
                    continue;
                NumericElements.ForEach(tensor, MaxRowsPerRequest * features.Length, (index, value) =>
                {
                    if (OutlierScoring.Score(value, features[index % features.Length]) is { } distance)
                        score = Math.Max(score ?? 0, distance);
                });
            }
        }
        return score;
    }

    /// <summary>Calls back with each feature under the lock.</summary>
    public void Read(Action<string, IReadOnlyList<FeatureSummary>> numbers, Action<string, IReadOnlyList<CategorySummary>> texts)
    {
        lock (_lock)
        {
            foreach (var (name, features) in _numbers)
                numbers(name, features);
            foreach (var (name, features) in _texts)
                texts(name, features);
        }
    }

    private static int ColumnsOf(TensorDescription input) => input.Shape switch
    {
        [_] => 1,
        [_, > 0 and <= MaxFeatures and var columns] => (int)columns,
        _ => 0,
    };

    private static void Add(FeatureSummary[] features, OrtTensor tensor) =>
        NumericElements.ForEach(tensor, MaxRowsPerRequest * features.Length, (index, value) => features[index % features.Length].Add(value));

    private static void Add(CategorySummary[] features, OrtTensor tensor)
    {
        var (content, offsets) = tensor.Strings();
        for (var index = 0; index < Math.Min(tensor.Count, MaxRowsPerRequest * features.Length); index++)
            features[index % features.Length].Add(content.AsSpan((int)offsets[index]..(int)offsets[index + 1]));
    }
}
