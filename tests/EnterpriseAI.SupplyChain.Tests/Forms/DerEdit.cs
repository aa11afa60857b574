namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>Changes one place of a DER value and writes every length around it anew.</summary>
internal static class DerEdit
{
    /// <summary>A value of no meaning, to stand where nothing may stand.</summary>
    public static readonly byte[] Null = [5, 0];

    /// <summary>Changes the content of the value that a path of child numbers leads to; an octet or bit string counts as what is wrapped in it.</summary>
    public static byte[] Change(ReadOnlySpan<byte> der, ReadOnlySpan<int> path, Func<byte[], byte[]> change)
    {
        var (tag, content) = (der[0], Content(der).ToArray());
        if (path.IsEmpty)
            return Value(tag, change(content));
        var before = tag is 0x03 ? 1 : 0;
        var children = Split(content[before..]);
        children[path[0]] = Change(children[path[0]], path[1..], change);
        return Value(tag, [.. content[..before], .. children.SelectMany(static child => child)]);
    }

    /// <summary>Puts something after all that a value has.</summary>
    public static byte[] Append(ReadOnlySpan<byte> der, ReadOnlySpan<int> path, params byte[] more) => Change(der, path, content => [.. content, .. more]);

    public static byte[] Value(byte tag, byte[] content) =>
    [
        tag,
        .. content.Length switch
        {
            < 0x80 => (byte[])[(byte)content.Length],
            <= 0xFF => [0x81, (byte)content.Length],
            <= 0xFFFF => [0x82, (byte)(content.Length >> 8), (byte)content.Length],
            _ => [0x83, (byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length],
        },
        .. content,
    ];

    public static List<byte[]> Split(ReadOnlySpan<byte> content)
    {
        var values = new List<byte[]>();
        while (!content.IsEmpty)
        {
            var (header, length) = Header(content);
            values.Add(content[..(header + length)].ToArray());
            content = content[(header + length)..];
        }
        return values;
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> der)
    {
        var (header, length) = Header(der);
        return der.Slice(header, length);
    }

    private static (int Header, int Length) Header(ReadOnlySpan<byte> der)
    {
        if (der[1] < 0x80)
            return (2, der[1]);
        var (bytes, length) = (der[1] & 0x7F, 0);
        foreach (var part in der.Slice(2, bytes))
            length = (length << 8) | part;
        return (2 + bytes, length);
    }
}
