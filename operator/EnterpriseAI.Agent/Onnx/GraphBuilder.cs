using System.Runtime.InteropServices;

namespace EnterpriseAI.Agent.Onnx;

/// <summary>Puts a graph together in the order of its computation; every step answers the name of its result.</summary>
internal sealed class GraphBuilder
{
    private readonly List<OnnxNode> _nodes = [];
    private readonly List<OnnxTensor> _constants = [];

    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    public IReadOnlyList<OnnxTensor> Constants => _constants;

    public string Node(string operation, string output, string[] inputs, params OnnxAttribute[] attributes)
    {
        _nodes.Add(new OnnxNode(operation, $"{operation}_{output}", inputs, [output], attributes));
        return output;
    }

    public string Constant(string name, ReadOnlySpan<float> values, params long[] dimensions)
        => Constant(name, OnnxElementType.Float, MemoryMarshal.AsBytes(values), dimensions);

    public string Constant(string name, ReadOnlySpan<long> values, params long[] dimensions)
        => Constant(name, OnnxElementType.Int64, MemoryMarshal.AsBytes(values), dimensions);

    public string Constant(string name, ReadOnlySpan<bool> values, params long[] dimensions)
        => Constant(name, OnnxElementType.Bool, MemoryMarshal.AsBytes(values), dimensions);

    // Raw tensor data is little-endian by definition, as is every platform that .NET on Linux runs models on.
    private string Constant(string name, OnnxElementType type, ReadOnlySpan<byte> data, long[] dimensions)
    {
        _constants.Add(new OnnxTensor(name, type, dimensions, data.ToArray()));
        return name;
    }
}
