using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>What an ONNX file says of itself, read without running it.</summary>
internal sealed record OnnxDescription
{
    /// <summary>The version of the file's format.</summary>
    public long IrVersion { get; init; }

    /// <summary>What wrote it, with its version; null where it does not say.</summary>
    public string? Producer { get; init; }

    /// <summary>The operator sets that it uses.</summary>
    public IReadOnlyList<OnnxOpset> Opsets { get; init; } = [];

    /// <summary>What a request gives; without inputs that have a value of their own.</summary>
    public IReadOnlyList<OnnxValue> Inputs { get; init; } = [];

    public IReadOnlyList<OnnxValue> Outputs { get; init; } = [];

    /// <summary>The operators of the graph, of graphs in it and of functions, the most frequent first.</summary>
    public IReadOnlyList<OnnxOperator> Operators { get; init; } = [];

    /// <summary>Those of <see cref="Operators"/> that neither ONNX nor ONNX Runtime nor a function of the model defines.</summary>
    public IReadOnlyList<OnnxOperator> CustomOperators { get; init; } = [];

    /// <summary>Every tensor whose data lies in another file.</summary>
    public IReadOnlyList<OnnxExternalTensor> ExternalTensors { get; init; } = [];

    /// <summary>Operators that make large tensors of constants alone.</summary>
    public IReadOnlyList<OnnxLargeConstant> LargeConstants { get; init; } = [];
}

/// <param name="Domain">Whose operators; <c>ai.onnx</c> for ONNX's own.</param>
/// <param name="Version">Their version.</param>
internal sealed record OnnxOpset(string Domain, long Version);

/// <param name="Name">As requests use it.</param>
/// <param name="Datatype">In the words of the Open Inference Protocol; ONNX's own word for what no request can have.</param>
/// <param name="Type">The element type; undefined for what is no tensor.</param>
/// <param name="Shape">One number per dimension, -1 where any size is allowed. Empty for a scalar and where the model says nothing.</param>
internal sealed record OnnxValue(string Name, string Datatype, TensorElementType Type, IReadOnlyList<long> Shape);

/// <param name="Domain">Whose operator; <c>ai.onnx</c> for ONNX's own.</param>
/// <param name="Name">Its type.</param>
/// <param name="Count">How often it is used.</param>
internal sealed record OnnxOperator(string Domain, string Name, int Count);

/// <param name="Tensor">Its name.</param>
/// <param name="Location">The file, as the model says it.</param>
/// <param name="Offset">Where in the file it begins.</param>
/// <param name="Length">How many bytes are said to be its; null for all that follow.</param>
/// <param name="Needed">How many bytes its elements have; null for a type that is not known here.</param>
/// <param name="IsWeight">False for a tensor of an attribute or an inner graph.</param>
internal sealed record OnnxExternalTensor(string Tensor, string Location, long Offset, long? Length, long? Needed, bool IsWeight);

/// <param name="Operator">What makes it.</param>
/// <param name="Output">Its name.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record OnnxLargeConstant(string Operator, string Output, long Bytes);
