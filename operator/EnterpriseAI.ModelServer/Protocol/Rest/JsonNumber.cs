using System.Globalization;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>Reads one JSON number from UTF-8 text, by the grammar of RFC 8259 and rounded as IEEE 754 wants it.</summary>
internal static class JsonNumber
{
    // A mantissa up to 2^53 and a power of ten up to 10^22 are both exact in a double, so one multiplication or division rounds once.
    private const ulong MaxExactMantissa = 1UL << 53;
    private const int MaxExactPower = 22;
    private const int MaxMantissaDigits = 19;

    private static readonly double[] PowersOfTen =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads a whole number; one with a fraction or an exponent is none, even when its value is whole.</summary>
    /// <returns>False, with <paramref name="at"/> undefined, when there is none or it needs more than 64 bits.</returns>
    public static bool TryReadInteger(ReadOnlySpan<byte> text, ref int at, out ulong magnitude, out bool negative)
    {
        magnitude = 0;
        negative = at < text.Length && text[at] == '-';
        if (negative)
            at++;
        var start = at;
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (magnitude > (ulong.MaxValue - digit) / 10)
                return false;
            magnitude = magnitude * 10 + digit;
        }
        return IsWhole(text, start, at) && (at == text.Length || text[at] is not ((byte)'.' or (byte)'e' or (byte)'E'));
    }

    /// <summary>Reads any number as the nearest double.</summary>
    /// <returns>False, with <paramref name="at"/> undefined, when there is none or it is beyond what a double holds.</returns>
    public static bool TryReadDouble(ReadOnlySpan<byte> text, ref int at, out double value) => TryRead(text, ref at, out value, out _);

    /// <summary>Reads any number as the nearest float.</summary>
    /// <returns>False, with <paramref name="at"/> undefined, when there is none or it is beyond what a float holds.</returns>
    public static bool TryReadSingle(ReadOnlySpan<byte> text, ref int at, out float value)
    {
        var start = at;
        if (!TryRead(text, ref at, out var wide, out var exact))
        {
            value = 0;
            return false;
        }
        value = (float)wide;
        // Rounding twice is wrong only where the first rounding ended halfway between two floats, or among the subnormal ones.
        if (!exact && ((BitConverter.DoubleToInt64Bits(wide) & 0x1FFF_FFFF) == 0x1000_0000 || Math.Abs(wide) < 1.1754943508222875e-38))
            value = float.Parse(text[start..at], NumberStyles.Float, CultureInfo.InvariantCulture);
        return float.IsFinite(value);
    }

    /// <param name="text">What is read from.</param>
    /// <param name="at">Where the number begins, and afterwards where it has ended.</param>
    /// <param name="value">The nearest double.</param>
    /// <param name="exact">Whether it is the very number that was written.</param>
    private static bool TryRead(ReadOnlySpan<byte> text, ref int at, out double value, out bool exact)
    {
        value = 0;
        exact = false;
        var start = at;
        var negative = at < text.Length && text[at] == '-';
        if (negative)
            at++;
        var mantissa = 0UL;
        var first = at;
        at = Digits(text, at, ref mantissa);
        if (!IsWhole(text, first, at))
            return false;
        var digits = at - first;
        var exponent = 0;
        if (at < text.Length && text[at] == '.')
        {
            first = ++at;
            at = Digits(text, at, ref mantissa);
            if (at == first)
                return false;
            exponent = first - at;
            digits += at - first;
        }
        if (at < text.Length && text[at] is (byte)'e' or (byte)'E' && !TryReadExponent(text, ref at, ref exponent))
            return false;
        if (digits <= MaxMantissaDigits && mantissa <= MaxExactMantissa && exponent is >= -MaxExactPower and <= MaxExactPower)
        {
            value = exponent < 0 ? mantissa / PowersOfTen[-exponent] : mantissa * PowersOfTen[exponent];
            exact = exponent == 0;
            if (negative)
                value = -value;
            return true;
        }
        return double.TryParse(text[start..at], NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static int Digits(ReadOnlySpan<byte> text, int at, ref ulong mantissa)
    {
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            mantissa = unchecked(mantissa * 10 + (uint)(text[at] - '0'));
        return at;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> text, ref int at, ref int exponent)
    {
        at++;
        var negative = at < text.Length && text[at] == '-';
        if (negative || at < text.Length && text[at] == '+')
            at++;
        var first = at;
        var power = 0;
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            power = Math.Min(power * 10 + (text[at] - '0'), 100_000);
        exponent += negative ? -power : power;
        return at > first;
    }

    /// <summary>At least one digit, and no zero before others.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> text, int start, int end) => end > start && (text[start] != '0' || end == start + 1);
}
