using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>Reads <c>TypeProto</c>: the type of an input or output.</summary>
internal static class OnnxValueType
{
    /// <exception cref="OnnxInspectionException">It is not well-formed.</exception>
    public static (string Datatype, TensorElementType Type, IReadOnlyList<long> Shape) Read(ReadOnlySpan<byte> message, OnnxLimits limits)
    {
        var type = default((string, TensorElementType, IReadOnlyList<long>));
        var isSet = false;
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Wire != WireType.Bytes || reader.Field is not (1 or 4 or 5 or 7 or 8 or 9))
                continue;
            // One of several: a second would take the first one's place, or be merged with it.
            if (isSet)
                throw new OnnxInspectionException(OnnxProblem.Malformed, "an input or output of it has two types");
            isSet = true;
            type = reader.Field switch
            {
                1 => Tensor(reader.Content, limits),
                4 => ("SEQUENCE", default, []),
                5 => ("MAP", default, []),
                8 => ("SPARSE_TENSOR", default, []),
                9 => ("OPTIONAL", default, []),
                _ => ("OPAQUE", default, []),
            };
        }
        return type;
    }

    private static (string Datatype, TensorElementType Type, IReadOnlyList<long> Shape) Tensor(ReadOnlySpan<byte> message, OnnxLimits limits)
    {
        long element = 0;
        var shape = new List<long>();
        var hasShape = false;
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader is { Field: 1, Wire: WireType.Number })
                element = reader.Number;
            else if (reader.Holds(2))
            {
                if (hasShape)
                    throw new OnnxInspectionException(OnnxProblem.Malformed, "an input or output of it has two shapes");
                hasShape = true;
                Shape(reader.Content, shape, limits);
            }
        }
        var type = (TensorElementType)(int)Math.Clamp(element, 0, int.MaxValue);
        return (Enum.IsDefined(type) && type != TensorElementType.Undefined ? Datatype.Of(type) : TensorElementTypes.NameOf(type), type, shape);
    }

    private static void Shape(ReadOnlySpan<byte> message, List<long> shape, OnnxLimits limits)
    {
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (!reader.Holds(1))
                continue;
            if (shape.Count >= limits.MaxDimensions)
                throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has an input or output of more than {limits.MaxDimensions} dimensions");
            long size = -1;
            for (var dimension = new ProtobufReader(reader.Content); dimension.Read();)
            {
                if (dimension is { Field: 1, Wire: WireType.Number })
                    size = Math.Max(-1, dimension.Number);
                else if (dimension.Holds(2))
                    size = -1;
            }
            shape.Add(size);
        }
    }
}
