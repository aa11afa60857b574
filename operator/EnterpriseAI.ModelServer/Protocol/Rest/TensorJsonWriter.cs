using System.Buffers;
using System.Numerics;
using System.Text.Encodings.Web;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>Writes a tensor's elements as the inside of a flat JSON array, straight from its memory.</summary>
internal static class TensorJsonWriter
{
    public static void Write(PooledBuffer json, OrtTensor tensor)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Float: WriteReals<float>(json, tensor.Data<float>()); break;
            case TensorElementType.Double: WriteReals<double>(json, tensor.Data<double>()); break;
            case TensorElementType.Float16: WriteHalves(json, tensor.Data<Half>()); break;
            case TensorElementType.BFloat16: WriteBrainFloats(json, tensor.Data<ushort>()); break;
            case TensorElementType.Int8: WriteNumbers(json, tensor.Data<sbyte>()); break;
            case TensorElementType.Int16: WriteNumbers(json, tensor.Data<short>()); break;
            case TensorElementType.Int32: WriteNumbers(json, tensor.Data<int>()); break;
            case TensorElementType.Int64: WriteNumbers(json, tensor.Data<long>()); break;
            case TensorElementType.UInt8: WriteNumbers(json, tensor.Data<byte>()); break;
            case TensorElementType.UInt16: WriteNumbers(json, tensor.Data<ushort>()); break;
            case TensorElementType.UInt32: WriteNumbers(json, tensor.Data<uint>()); break;
            case TensorElementType.UInt64: WriteNumbers(json, tensor.Data<ulong>()); break;
            case TensorElementType.Bool: WriteBooleans(json, tensor.Data<bool>()); break;
            default: WriteStrings(json, tensor); break;
        }
    }

    /// <summary>Writes a JSON string. Bytes that are no UTF-8 become replacement characters: JSON has no other way.</summary>
    public static void WriteString(PooledBuffer json, ReadOnlySpan<byte> utf8)
    {
        json.Write((byte)'"');
        while (!utf8.IsEmpty)
        {
            // One byte becomes at most the six of an escape sequence.
            var status = JavaScriptEncoder.Default.EncodeUtf8(utf8, json.Free(Math.Min(utf8.Length, 4096) * 6 + 16), out var consumed, out var written);
            json.Advance(written);
            utf8 = utf8[consumed..];
            if (status is not (OperationStatus.Done or OperationStatus.DestinationTooSmall))
                throw new InvalidOperationException($"a string cannot be written as JSON: {status}");
        }
        json.Write((byte)'"');
    }

    private static void WriteNumbers<T>(PooledBuffer json, ReadOnlySpan<T> values) where T : IUtf8SpanFormattable
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            json.WriteText(values[index]);
        }
    }

    private static void WriteReals<T>(PooledBuffer json, ReadOnlySpan<T> values) where T : IBinaryFloatingPointIeee754<T>
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            if (T.IsFinite(values[index]))
                json.WriteText(values[index]);
            else
                WriteName(json, double.CreateTruncating(values[index]));
        }
    }

    private static void WriteHalves(PooledBuffer json, ReadOnlySpan<Half> values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            if (Half.IsFinite(values[index]))
                json.WriteText((float)values[index]);
            else
                WriteName(json, (double)values[index]);
        }
    }

    private static void WriteBrainFloats(PooledBuffer json, ReadOnlySpan<ushort> values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            var value = BrainFloat.ToSingle(values[index]);
            if (float.IsFinite(value))
                json.WriteText(value);
            else
                WriteName(json, value);
        }
    }

    private static void WriteName(PooledBuffer json, double value) =>
        json.Write(double.IsNaN(value) ? NamedNumber.NaN : value > 0 ? NamedNumber.Infinity : NamedNumber.NegativeInfinity);

    private static void WriteBooleans(PooledBuffer json, ReadOnlySpan<bool> values)
    {
        for (var index = 0; index < values.Length; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            json.Write(values[index] ? "true"u8 : "false"u8);
        }
    }

    private static void WriteStrings(PooledBuffer json, OrtTensor tensor)
    {
        var (content, offsets) = tensor.Strings();
        for (var index = 0; index < tensor.Count; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            WriteString(json, content.AsSpan((int)offsets[index]..(int)offsets[index + 1]));
        }
    }
}
