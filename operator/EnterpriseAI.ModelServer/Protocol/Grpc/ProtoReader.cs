using System.Text;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Where some bytes of a message lie.</summary>
internal readonly record struct Part(int Start, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> message) => message.Slice(Start, Length);
}

/// <summary>
/// Walks over the fields of a protocol buffers message in place. The generated parser copies every <c>bytes</c> field into an
/// array of its own, which for a tensor of megabytes costs more than all else.
/// </summary>
internal ref struct ProtoReader
{
    public const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, StartGroup = 3, EndGroup = 4, Fixed32 = 5;

    private const int MaxGroupDepth = 100;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _message;
    private readonly int _end;
    private int _at;

    public ProtoReader(ReadOnlySpan<byte> message) : this(message, new Part(0, message.Length))
    {
    }

    /// <summary>Reads the message that is one part of another; parts that it gives are of the other.</summary>
    public ProtoReader(ReadOnlySpan<byte> message, Part part)
    {
        _message = message;
        _at = part.Start;
        _end = part.Start + part.Length;
    }

    public readonly bool More => _at < _end;

    public readonly int Left => _end - _at;

    /// <summary>The field's number and its wire type, as they are on the wire.</summary>
    public static uint Tag(int field, int wireType) => (uint)field << 3 | (uint)wireType;

    public uint ReadTag()
    {
        var tag = (uint)ReadVarint();
        return tag >> 3 != 0 ? tag : throw Malformed("a field has the number 0");
    }

    public ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_at == _end)
                throw Truncated();
            var part = _message[_at++];
            // Bits beyond 64 are dropped, as every implementation does.
            value |= shift < 64 ? (ulong)(part & 0x7F) << shift : 0;
            if (part < 0x80)
                return value;
        }
        throw Malformed("a number has more than ten bytes");
    }

    /// <summary>The bytes of a fixed-size field, little-endian.</summary>
    public ReadOnlySpan<byte> ReadFixed(int bytes) => Take(bytes).Of(_message);

    public Part ReadPart()
    {
        var length = (uint)ReadVarint();
        return length <= int.MaxValue ? Take((int)length) : throw Truncated();
    }

    public ReadOnlySpan<byte> ReadBytes() => ReadPart().Of(_message);

    public string ReadString(string field)
    {
        try
        {
            return Utf8.GetString(ReadBytes());
        }
        catch (DecoderFallbackException e)
        {
            throw GrpcException.Invalid($"'{field}' is not valid UTF-8", e);
        }
    }

    /// <summary>Passes over a field whose tag was read.</summary>
    public void Skip(uint tag) => Skip(tag, 0);

    private void Skip(uint tag, int depth)
    {
        switch (tag & 7)
        {
            case Varint: ReadVarint(); break;
            case Fixed64: Take(8); break;
            case LengthDelimited: ReadPart(); break;
            case Fixed32: Take(4); break;
            case StartGroup when depth < MaxGroupDepth: SkipGroup(tag >> 3, depth + 1); break;
            default: throw Malformed($"a field has the wire type {tag & 7}");
        }
    }

    private void SkipGroup(uint field, int depth)
    {
        for (var tag = ReadTag(); tag != (field << 3 | EndGroup); tag = ReadTag())
            Skip(tag, depth);
    }

    private Part Take(int length)
    {
        if (length > Left)
            throw Truncated();
        _at += length;
        return new Part(_at - length, length);
    }

    private static GrpcException Truncated() => Malformed("it ends within a field");

    private static GrpcException Malformed(string why) => GrpcException.Invalid($"the message is not well-formed: {why}");
}
