using System.Buffers;
using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>An inference response, ready to be sent: the JSON and the binary tensors after it.</summary>
/// <param name="Json">The JSON part.</param>
/// <param name="Binary">The tensors that were asked for in binary, in order.</param>
internal sealed record InferResponse(ReadOnlyMemory<byte> Json, IReadOnlyList<byte[]> Binary)
{
    public static InferResponse Create(string model, string? version, string? id, IReadOnlyList<(string Name, OrtTensor Tensor, bool Binary)> outputs)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var binary = new List<byte[]>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model_name", model);
            if (version is not null)
                json.WriteString("model_version", version);
            if (id is not null)
                json.WriteString("id", id);
            json.WriteStartArray("outputs");
            foreach (var (name, tensor, isBinary) in outputs)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("datatype", Datatype.Of(tensor.Type));
                json.WriteStartArray("shape");
                foreach (var dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                if (isBinary)
                {
                    binary.Add(BinaryTensorData.Of(tensor));
                    json.WriteStartObject("parameters");
                    json.WriteNumber("binary_data_size", binary[^1].Length);
                    json.WriteEndObject();
                }
                else
                {
                    json.WriteStartArray("data");
                    WriteElements(json, tensor);
                    json.WriteEndArray();
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return new InferResponse(buffer.WrittenMemory, binary);
    }

    private static void WriteElements(Utf8JsonWriter json, OrtTensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Float: Each<float>(static (json, value) => WriteFloat(json, value)); break;
            case TensorElementType.Double: Each<double>(WriteDouble); break;
            case TensorElementType.Float16: Each<Half>(static (json, value) => WriteFloat(json, (float)value)); break;
            case TensorElementType.BFloat16: Each<ushort>(static (json, value) => WriteFloat(json, BrainFloat.ToSingle(value))); break;
            case TensorElementType.Int8: Each<sbyte>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.Int16: Each<short>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.Int32: Each<int>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.Int64: Each<long>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.UInt8: Each<byte>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.UInt16: Each<ushort>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.UInt32: Each<uint>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.UInt64: Each<ulong>(static (json, value) => json.WriteNumberValue(value)); break;
            case TensorElementType.Bool: Each<bool>(static (json, value) => json.WriteBooleanValue(value)); break;
            default: WriteStrings(json, tensor); break;
        }

        void Each<T>(Action<Utf8JsonWriter, T> write) where T : unmanaged
        {
            foreach (var value in tensor.Data<T>())
                write(json, value);
        }
    }

    private static void WriteStrings(Utf8JsonWriter json, OrtTensor tensor)
    {
        var (content, offsets) = tensor.Strings();
        for (var index = 0; index < tensor.Count; index++)
        {
            // A model may make bytes that are no UTF-8; JSON can hold them only with replacement characters.
            json.WriteStringValue(Encoding.UTF8.GetString(content.AsSpan((int)offsets[index]..(int)offsets[index + 1])));
        }
    }

    private static void WriteFloat(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
            json.WriteNumberValue(value);
        else
            WriteDouble(json, value);
    }

    private static void WriteDouble(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumberValue(value);
        else
            json.WriteStringValue(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }
}
