using System.Runtime.InteropServices;
using System.Text.Json;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>A serialized TensorProto of floats or 64-bit integers.</summary>
internal sealed record TensorFile(string Datatype, long[] Shape, byte[] Raw)
{
    private const double Relative = 1e-3, Absolute = 1e-5;

    public float[] Floats => MemoryMarshal.Cast<byte, float>(Raw).ToArray();

    public long[] Integers => MemoryMarshal.Cast<byte, long>(Raw).ToArray();

    public static TensorFile Of(long[] shape, params float[] values) => new("FP32", shape, OnnxModels.Of(values));

    public string Json() => Datatype == "FP32" ? JsonSerializer.Serialize(Floats) : JsonSerializer.Serialize(Integers);

    /// <summary>Another tensor that the same model takes: other numbers, or the same indices in another order.</summary>
    public TensorFile Other() => this with
    {
        Raw = Datatype == "FP32" ? OnnxModels.Of(Array.ConvertAll(Floats, static value => value / 2 + 0.25f)) : OnnxModels.Of(Integers.Reverse().ToArray()),
    };

    public static TensorFile Read(string file)
    {
        var input = new ProtobufReader(File.ReadAllBytes(file));
        var shape = new List<long>();
        var type = 0L;
        byte[] raw = [];
        while (input.Next(out var field, out var wire))
        {
            switch (field, wire)
            {
                case (1, 0): shape.Add(input.Varint()); break;
                case (1, 2):
                    for (var packed = new ProtobufReader(input.Bytes()); packed.More;)
                        shape.Add(packed.Varint());
                    break;
                case (2, 0): type = input.Varint(); break;
                case (4 or 9, 2): raw = input.Bytes(); break;
                case (_, 2): input.Bytes(); break;
                default: input.Varint(); break;
            }
        }
        return new TensorFile(type == OnnxModels.Float ? "FP32" : "INT64", [.. shape], raw);
    }

    /// <summary>Where another tensor differs from this one; null where it is close enough.</summary>
    public string? DifferenceFrom(TensorFile actual)
    {
        if (actual.Datatype != Datatype || !actual.Shape.SequenceEqual(Shape))
            return $"{actual.Datatype} [{string.Join(',', actual.Shape)}] instead of {Datatype} [{string.Join(',', Shape)}]";
        if (Datatype != "FP32")
            return actual.Raw.AsSpan().SequenceEqual(Raw) ? null : "other integers";
        var (mine, others) = (Floats, actual.Floats);
        for (var index = 0; index < mine.Length; index++)
        {
            // Not "greater than": NaN is close to nothing.
            if (!(Math.Abs((double)others[index] - mine[index]) <= Absolute + Relative * Math.Abs(mine[index])))
                return $"element {index} is {others[index]} instead of {mine[index]}";
        }
        return null;
    }
}

/// <summary>Reads protocol buffers fields.</summary>
internal sealed class ProtobufReader(byte[] bytes)
{
    private int _at;

    public bool More => _at < bytes.Length;

    public bool Next(out int field, out int wire)
    {
        var tag = More ? (int)Varint() : 0;
        (field, wire) = (tag >> 3, tag & 7);
        return tag != 0;
    }

    public long Varint()
    {
        var value = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[_at++];
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }

    public void Skip(int wire)
    {
        switch (wire)
        {
            case 0: Varint(); break;
            case 1: _at += 8; break;
            case 2: Bytes(); break;
            case 5: _at += 4; break;
            default: throw new InvalidDataException($"wire type {wire}");
        }
    }

    public byte[] Bytes()
    {
        var length = (int)Varint();
        _at += length;
        return bytes[(_at - length).._at];
    }
}
