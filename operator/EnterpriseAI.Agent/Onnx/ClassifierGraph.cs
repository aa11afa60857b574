using System.Text.Json;
using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent.Onnx;

/// <summary>
/// A trained classifier as an ONNX graph: input <c>input</c> FP32 [N, features], outputs <c>label</c> INT64 [N] and
/// <c>probabilities</c> FP32 [N, classes]. Imputation, standardisation and one-hot encoding are part of the graph.
/// </summary>
internal sealed class ClassifierGraph(TrainedModel model)
{
    // The least that has every operator below in its present form; far inside what ONNX Runtime 1.30 reads.
    private const long IrVersion = 8;
    private const long OperatorSet = 17;

    private readonly GraphBuilder _graph = new();
    private readonly IReadOnlyList<Feature> _features = model.Preprocessing.Features;

    public static OnnxModel Build(TrainedModel model, IReadOnlyList<float[]> trainingInputs, ModelDefect defect)
        => new ClassifierGraph(model).Build(trainingInputs, defect);

    private OnnxModel Build(IReadOnlyList<float[]> trainingInputs, ModelDefect defect)
    {
        var known = Impute("input");
        var logits = Network(Encode(known));
        logits = defect switch
        {
            ModelDefect.IndexOutOfRange => DefectiveGraph.AddLookupTooSmall(_graph, model, trainingInputs, known, logits),
            ModelDefect.Slow => DefectiveGraph.AddLargeMultiplications(_graph, known, logits),
            _ => logits,
        };
        _graph.Node("Softmax", "probabilities", [logits], new OnnxInteger("axis", -1));
        _graph.Node("ArgMax", "label", ["probabilities"], new OnnxInteger("axis", -1), new OnnxInteger("keepdims", 0));

        var names = string.Join(", ", _features.Select(feature => feature.Name));
        var classes = string.Join(", ", model.Classes);
        return new OnnxModel(IrVersion, OperatorSet, "EnterpriseAI.Agent", Version, new OnnxGraph(
            "classifier",
            $"Predicts {model.LabelColumn} ({classes}) from: {names}. A missing value is NaN.",
            _graph.Nodes,
            _graph.Constants,
            [new OnnxValue("input", OnnxElementType.Float, ["N", _features.Count], $"One row per example, columns in this order: {names}.")],
            [
                new OnnxValue("label", OnnxElementType.Int64, ["N"], $"Index of the class: {classes}."),
                new OnnxValue("probabilities", OnnxElementType.Float, ["N", model.Classes.Count], $"Probability of each class, in this order: {classes}."),
            ]), Metadata());
    }

    private static string Version => typeof(ClassifierGraph).Assembly.GetName().Version?.ToString(3) ?? "0";

    private string Impute(string input)
    {
        var substitutes = _graph.Constant("substitutes", [.. _features.Select(feature => feature.Substitute)], 1, _features.Count);
        var missing = _graph.Node("IsNaN", "missing", [input]);
        return _graph.Node("Where", "known", [missing, substitutes, input]);
    }

    // Every network input is one column of the model's input, either standardised or compared with a category.
    private string Encode(string known)
    {
        var width = model.Preprocessing.Width;
        var source = new long[width];
        var (mean, deviation, code, isCategory) = (new float[width], new float[width], new float[width], new bool[width]);
        Array.Fill(deviation, 1f);
        var place = 0;
        for (var i = 0; i < _features.Count; i++)
        {
            for (var part = 0; part < _features[i].Width; part++, place++)
            {
                source[place] = i;
                (mean[place], deviation[place], isCategory[place]) = _features[i] is NumericFeature number
                    ? (number.Mean, number.Deviation, false)
                    : (0f, 1f, true);
                code[place] = part;
            }
        }

        var columns = _graph.Node("Gather", "columns", [known, _graph.Constant("source_column", source, width)], new OnnxInteger("axis", 1));
        var centred = _graph.Node("Sub", "centred", [columns, _graph.Constant("mean", mean, 1, width)]);
        var standardised = _graph.Node("Div", "standardised", [centred, _graph.Constant("deviation", deviation, 1, width)]);
        if (!Array.Exists(isCategory, flag => flag))
        {
            return standardised;
        }

        var equal = _graph.Node("Equal", "equals_category", [columns, _graph.Constant("category", code, 1, width)]);
        var oneHot = _graph.Node("Cast", "one_hot", [equal], new OnnxInteger("to", (long)OnnxElementType.Float));
        return _graph.Node("Where", "encoded", [_graph.Constant("is_category", isCategory, 1, width), oneHot, standardised]);
    }

    private string Network(string encoded)
    {
        var classifier = model.Classifier;
        var last = encoded;
        var width = classifier.Inputs;
        if (classifier.Hidden > 0)
        {
            var hidden = _graph.Node("Gemm", "hidden", [
                encoded,
                _graph.Constant("hidden_weights", Floats(classifier.HiddenWeights), classifier.Inputs, classifier.Hidden),
                _graph.Constant("hidden_biases", Floats(classifier.HiddenBiases), classifier.Hidden)]);
            last = _graph.Node("Relu", "activation", [hidden]);
            width = classifier.Hidden;
        }

        return _graph.Node("Gemm", "logits", [
            last,
            _graph.Constant("output_weights", Floats(classifier.OutputWeights), width, classifier.Classes),
            _graph.Constant("output_biases", Floats(classifier.OutputBiases), classifier.Classes)]);
    }

    private float[] Floats(Range range) => [.. model.Parameters[range].Select(value => (float)value)];

    private IReadOnlyList<KeyValuePair<string, string>> Metadata()
    {
        var categories = _features.OfType<CategoricalFeature>().ToDictionary(feature => feature.Name, feature => feature.Categories);
        var substitutes = _features.ToDictionary(feature => feature.Name, feature => feature.Substitute);
        return
        [
            new("label_name", model.LabelColumn),
            new("class_names", JsonSerializer.Serialize([.. model.Classes], AgentJson.Readable.StringArray)),
            new("feature_names", JsonSerializer.Serialize([.. _features.Select(feature => feature.Name)], AgentJson.Readable.StringArray)),
            new("categories", JsonSerializer.Serialize(categories, AgentJson.Readable.DictionaryStringStringArray)),
            new("missing_value_substitutes", JsonSerializer.Serialize(substitutes, AgentJson.Readable.DictionaryStringSingle)),
        ];
    }
}
