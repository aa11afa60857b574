namespace EnterpriseAI.Agent.Onnx;

/// <summary>Element types, by their number in <c>TensorProto.DataType</c>.</summary>
internal enum OnnxElementType
{
    Float = 1,
    Int64 = 7,
    Bool = 9,
}

/// <summary>A constant tensor of a graph; <paramref name="Data"/> is little-endian and row-major.</summary>
internal sealed record OnnxTensor(string Name, OnnxElementType Type, long[] Dimensions, byte[] Data);

/// <summary>A named attribute of a node.</summary>
internal abstract record OnnxAttribute(string Name);

internal sealed record OnnxInteger(string Name, long Value) : OnnxAttribute(Name);

internal sealed record OnnxIntegers(string Name, long[] Values) : OnnxAttribute(Name);

internal sealed record OnnxFloat(string Name, float Value) : OnnxAttribute(Name);

internal sealed record OnnxTensorValue(string Name, OnnxTensor Value) : OnnxAttribute(Name);

/// <summary>One operator of a graph.</summary>
internal sealed record OnnxNode(string Operator, string Name, string[] Inputs, string[] Outputs, OnnxAttribute[] Attributes);

/// <summary>One dimension of a shape: a length, or a name for a length that is known only at run time.</summary>
internal readonly record struct OnnxDimension(long? Length, string? Parameter)
{
    public static implicit operator OnnxDimension(long length) => new(length, null);

    public static implicit operator OnnxDimension(string parameter) => new(null, parameter);
}

/// <summary>An input or output of a graph.</summary>
internal sealed record OnnxValue(string Name, OnnxElementType Type, OnnxDimension[] Shape, string Description);

/// <summary>A computation: nodes in topological order, constants, inputs and outputs.</summary>
internal sealed record OnnxGraph(
    string Name,
    string Description,
    IReadOnlyList<OnnxNode> Nodes,
    IReadOnlyList<OnnxTensor> Constants,
    IReadOnlyList<OnnxValue> Inputs,
    IReadOnlyList<OnnxValue> Outputs);

/// <summary>A whole ONNX file.</summary>
internal sealed record OnnxModel(
    long IrVersion,
    long OperatorSet,
    string Producer,
    string ProducerVersion,
    OnnxGraph Graph,
    IReadOnlyList<KeyValuePair<string, string>> Metadata);
