namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Tells an ONNX file from any other by its outermost structure.</summary>
internal static class OnnxFormat
{
    private const int GraphField = 7;
    private const int LengthDelimited = 2;

    /// <summary>
    /// True when the bytes are one well-formed protocol buffers message that has a graph. ONNX Runtime's own errors do not
    /// tell a file that is no model from a model that it cannot run.
    /// </summary>
    public static bool LooksLikeModel(ReadOnlySpan<byte> bytes)
    {
        var hasGraph = false;
        while (!bytes.IsEmpty)
        {
            if (!TryReadVarint(ref bytes, out var tag) || tag >> 3 is 0 or > 536_870_911)
                return false;
            ulong skip;
            switch (tag & 7)
            {
                case 0:
                    if (!TryReadVarint(ref bytes, out _))
                        return false;
                    skip = 0;
                    break;
                case 1:
                    skip = 8;
                    break;
                case LengthDelimited:
                    if (!TryReadVarint(ref bytes, out skip))
                        return false;
                    hasGraph |= tag >> 3 == GraphField;
                    break;
                case 5:
                    skip = 4;
                    break;
                default:
                    return false;
            }
            if (skip > (ulong)bytes.Length)
                return false;
            bytes = bytes[(int)skip..];
        }
        return hasGraph;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var index = 0; index < Math.Min(10, bytes.Length); index++)
        {
            value |= (ulong)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return true;
            }
        }
        return false;
    }
}
