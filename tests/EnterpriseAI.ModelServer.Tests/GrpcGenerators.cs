using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;
using RequestedOutput = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Random requests, and random damage to messages and frames.</summary>
internal static class GrpcGenerators
{
    /// <summary>The datatypes that have typed contents, with the field of these.</summary>
    public static readonly (string Name, int Field)[] Typed =
    [
        ("BOOL", 1), ("INT8", 2), ("INT16", 2), ("INT32", 2), ("INT64", 3), ("UINT8", 4), ("UINT16", 4), ("UINT32", 4), ("UINT64", 5), ("FP32", 6), ("FP64", 7), ("BYTES", 8),
    ];

    private static readonly Gen<string> Text = Gen.Frequency(
        (6, Gen.Elements("m", "x", "y", "1", "FP32", "BYTES")),
        (1, Gen.Elements("", "ä🐧", "a'b%", new string('n', 300))),
        (1, ArbMap.Default.GeneratorFor<string>().Select(static text => new string([.. (text ?? "").Where(static character => !char.IsSurrogate(character))]))));

    private static Gen<T> Any<T>() => ArbMap.Default.GeneratorFor<T>();

    private static readonly Gen<InferParameter> Parameter = Gen.OneOf(
        Any<bool>().Select(static value => new InferParameter { BoolParam = value }),
        Any<long>().Select(static value => new InferParameter { Int64Param = value }),
        Text.Select(static value => new InferParameter { StringParam = value }),
        Gen.Constant(new InferParameter()));

    /// <summary>A tensor whose contents fit its shape, or with raw contents.</summary>
    public static Gen<(InputTensor Tensor, byte[]? Raw)> Tensor(string name, bool raw) =>
        from datatype in Gen.Elements(Typed)
        from rows in Gen.Choose(0, 3)
        from columns in Gen.Choose(0, 3)
        from elements in Gen.ArrayOf(Any<long>(), rows * columns)
        from strings in Gen.ArrayOf(Any<byte[]>(), rows * columns)
        let tensor = new InputTensor { Name = name, Datatype = datatype.Name, Shape = { rows, columns } }
        select raw ? (tensor, Raw(datatype.Name, elements, strings)) : (With(tensor, Contents(datatype.Name, elements, strings)), (byte[]?)null);

    private static InputTensor With(InputTensor tensor, InferTensorContents contents)
    {
        tensor.Contents = contents;
        return tensor;
    }

    private static InferTensorContents Contents(string datatype, long[] elements, byte[][] strings)
    {
        var contents = new InferTensorContents();
        switch (datatype)
        {
            case "BOOL": contents.BoolContents.AddRange(elements.Select(static value => value % 2 == 0)); break;
            case "INT8": contents.IntContents.AddRange(elements.Select(static value => (int)(sbyte)value)); break;
            case "INT16": contents.IntContents.AddRange(elements.Select(static value => (int)(short)value)); break;
            case "INT32": contents.IntContents.AddRange(elements.Select(static value => (int)value)); break;
            case "INT64": contents.Int64Contents.AddRange(elements); break;
            case "UINT8": contents.UintContents.AddRange(elements.Select(static value => (uint)(byte)value)); break;
            case "UINT16": contents.UintContents.AddRange(elements.Select(static value => (uint)(ushort)value)); break;
            case "UINT32": contents.UintContents.AddRange(elements.Select(static value => (uint)value)); break;
            case "UINT64": contents.Uint64Contents.AddRange(elements.Select(static value => (ulong)value)); break;
            case "FP32": contents.Fp32Contents.AddRange(elements.Select(static value => value / 3f)); break;
            case "FP64": contents.Fp64Contents.AddRange(elements.Select(static value => value / 3d)); break;
            default: contents.BytesContents.AddRange(strings.Select(ByteString.CopyFrom)); break;
        }
        return contents;
    }

    private static byte[] Raw(string datatype, long[] elements, byte[][] strings) => RawOf(datatype, Contents(datatype, elements, strings));

    /// <summary>What typed contents are as raw ones.</summary>
    public static byte[] RawOf(string datatype, InferTensorContents contents) => datatype switch
    {
        "BOOL" => [.. contents.BoolContents.Select(static value => value ? (byte)1 : (byte)0)],
        "INT8" => [.. contents.IntContents.Select(static value => (byte)(sbyte)value)],
        "INT16" => OnnxModels.Of(contents.IntContents.Select(static value => (short)value).ToArray()),
        "INT32" => OnnxModels.Of(contents.IntContents.ToArray()),
        "INT64" => OnnxModels.Of(contents.Int64Contents.ToArray()),
        "UINT8" => [.. contents.UintContents.Select(static value => (byte)value)],
        "UINT16" => OnnxModels.Of(contents.UintContents.Select(static value => (ushort)value).ToArray()),
        "UINT32" => OnnxModels.Of(contents.UintContents.ToArray()),
        "UINT64" => OnnxModels.Of(contents.Uint64Contents.ToArray()),
        "FP32" => OnnxModels.Of(contents.Fp32Contents.ToArray()),
        "FP64" => OnnxModels.Of(contents.Fp64Contents.ToArray()),
        _ => [.. contents.BytesContents.SelectMany(static value => OnnxModels.Of(value.Length).Concat(value))],
    };

    /// <summary>A request whose tensors are right in themselves.</summary>
    public static readonly Gen<ModelInferRequest> Requests =
        from raw in Any<bool>()
        from count in Gen.Choose(0, 3)
        from tensors in Gen.CollectToArray(Enumerable.Range(0, count), index => Tensor($"x{index}", raw))
        from model in Text
        from version in Text
        from id in Text
        from outputs in Gen.ArrayOf(Text)
        from parameters in Gen.ArrayOf(Parameter)
        select Request(model, version, id, tensors, outputs, parameters);

    private static ModelInferRequest Request(string model, string version, string id, (InputTensor Tensor, byte[]? Raw)[] tensors, string[] outputs, InferParameter[] parameters)
    {
        var request = new ModelInferRequest { ModelName = model, ModelVersion = version, Id = id };
        foreach (var (tensor, raw) in tensors)
        {
            request.Inputs.Add(tensor);
            if (raw is not null)
                request.RawInputContents.Add(ByteString.CopyFrom(raw));
        }
        request.Outputs.AddRange(outputs.Select(static name => new RequestedOutput { Name = name }));
        for (var index = 0; index < parameters.Length; index++)
            request.Parameters[$"p{index}"] = parameters[index];
        return request;
    }

    /// <summary>Bytes with a few faults: of single bits, of lengths, of fields.</summary>
    public static Gen<byte[]> Damaged(byte[] bytes) =>
        from count in Gen.Choose(1, 3)
        from seed in Gen.Choose(0, int.MaxValue)
        select Damage(bytes, count, new Random(seed));

    private static byte[] Damage(byte[] bytes, int count, Random random)
    {
        for (; count > 0; count--)
            bytes = random.Next(3) == 0 ? DamageBytes(bytes, random) : DamageFields(bytes, random, depth: 3);
        return bytes;
    }

    private static byte[] DamageBytes(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        var at = random.Next(list.Count + 1);
        switch (random.Next(5))
        {
            case 0 when at < list.Count: list[at] ^= (byte)(1 << random.Next(8)); break;
            case 1 when at < list.Count: list[at] = (byte)random.Next(256); break;
            case 2: list.RemoveRange(at, Math.Min(random.Next(1, 6), list.Count - at)); break;
            case 3: list.InsertRange(at, Enumerable.Range(0, random.Next(1, 12)).Select(_ => (byte)random.Next(256))); break;
            default: list.InsertRange(at, new byte[][] { [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0B], [0x0C], [0] }[random.Next(5)]); break;
        }
        return [.. list];
    }

    /// <summary>Keeps the message well-formed outside of the field it damages, so that the damage is reached.</summary>
    private static byte[] DamageFields(byte[] bytes, Random random, int depth)
    {
        var fields = Fields(bytes);
        if (fields.Count == 0)
            return DamageBytes(bytes, random);
        var index = random.Next(fields.Count);
        var (tag, content) = fields[index];
        switch (random.Next(8))
        {
            case 0: fields.RemoveAt(index); break;
            case 1: fields.Insert(random.Next(fields.Count), fields[index]); break;
            case 2: (fields[0], fields[index]) = (fields[index], fields[0]); break;
            case 3: fields[index] = ((uint)random.Next(1, 10) << 3 | tag & 7, content); break;
            case 4: fields[index] = (tag & ~7u | (uint)random.Next(8), content); break;
            case 5 when (tag & 7) == 2: fields[index] = (tag, DamageBytes(content, random)); break;
            default:
                if ((tag & 7) == 2 && depth > 0)
                    fields[index] = (tag, DamageFields(content, random, depth - 1));
                break;
        }
        return Join(fields);
    }

    /// <summary>The fields of a message as far as it is well-formed; the content of one with a length is without it.</summary>
    private static List<(uint Tag, byte[] Content)> Fields(byte[] bytes)
    {
        var fields = new List<(uint, byte[])>();
        try
        {
            var input = new CodedInputStream(bytes);
            while (input.ReadTag() is var tag and not 0)
            {
                var start = (int)input.Position;
                if ((tag & 7) == 2)
                {
                    fields.Add((tag, input.ReadBytes().ToByteArray()));
                    continue;
                }
                input.SkipLastField();
                fields.Add((tag, bytes[start..(int)input.Position]));
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // The rest is no fields.
        }
        return fields;
    }

    private static byte[] Join(List<(uint Tag, byte[] Content)> fields)
    {
        var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        foreach (var (tag, content) in fields)
        {
            output.WriteTag(tag);
            if ((tag & 7) == 2)
                output.WriteBytes(ByteString.CopyFrom(content));
            else
            {
                output.Flush();
                stream.Write(content);
            }
        }
        output.Flush();
        return stream.ToArray();
    }

    /// <summary>A body with faults in its frames.</summary>
    public static Gen<byte[]> Framed(byte[] message) =>
        from kind in Gen.Frequency((8, Gen.Constant(0)), (1, Gen.Choose(1, 7)))
        from at in Gen.Choose(0, message.Length + 5)
        from some in Any<byte>()
        select kind switch
        {
            1 => GrpcClient.Frame(message)[..at],
            2 => [.. GrpcClient.Frame(message), .. GrpcClient.Frame(message)],
            3 => [.. GrpcClient.Frame(message), some],
            4 => GrpcClient.Frame(message, some),
            5 => [0, some, .. GrpcClient.Frame(message)[2..]],
            6 => GrpcClient.Frame(GrpcClient.Gzip(message), 1),
            7 => GrpcClient.Frame(GrpcClient.Gzip(message) is var packed ? packed[..Math.Min(at, packed.Length)] : [], 1),
            _ => GrpcClient.Frame(message),
        };
}
