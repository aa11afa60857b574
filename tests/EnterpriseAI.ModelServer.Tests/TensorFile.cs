using System.Runtime.InteropServices;
using System.Text.Json;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>A serialized TensorProto of floats or 64-bit integers.</summary>
internal sealed record TensorFile(string Datatype, long[] Shape, byte[] Raw)
{
    // The tolerances of the ONNX backend tests.
    private const float Relative = 1e-3f, Absolute = 1e-6f;

    public float[] Floats => MemoryMarshal.Cast<byte, float>(Raw).ToArray();

    public string Json() => Datatype == "FP32"
        ? JsonSerializer.Serialize(Floats)
        : JsonSerializer.Serialize(MemoryMarshal.Cast<byte, long>(Raw).ToArray());

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

    public void AssertCloseTo(float[] actual, string name)
    {
        var expected = Floats;
        Assert.That(actual, Has.Length.EqualTo(expected.Length), name);
        for (var index = 0; index < expected.Length; index++)
            Assert.That(MathF.Abs(actual[index] - expected[index]), Is.LessThanOrEqualTo(Absolute + Relative * MathF.Abs(expected[index])), $"{name} element {index}");
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

    public byte[] Bytes()
    {
        var length = (int)Varint();
        _at += length;
        return bytes[(_at - length).._at];
    }
}
