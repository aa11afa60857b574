using System.Text;

namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>What a node's attributes say of a tensor that it makes.</summary>
internal struct ConstantAttributes
{
    /// <summary><c>value</c>.</summary>
    public TensorInfo? Value;

    /// <summary><c>value_ints</c> or <c>shape</c>.</summary>
    public long[]? Numbers;

    /// <summary><c>dtype</c>.</summary>
    public long? Type;
}

/// <summary>Finds operators that make tensors of constants alone: a few bytes of a file may ask for more memory than there is.</summary>
/// <remarks>ONNX Runtime computes them while it loads the model, before any request.</remarks>
internal sealed class ConstantSizes(OnnxLimits limits)
{
    /// <summary>Below this it is a weight that was left out of the file.</summary>
    public const long LargeBytes = 256L << 20;

    private const int MaxLarge = 1000;
    private readonly Dictionary<string, TensorInfo> _known = [];
    private readonly List<OnnxLargeConstant> _large = [];

    /// <summary>Those that are large.</summary>
    public IReadOnlyList<OnnxLargeConstant> Large => _large;

    /// <summary>A tensor with a value in the file.</summary>
    public void Add(string name, TensorInfo tensor)
    {
        // Inner graphs may call their tensors as outer ones do: what counts then is the larger shape.
        if (name.Length > 0 && (!_known.TryGetValue(name, out var known) || Product(known) < Product(tensor)))
            _known[name] = tensor with { External = null };
    }

    /// <summary>A node of ONNX's own operators.</summary>
    /// <exception cref="OnnxInspectionException">It makes more than <see cref="OnnxLimits.MaxConstantBytes"/>.</exception>
    public void Node(string type, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> output, in ConstantAttributes attributes)
    {
        switch (type)
        {
            case "Constant" when attributes.Value is { } value:
                Add(Text(output), value);
                break;
            case "Constant" when attributes.Numbers is { } numbers:
                Add(Text(output), new TensorInfo("", TensorSizes.Int64, numbers.Length, numbers, null));
                break;
            case "ConstantOfShape":
                Made(type, output, Shape(first), attributes.Value?.Type ?? TensorSizes.Float, 1);
                break;
            case "Expand":
                Made(type, output, Shape(second), Known(first)?.Type ?? TensorSizes.Float, 1);
                break;
            case "Tile":
                Made(type, output, Shape(second), Known(first)?.Type ?? TensorSizes.Float, Known(first)?.Elements ?? 1);
                break;
            case "RandomNormal" or "RandomUniform":
                Made(type, output, attributes.Numbers, (int)Math.Clamp(attributes.Type ?? TensorSizes.Float, 0, int.MaxValue), 1);
                break;
        }
    }

    private void Made(string type, ReadOnlySpan<byte> output, long[]? shape, int elementType, long times)
    {
        if (shape is null || TensorSizes.ElementsOf([.. shape, times]) is not { } elements)
            return;
        var bytes = TensorSizes.BytesOf(elementType, elements) ?? elements;
        if (bytes > limits.MaxConstantBytes)
            throw new OnnxInspectionException(OnnxProblem.MemoryBomb, $"its {type} for '{Text(output)}' makes a tensor of {bytes} bytes ({string.Join('x', shape)} elements), more than the {limits.MaxConstantBytes} that are allowed");
        if (bytes >= LargeBytes && _large.Count < MaxLarge)
            _large.Add(new OnnxLargeConstant(type, Text(output), bytes));
    }

    private long[]? Shape(ReadOnlySpan<byte> name) => Known(name)?.Numbers;

    private TensorInfo? Known(ReadOnlySpan<byte> name) => name.Length <= limits.MaxNameBytes && _known.TryGetValue(Text(name), out var tensor) ? tensor : null;

    private string Text(ReadOnlySpan<byte> name) => name.Length <= limits.MaxNameBytes ? Encoding.UTF8.GetString(name) : "";

    private static long Product(TensorInfo tensor) => tensor.Numbers is { } numbers ? TensorSizes.ElementsOf(numbers) ?? 0 : 0;
}
