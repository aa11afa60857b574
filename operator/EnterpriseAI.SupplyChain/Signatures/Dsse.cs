using System.Globalization;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>The Dead Simple Signing Envelope: what is really signed is the pre-authentication encoding of type and payload.</summary>
internal static class Dsse
{
    public static byte[] PreAuthenticationEncoding(string payloadType, ReadOnlySpan<byte> payload)
    {
        var typeBytes = Encoding.UTF8.GetByteCount(payloadType).ToString(CultureInfo.InvariantCulture);
        var payloadBytes = payload.Length.ToString(CultureInfo.InvariantCulture);
        return [.. Encoding.UTF8.GetBytes($"DSSEv1 {typeBytes} {payloadType} {payloadBytes} "), .. payload];
    }
}
