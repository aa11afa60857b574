namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>How a field of a protocol buffers message is encoded.</summary>
internal enum WireType
{
    Number = 0,
    EightBytes = 1,
    Bytes = 2,
    FourBytes = 5,
}

/// <summary>Reads the fields of one protocol buffers message where they lie, copying nothing.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int LargestField = 536_870_911;
    private const int LongestVarint = 10;
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    public WireType Wire { get; private set; }

    /// <summary>What a field of <see cref="WireType.Number"/> holds.</summary>
    public long Number { get; private set; }

    /// <summary>What a field of <see cref="WireType.Bytes"/> holds: a text, bytes, a message or packed numbers.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>Goes to the next field.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="OnnxInspectionException">The message is not well-formed.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = Varint(ref _rest);
        if (tag >> 3 is 0 or > LargestField)
            throw Malformed();
        (Field, Wire, Number) = ((int)(tag >> 3), (WireType)(tag & 7), 0);
        Content = default;
        ulong length;
        switch (Wire)
        {
            case WireType.Number:
                Number = (long)Varint(ref _rest);
                return true;
            case WireType.EightBytes:
                length = 8;
                break;
            case WireType.Bytes:
                length = Varint(ref _rest);
                break;
            case WireType.FourBytes:
                length = 4;
                break;
            default:
                throw Malformed();
        }
        if (length > (ulong)_rest.Length)
            throw Malformed();
        if (Wire == WireType.Bytes)
            Content = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    /// <summary>True at a field of bytes with this number.</summary>
    public readonly bool Holds(int field) => Field == field && Wire == WireType.Bytes;

    /// <summary>Reads one of the numbers that a field packs.</summary>
    /// <exception cref="OnnxInspectionException">It is not well-formed.</exception>
    public static ulong Varint(scoped ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var index = 0; index < Math.Min(LongestVarint, bytes.Length); index++)
        {
            value |= (ulong)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return value;
            }
        }
        throw Malformed();
    }

    private static OnnxInspectionException Malformed() => new(OnnxProblem.NotAModel, "a message in it is not well-formed");
}
