using System.Globalization;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>The Dead Simple Signing Envelope: what is really signed is the pre-authentication encoding of type and payload.</summary>
internal static class Dsse
{
    public static byte[] PreAuthenticationEncoding(string payloadType, ReadOnlySpan<byte> payload) =>
        [.. Encoding.UTF8.GetBytes($"DSSEv1 {Lengths(payloadType, payload)} "), .. payload];

    /// <summary>What the first release of the model signing tool signed instead: the payload as Python prints bytes.</summary>
    /// <remarks>Begins with another letter than <see cref="PreAuthenticationEncoding"/>, so no signature can be one over both.</remarks>
    public static byte[] PythonEncoding(string payloadType, ReadOnlySpan<byte> payload) =>
        Encoding.UTF8.GetBytes($"DSSEV1 {Lengths(payloadType, payload)} {PythonText(payload)}");

    private static string Lengths(string payloadType, ReadOnlySpan<byte> payload) => string.Create(CultureInfo.InvariantCulture,
        $"{Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length}");

    private static string PythonText(ReadOnlySpan<byte> bytes)
    {
        var quote = bytes.Contains((byte)'\'') && !bytes.Contains((byte)'"') ? '"' : '\'';
        var text = new StringBuilder(bytes.Length + 16).Append('b').Append(quote);
        foreach (var value in bytes)
        {
            _ = value switch
            {
                (byte)'\t' => text.Append("\\t"),
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\\' => text.Append("\\\\"),
                _ when value == quote => text.Append('\\').Append(quote),
                >= 0x20 and < 0x7F => text.Append((char)value),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
            };
        }
        return text.Append(quote).ToString();
    }
}
