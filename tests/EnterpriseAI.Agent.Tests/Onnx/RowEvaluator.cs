namespace EnterpriseAI.Agent.Tests.Onnx;

/// <summary>Computes a classifier's graph for one row, from ONNX's definition of the operators it uses.</summary>
internal static class RowEvaluator
{
    public static (long Label, float[] Probabilities) Run(ParsedModel model, float[] row)
    {
        var values = model.Constants.ToDictionary(
            constant => constant.Key,
            constant => constant.Value.Type switch
            {
                1 => constant.Value.Floats,
                7 => Array.ConvertAll(constant.Value.Integers, value => (float)value),
                _ => Array.ConvertAll(constant.Value.Data, value => (float)value),
            });
        values["input"] = row;
        foreach (var node in model.Nodes)
        {
            var inputs = Array.ConvertAll(node.Inputs, name => values[name]);
            values[node.Outputs[0]] = node.Operator switch
            {
                "IsNaN" => Array.ConvertAll(inputs[0], value => float.IsNaN(value) ? 1f : 0f),
                "Where" => [.. inputs[0].Select((flag, i) => flag != 0 ? inputs[1][i] : inputs[2][i])],
                "Gather" when node.Integers["axis"] == 1 => Array.ConvertAll(inputs[1], index => inputs[0][(int)index]),
                "Gather" => TableRow(inputs[0], (int)inputs[1][0], model.Constants[node.Inputs[0]].Dimensions),
                "Sub" => Pairwise(inputs, (a, b) => a - b),
                "Div" => Pairwise(inputs, (a, b) => a / b),
                "Add" => Pairwise(inputs, (a, b) => a + b),
                "Max" => Pairwise(inputs, Math.Max),
                "Equal" => Pairwise(inputs, (a, b) => a == b ? 1 : 0),
                "Cast" => Array.ConvertAll(inputs[0], MathF.Truncate),
                "Relu" => Array.ConvertAll(inputs[0], value => Math.Max(0, value)),
                "Gemm" => Gemm(inputs[0], inputs[1], inputs[2]),
                "Softmax" => Softmax(inputs[0]),
                "ArgMax" => [Array.IndexOf(inputs[0], inputs[0].Max())],
                _ => throw new NotSupportedException(node.Operator),
            };
        }

        return ((long)values["label"][0], values["probabilities"]);
    }

    private static float[] Pairwise(float[][] inputs, Func<float, float, float> operation)
        => [.. inputs[0].Select((value, i) => operation(value, inputs[1][inputs[1].Length == 1 ? 0 : i]))];

    private static float[] TableRow(float[] table, int index, long[] dimensions)
        => index < dimensions[0] ? table[(index * (int)dimensions[1])..((index + 1) * (int)dimensions[1])] : throw new IndexOutOfRangeException($"row {index}");

    private static float[] Gemm(float[] a, float[] b, float[] c)
        => [.. c.Select((bias, column) => bias + a.Select((value, i) => value * b[(i * c.Length) + column]).Sum())];

    private static float[] Softmax(float[] logits)
    {
        var largest = logits.Max();
        var exponentials = Array.ConvertAll(logits, value => MathF.Exp(value - largest));
        return Array.ConvertAll(exponentials, value => value / exponentials.Sum());
    }
}
