namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>16-bit numbers with the exponent of 32-bit ones: <c>BF16</c>.</summary>
internal static class BrainFloat
{
    /// <summary>The nearest one, the even one of two that are as near.</summary>
    public static ushort Of(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        // Rounding would carry a NaN over into an infinity or zero.
        return float.IsNaN(value) ? (ushort)(bits >> 16 | 0x40) : (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);
}
