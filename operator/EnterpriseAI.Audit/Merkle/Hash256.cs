using System.Buffers.Binary;

namespace EnterpriseAI.Audit;

/// <summary>A SHA-256 value, by value: a node of the tree or the id of an event.</summary>
public readonly record struct Hash256(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Its size, 32 bytes.</summary>
    public const int Size = 32;

    /// <summary>The hash in the first 32 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 32 bytes.</exception>
    public static Hash256 Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));

    /// <summary>Reads 64 lower-case hexadecimal digits, and nothing else.</summary>
    public static bool TryParseHex(string text, out Hash256 hash)
    {
        hash = default;
        if (text.Length != 2 * Size || text.AsSpan().ContainsAnyExcept("0123456789abcdef")) return false;
        hash = Read(Convert.FromHexString(text));
        return true;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, A);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], D);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The bytes in standard base64, as a checkpoint and a proof show them.</summary>
    public string ToBase64() => Convert.ToBase64String(ToArray());

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
