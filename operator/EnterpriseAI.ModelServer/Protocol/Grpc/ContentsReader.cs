using EnterpriseAI.ModelServer.OnnxRuntime;
using static EnterpriseAI.ModelServer.Protocol.Grpc.ProtoReader;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Reads typed tensor contents: one repeated field per group of datatypes, each packed or not.</summary>
internal static class ContentsReader
{
    private static readonly string[] FieldNames =
        ["", "bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents", "fp32_contents", "fp64_contents", "bytes_contents"];

    /// <summary>How many elements the contents have.</summary>
    /// <exception cref="GrpcException">They are not well-formed, or in another field than the datatype's.</exception>
    public static long Count(ReadOnlySpan<byte> message, GrpcInput input, TensorElementType type)
    {
        var field = FieldOf(input, type);
        var count = 0L;
        foreach (var part in input.Contents)
        {
            var reader = new ProtoReader(message, part);
            while (reader.More)
            {
                var tag = reader.ReadTag();
                var number = (int)(tag >> 3);
                if (number >= FieldNames.Length)
                {
                    reader.Skip(tag);
                    continue;
                }
                var elements = CountField(ref reader, message, tag);
                if (number == field)
                    count += elements;
                else if (elements > 0)
                    throw RequestException.BadRequest($"input '{input.Name}': {input.Datatype} elements belong in {FieldNames[field]}, there are some in {FieldNames[number]}");
            }
        }
        return count;
    }

    /// <summary>Fills a tensor that has as many elements as <see cref="Count"/> said.</summary>
    /// <exception cref="RequestException">400: an element is out of its datatype's range.</exception>
    public static void Fill(ReadOnlySpan<byte> message, GrpcInput input, OrtTensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Bool: Each<bool>(message, static value => value != 0); break;
            case TensorElementType.Int8: Each<sbyte>(message, static value => (int)value is >= sbyte.MinValue and <= sbyte.MaxValue ? (sbyte)value : null); break;
            case TensorElementType.Int16: Each<short>(message, static value => (int)value is >= short.MinValue and <= short.MaxValue ? (short)value : null); break;
            case TensorElementType.Int32: Each<int>(message, static value => (int)value); break;
            case TensorElementType.Int64: Each<long>(message, static value => (long)value); break;
            case TensorElementType.UInt8: Each<byte>(message, static value => (uint)value <= byte.MaxValue ? (byte)value : null); break;
            case TensorElementType.UInt16: Each<ushort>(message, static value => (uint)value <= ushort.MaxValue ? (ushort)value : null); break;
            case TensorElementType.UInt32: Each<uint>(message, static value => (uint)value); break;
            case TensorElementType.UInt64: Each<ulong>(message, static value => value); break;
            case TensorElementType.Float or TensorElementType.Double: FillFixed(message, input, tensor); break;
            default: FillStrings(message, input, tensor); break;
        }

        void Each<T>(ReadOnlySpan<byte> bytes, Func<ulong, T?> convert) where T : unmanaged => FillVarints(bytes, input, tensor, convert);
    }

    private static int FieldOf(GrpcInput input, TensorElementType type) => type switch
    {
        TensorElementType.Bool => 1,
        TensorElementType.Int8 or TensorElementType.Int16 or TensorElementType.Int32 => 2,
        TensorElementType.Int64 => 3,
        TensorElementType.UInt8 or TensorElementType.UInt16 or TensorElementType.UInt32 => 4,
        TensorElementType.UInt64 => 5,
        TensorElementType.Float => 6,
        TensorElementType.Double => 7,
        TensorElementType.String => 8,
        _ => throw RequestException.BadRequest($"input '{input.Name}': {input.Datatype} has no typed contents, send it in raw_input_contents"),
    };

    /// <summary>Elements of one occurrence of a field, packed or a single one.</summary>
    private static long CountField(ref ProtoReader reader, ReadOnlySpan<byte> message, uint tag)
    {
        var (number, wireType) = ((int)(tag >> 3), (int)(tag & 7));
        if (number == 8)
            return wireType == LengthDelimited ? Skipped(ref reader, tag) : Unknown(ref reader, tag);
        var single = number switch { 6 => Fixed32, 7 => Fixed64, _ => Varint };
        if (wireType == single)
            return Skipped(ref reader, tag);
        if (wireType != LengthDelimited)
            return Unknown(ref reader, tag);
        var packed = reader.ReadPart();
        if (single != Varint)
        {
            var size = single == Fixed32 ? 4 : 8;
            return packed.Length % size == 0
                ? packed.Length / size
                : throw GrpcException.Invalid($"the message is not well-formed: {FieldNames[number]} ends within an element");
        }
        // Every element has just one byte without the continuation bit.
        var elements = 0L;
        foreach (var part in packed.Of(message))
            elements += part < 0x80 ? 1 : 0;
        return elements;
    }

    private static long Skipped(ref ProtoReader reader, uint tag)
    {
        reader.Skip(tag);
        return 1;
    }

    private static long Unknown(ref ProtoReader reader, uint tag)
    {
        reader.Skip(tag);
        return 0;
    }

    private static void FillVarints<T>(ReadOnlySpan<byte> message, GrpcInput input, OrtTensor tensor, Func<ulong, T?> convert) where T : unmanaged
    {
        var target = tensor.Data<T>();
        var (field, index) = (FieldOf(input, tensor.Type), 0);
        foreach (var part in input.Contents)
        {
            var reader = new ProtoReader(message, part);
            while (reader.More)
            {
                var tag = reader.ReadTag();
                if (tag == Tag(field, Varint))
                    Set(target, reader.ReadVarint());
                else if (tag == Tag(field, LengthDelimited))
                    for (var packed = new ProtoReader(message, reader.ReadPart()); packed.More;)
                        Set(target, packed.ReadVarint());
                else
                    reader.Skip(tag);
            }
        }

        void Set(Span<T> elements, ulong value)
        {
            elements[index] = convert(value)
                ?? throw RequestException.BadRequest($"input '{input.Name}': element {index} is not in the range of {input.Datatype}");
            index++;
        }
    }

    private static void FillFixed(ReadOnlySpan<byte> message, GrpcInput input, OrtTensor tensor)
    {
        var target = tensor.Bytes();
        var field = FieldOf(input, tensor.Type);
        foreach (var part in input.Contents)
        {
            var reader = new ProtoReader(message, part);
            while (reader.More)
            {
                var tag = reader.ReadTag();
                if (tag == Tag(field, LengthDelimited))
                    target = Copy(reader.ReadBytes(), target);
                else if (tag == Tag(field, Fixed32) && tensor.Type == TensorElementType.Float)
                    target = Copy(reader.ReadFixed(4), target);
                else if (tag == Tag(field, Fixed64) && tensor.Type == TensorElementType.Double)
                    target = Copy(reader.ReadFixed(8), target);
                else
                    reader.Skip(tag);
            }
        }

        static Span<byte> Copy(ReadOnlySpan<byte> elements, Span<byte> target)
        {
            elements.CopyTo(target);
            return target[elements.Length..];
        }
    }

    private static void FillStrings(ReadOnlySpan<byte> message, GrpcInput input, OrtTensor tensor)
    {
        var index = 0L;
        foreach (var part in input.Contents)
        {
            var reader = new ProtoReader(message, part);
            while (reader.More)
            {
                var tag = reader.ReadTag();
                if (tag == Tag(8, LengthDelimited))
                    tensor.SetString(index++, reader.ReadBytes());
                else
                    reader.Skip(tag);
            }
        }
    }
}
