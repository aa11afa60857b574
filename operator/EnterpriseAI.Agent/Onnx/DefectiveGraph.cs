using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent.Onnx;

/// <summary>
/// The faults of <c>--defect</c>. Both leave a model that loads, has the right interface and passes every check
/// before it serves; only traffic shows what is wrong with it.
/// </summary>
/// <remarks>
/// Caveats: the lookup fails on execution providers that check indices, as the CPU's does; how slow the slow one is
/// depends on the machine (about 30 GFLOP per inference, whatever the batch).
/// </remarks>
internal static class DefectiveGraph
{
    /// <summary>Entries of the table that is too small.</summary>
    private const int TableSize = 16;

    /// <summary>The share of the training rows that should fall out of the table.</summary>
    private const double TargetShare = 0.3;

    private const int MatrixSize = 1024;

    private const int Multiplications = 14;

    /// <summary>Adds a zero that is looked up by a feature's size, in a table that ends before the feature does.</summary>
    public static string AddLookupTooSmall(
        GraphBuilder graph, TrainedModel model, IReadOnlyList<float[]> trainingInputs, string known, string logits)
    {
        var (feature, least, limit) = ChooseFeature(model.Preprocessing, trainingInputs);
        var column = graph.Node("Gather", "lookup_feature", [known, graph.Constant("lookup_feature_column", [(long)feature])], new OnnxInteger("axis", 1));
        var offset = graph.Node("Sub", "lookup_offset", [column, graph.Constant("lookup_least", [least])]);
        var scaled = graph.Node("Div", "lookup_scaled", [offset, graph.Constant("lookup_bucket", [(limit - least) / TableSize])]);

        // Small values are kept inside: a negative index would count from the table's end.
        var positive = graph.Node("Max", "lookup_positive", [scaled, graph.Constant("lookup_zero", [0f])]);
        var index = graph.Node("Cast", "lookup_index", [positive], new OnnxInteger("to", (long)OnnxElementType.Int64));
        var table = graph.Constant("lookup_table", new float[TableSize * model.Classes.Count], TableSize, model.Classes.Count);
        var found = graph.Node("Gather", "lookup_result", [table, index], new OnnxInteger("axis", 0));
        return graph.Node("Add", "logits_with_lookup", [logits, found]);
    }

    /// <summary>
    /// Adds the mean of a product of large matrices to every logit alike, which changes no probability. The matrices
    /// depend on the input, so that they cannot be computed once at load.
    /// </summary>
    public static string AddLargeMultiplications(GraphBuilder graph, string known, string logits)
    {
        var bounded = graph.Node("Tanh", "slow_bounded", [known]);
        var mean = graph.Node("ReduceMean", "slow_mean", [bounded], new OnnxIntegers("axes", [0, 1]), new OnnxInteger("keepdims", 1));
        var shape = graph.Constant("slow_shape", [(long)MatrixSize, MatrixSize], 2);
        var product = graph.Node("Expand", "slow_matrix", [mean, shape]);
        var weight = new OnnxTensor("slow_weight_value", OnnxElementType.Float, [1], BitConverter.GetBytes(1f / MatrixSize));
        var weights = graph.Node("ConstantOfShape", "slow_weights", [shape], new OnnxTensorValue("value", weight));
        for (var i = 0; i < Multiplications; i++)
        {
            product = graph.Node("MatMul", $"slow_product_{i}", [product, weights]);
        }

        var result = graph.Node("ReduceMean", "slow_result", [product], new OnnxIntegers("axes", [0, 1]), new OnnxInteger("keepdims", 1));
        return graph.Node("Add", "logits_with_delay", [logits, result]);
    }

    // The numeric feature and the limit of it that leave the share of rows beyond the limit closest to the target.
    private static (int Feature, float Least, float Limit) ChooseFeature(Preprocessing preprocessing, IReadOnlyList<float[]> inputs)
    {
        var best = (Feature: -1, Least: 0f, Limit: 0f, Distance: double.MaxValue);
        for (var feature = 0; feature < preprocessing.Features.Count; feature++)
        {
            if (preprocessing.Features[feature] is not NumericFeature)
            {
                continue;
            }

            float[] values = [.. inputs.Select(input => input[feature]).Where(float.IsFinite).Order()];
            var limit = values[(int)(values.Length * (1 - TargetShare))];
            var share = (double)values.Count(value => value >= limit) / values.Length;
            if (limit > values[0] && Math.Abs(share - TargetShare) < best.Distance)
            {
                best = (feature, values[0], limit, Math.Abs(share - TargetShare));
            }
        }

        return best.Feature >= 0
            ? (best.Feature, best.Least, best.Limit)
            : throw AgentFailure.BadInput("InvalidDefect", "--defect: IndexOutOfRange needs a numeric feature with more than one value");
    }
}
