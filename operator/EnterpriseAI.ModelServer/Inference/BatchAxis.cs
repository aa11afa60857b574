using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Tells from what a model declares whether its requests can run together along the first dimension.</summary>
internal static class BatchAxis
{
    /// <returns>Why they cannot; null when nothing speaks against it.</returns>
    public static string? RefusalOf(IReadOnlyList<TensorDescription> inputs, IReadOnlyList<TensorDescription> outputs)
    {
        foreach (var (kind, tensors) in new[] { ("input", inputs), ("output", outputs) })
        {
            if (tensors.Count == 0)
                return $"the model has no {kind}";
            foreach (var tensor in tensors)
            {
                if (tensor.Shape.Count == 0)
                    return $"{kind} '{tensor.Name}' declares no dimensions";
                if (tensor.Shape[0] >= 0)
                    return $"the first dimension of {kind} '{tensor.Name}' is {tensor.Shape[0]}, not open";
            }
        }
        return null;
    }

    /// <summary>Whether the model itself says, by one name, that the first dimension of all its tensors is the same.</summary>
    public static bool IsOneName(IReadOnlyList<TensorDescription> inputs, IReadOnlyList<TensorDescription> outputs)
    {
        var name = inputs[0].FirstDimension;
        return name is not null && inputs.Concat(outputs).All(tensor => tensor.FirstDimension == name);
    }

    /// <returns>The rows that a request adds to a batch; 0 when it cannot share one.</returns>
    public static long RowsOf(ReadOnlySpan<OrtTensor> inputs)
    {
        if (inputs.Length == 0 || inputs[0].Shape.Length == 0)
            return 0;
        var rows = inputs[0].Shape[0];
        foreach (var input in inputs)
        {
            if (input.Shape.Length == 0 || input.Shape[0] != rows)
                return 0;
        }
        return rows;
    }

    /// <summary>Whether two requests ask for the same outputs of inputs that differ in their first dimension only.</summary>
    public static bool SameKind(InferenceCall one, InferenceCall other)
    {
        if (!ReferenceEquals(one.Outputs, other.Outputs) && !one.Outputs.AsSpan().SequenceEqual(other.Outputs))
            return false;
        for (var i = 0; i < one.Inputs.Length; i++)
        {
            if (!one.Inputs[i].Shape.AsSpan(1).SequenceEqual(other.Inputs[i].Shape.AsSpan(1)))
                return false;
        }
        return true;
    }
}
