using static EnterpriseAI.ModelServer.Protocol.Grpc.ProtoReader;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Reads a ModelInferRequest in one pass and remembers where the tensors' data lies. Parameters are only checked.</summary>
internal static class GrpcInferRequestParser
{
    private const int MaxTensors = 1024;
    private const int MaxDimensions = 32;

    /// <exception cref="GrpcException">The message is not well-formed, or has more than a request may have.</exception>
    public static GrpcInferRequest Parse(ReadOnlySpan<byte> message)
    {
        string model = "", version = "", id = "";
        var inputs = new List<GrpcInput>();
        var outputs = new List<string>();
        var raw = new List<Part>();
        var reader = new ProtoReader(message);
        while (reader.More)
        {
            var tag = reader.ReadTag();
            if (tag == Tag(1, LengthDelimited))
                model = reader.ReadString("model_name");
            else if (tag == Tag(2, LengthDelimited))
                version = reader.ReadString("model_version");
            else if (tag == Tag(3, LengthDelimited))
                id = reader.ReadString("id");
            else if (tag == Tag(4, LengthDelimited))
                CheckParameter(message, reader.ReadPart());
            else if (tag == Tag(5, LengthDelimited))
                Add(inputs, "inputs", ReadInput(message, reader.ReadPart()));
            else if (tag == Tag(6, LengthDelimited))
                Add(outputs, "outputs", ReadOutput(message, reader.ReadPart()));
            else if (tag == Tag(7, LengthDelimited))
                Add(raw, "raw_input_contents", reader.ReadPart());
            else
                reader.Skip(tag);
        }
        return new GrpcInferRequest(model, version.Length > 0 ? version : null, id, inputs, outputs, raw);
    }

    private static GrpcInput ReadInput(ReadOnlySpan<byte> message, Part part)
    {
        string name = "", datatype = "";
        var shape = new List<long>();
        List<Part>? contents = null;
        var reader = new ProtoReader(message, part);
        while (reader.More)
        {
            var tag = reader.ReadTag();
            if (tag == Tag(1, LengthDelimited))
                name = reader.ReadString("inputs[].name");
            else if (tag == Tag(2, LengthDelimited))
                datatype = reader.ReadString("inputs[].datatype");
            else if (tag == Tag(3, Varint))
                AddDimension(shape, reader.ReadVarint());
            else if (tag == Tag(3, LengthDelimited))
                for (var packed = new ProtoReader(message, reader.ReadPart()); packed.More;)
                    AddDimension(shape, packed.ReadVarint());
            else if (tag == Tag(4, LengthDelimited))
                CheckParameter(message, reader.ReadPart());
            else if (tag == Tag(5, LengthDelimited))
                Add(contents ??= [], "inputs[].contents", reader.ReadPart());
            else
                reader.Skip(tag);
        }
        return new GrpcInput(name, datatype, [.. shape], contents ?? []);
    }

    private static string ReadOutput(ReadOnlySpan<byte> message, Part part)
    {
        var name = "";
        var reader = new ProtoReader(message, part);
        while (reader.More)
        {
            var tag = reader.ReadTag();
            if (tag == Tag(1, LengthDelimited))
                name = reader.ReadString("outputs[].name");
            else if (tag == Tag(2, LengthDelimited))
                CheckParameter(message, reader.ReadPart());
            else
                reader.Skip(tag);
        }
        return name;
    }

    /// <summary>An entry of a map from a name to an InferParameter, none of which changes anything here.</summary>
    private static void CheckParameter(ReadOnlySpan<byte> message, Part part)
    {
        var entry = new ProtoReader(message, part);
        while (entry.More)
        {
            var tag = entry.ReadTag();
            if (tag == Tag(1, LengthDelimited))
                entry.ReadString("parameters");
            else if (tag == Tag(2, LengthDelimited))
                for (var value = new ProtoReader(message, entry.ReadPart()); value.More;)
                    value.Skip(value.ReadTag());
            else
                entry.Skip(tag);
        }
    }

    private static void AddDimension(List<long> shape, ulong dimension)
    {
        if (shape.Count == MaxDimensions || dimension > long.MaxValue)
            throw GrpcException.Invalid($"'inputs[].shape' must have at most {MaxDimensions} sizes, each 0 or more");
        shape.Add((long)dimension);
    }

    private static void Add<T>(List<T> list, string field, T item)
    {
        if (list.Count == MaxTensors)
            throw GrpcException.Invalid($"'{field}' has more than {MaxTensors} entries");
        list.Add(item);
    }
}
