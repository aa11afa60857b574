using Google.Protobuf;

namespace EnterpriseAI.Agent.Onnx;

/// <summary>Writes a model in ONNX's file format, a protocol buffer message.</summary>
/// <remarks>Guarantees: the same model gives the same bytes.</remarks>
internal static class OnnxWriter
{
    public static byte[] Write(OnnxModel model) => Message(output =>
    {
        Integer(output, OnnxFields.Model.IrVersion, model.IrVersion);
        Text(output, OnnxFields.Model.ProducerName, model.Producer);
        Text(output, OnnxFields.Model.ProducerVersion, model.ProducerVersion);
        Nested(output, OnnxFields.Model.Graph, graph => WriteGraph(graph, model.Graph));
        Nested(output, OnnxFields.Model.OperatorSetImport, set => Integer(set, OnnxFields.OperatorSet.Version, model.OperatorSet));
        foreach (var (key, value) in model.Metadata)
        {
            Nested(output, OnnxFields.Model.MetadataProperties, property =>
            {
                Text(property, OnnxFields.Property.Key, key);
                Text(property, OnnxFields.Property.Value, value);
            });
        }
    });

    private static void WriteGraph(CodedOutputStream output, OnnxGraph graph)
    {
        foreach (var node in graph.Nodes)
        {
            Nested(output, OnnxFields.Graph.Node, message => WriteNode(message, node));
        }

        Text(output, OnnxFields.Graph.Name, graph.Name);
        foreach (var constant in graph.Constants)
        {
            Nested(output, OnnxFields.Graph.Initializer, message => WriteTensor(message, constant));
        }

        Text(output, OnnxFields.Graph.DocString, graph.Description);
        foreach (var input in graph.Inputs)
        {
            Nested(output, OnnxFields.Graph.Input, message => WriteValue(message, input));
        }

        foreach (var result in graph.Outputs)
        {
            Nested(output, OnnxFields.Graph.Output, message => WriteValue(message, result));
        }
    }

    private static void WriteNode(CodedOutputStream output, OnnxNode node)
    {
        foreach (var input in node.Inputs)
        {
            Text(output, OnnxFields.Node.Input, input);
        }

        foreach (var result in node.Outputs)
        {
            Text(output, OnnxFields.Node.Output, result);
        }

        Text(output, OnnxFields.Node.Name, node.Name);
        Text(output, OnnxFields.Node.OperatorType, node.Operator);
        foreach (var attribute in node.Attributes)
        {
            Nested(output, OnnxFields.Node.Attribute, message => WriteAttribute(message, attribute));
        }
    }

    private static void WriteAttribute(CodedOutputStream output, OnnxAttribute attribute)
    {
        Text(output, OnnxFields.Attribute.Name, attribute.Name);
        switch (attribute)
        {
            case OnnxInteger integer:
                Integer(output, OnnxFields.Attribute.Integer, integer.Value);
                Integer(output, OnnxFields.Attribute.Type, OnnxFields.Attribute.IntegerType);
                break;
            case OnnxIntegers integers:
                foreach (var value in integers.Values)
                {
                    Integer(output, OnnxFields.Attribute.Integers, value);
                }

                Integer(output, OnnxFields.Attribute.Type, OnnxFields.Attribute.IntegersType);
                break;
            case OnnxFloat number:
                output.WriteTag(OnnxFields.Attribute.Float, WireFormat.WireType.Fixed32);
                output.WriteFloat(number.Value);
                Integer(output, OnnxFields.Attribute.Type, OnnxFields.Attribute.FloatType);
                break;
            case OnnxTensorValue tensor:
                Nested(output, OnnxFields.Attribute.Tensor, message => WriteTensor(message, tensor.Value));
                Integer(output, OnnxFields.Attribute.Type, OnnxFields.Attribute.TensorType);
                break;
            default:
                throw new NotSupportedException($"attribute {attribute.Name} is of type {attribute.GetType().Name}, which this writer does not know");
        }
    }

    private static void WriteTensor(CodedOutputStream output, OnnxTensor tensor)
    {
        foreach (var length in tensor.Dimensions)
        {
            Integer(output, OnnxFields.Tensor.Dimension, length);
        }

        Integer(output, OnnxFields.Tensor.DataType, (long)tensor.Type);
        Text(output, OnnxFields.Tensor.Name, tensor.Name);
        output.WriteTag(OnnxFields.Tensor.RawData, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(tensor.Data));
    }

    private static void WriteValue(CodedOutputStream output, OnnxValue value)
    {
        Text(output, OnnxFields.Value.Name, value.Name);
        Nested(output, OnnxFields.Value.Type, type => Nested(type, OnnxFields.Type.Tensor, tensor =>
        {
            Integer(tensor, OnnxFields.Type.TensorElement, (long)value.Type);
            Nested(tensor, OnnxFields.Type.TensorShape, shape =>
            {
                foreach (var dimension in value.Shape)
                {
                    Nested(shape, OnnxFields.Shape.Dimension, message => WriteDimension(message, dimension));
                }
            });
        }));
        Text(output, OnnxFields.Value.DocString, value.Description);
    }

    private static void WriteDimension(CodedOutputStream output, OnnxDimension dimension)
    {
        if (dimension.Length is { } length)
        {
            Integer(output, OnnxFields.Shape.DimensionValue, length);
        }
        else
        {
            Text(output, OnnxFields.Shape.DimensionParameter, dimension.Parameter ?? string.Empty);
        }
    }

    private static void Integer(CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    private static void Text(CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    private static void Nested(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(Message(write)));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            write(output);
        }

        return buffer.ToArray();
    }
}
