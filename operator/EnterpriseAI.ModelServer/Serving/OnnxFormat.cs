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
            if (!TryReadField(ref bytes, out var field, out var wire, out _))
                return false;
            hasGraph |= field == GraphField && wire == LengthDelimited;
        }
        return hasGraph;
    }

    /// <summary>Reads one field of a message.</summary>
    /// <param name="bytes">The message; its rest afterwards.</param>
    /// <param name="field">The field's number.</param>
    /// <param name="wire">How it is encoded.</param>
    /// <param name="content">What it holds where it has a length; else empty.</param>
    /// <returns>False when there is none.</returns>
    public static bool TryReadField(scoped ref ReadOnlySpan<byte> bytes, out int field, out int wire, out ReadOnlySpan<byte> content)
    {
        content = default;
        (field, wire) = (0, 0);
        if (!TryReadVarint(ref bytes, out var tag) || tag >> 3 is 0 or > 536_870_911)
            return false;
        (field, wire) = ((int)(tag >> 3), (int)(tag & 7));
        ulong length;
        switch (wire)
        {
            case 0:
                return TryReadVarint(ref bytes, out _);
            case 1:
                length = 8;
                break;
            case LengthDelimited:
                if (!TryReadVarint(ref bytes, out length))
                    return false;
                break;
            case 5:
                length = 4;
                break;
            default:
                return false;
        }
        if (length > (ulong)bytes.Length)
            return false;
        if (wire == LengthDelimited)
            content = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return true;
    }

    private static bool TryReadVarint(scoped ref ReadOnlySpan<byte> bytes, out ulong value)
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
