namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>Bounds on what a model may hold; they bound what the inspection itself takes.</summary>
internal sealed record OnnxLimits
{
    public static OnnxLimits Default { get; } = new();

    /// <summary>Graphs in graphs. A loop in a branch in a loop is three.</summary>
    public int MaxDepth { get; init; } = 16;

    public int MaxNodes { get; init; } = 1_000_000;

    /// <summary>Tensors with a name, and external tensors.</summary>
    public int MaxTensors { get; init; } = 200_000;

    /// <summary>Inputs and outputs of the model.</summary>
    public int MaxValues { get; init; } = 100_000;

    /// <summary>Operators that differ.</summary>
    public int MaxOperators { get; init; } = 10_000;

    /// <summary>Dimensions of a tensor.</summary>
    public int MaxDimensions { get; init; } = 64;

    /// <summary>Bytes of a name.</summary>
    public int MaxNameBytes { get; init; } = 4096;

    /// <summary>Largest tensor that an operator may make of constants alone.</summary>
    public long MaxConstantBytes { get; init; } = long.MaxValue;
}
