namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>Reads one element of a <c>data</c> array. One type per datatype, so that the loop over an array is compiled for each.</summary>
internal interface IElementParser<T> where T : unmanaged
{
    /// <returns>False, with <paramref name="at"/> undefined, when there is no such element.</returns>
    static abstract bool TryParse(ReadOnlySpan<byte> json, ref int at, out T value);
}

internal readonly struct SingleParser : IElementParser<float>
{
    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out float value) =>
        json[at] == '"' ? NamedNumber.TryParse(json, ref at, out value) : JsonNumber.TryReadSingle(json, ref at, out value);
}

internal readonly struct DoubleParser : IElementParser<double>
{
    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out double value)
    {
        if (json[at] != '"')
            return JsonNumber.TryReadDouble(json, ref at, out value);
        var valid = NamedNumber.TryParse(json, ref at, out var named);
        value = named;
        return valid;
    }
}

internal readonly struct HalfParser : IElementParser<Half>
{
    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out Half value)
    {
        var valid = DoubleParser.TryParse(json, ref at, out var wide);
        value = (Half)wide;
        return valid && (Half.IsFinite(value) || !double.IsFinite(wide));
    }
}

/// <summary>.NET has no such type: its bits are the upper half of a float's.</summary>
internal readonly struct BrainFloatParser : IElementParser<ushort>
{
    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out ushort value)
    {
        var valid = SingleParser.TryParse(json, ref at, out var single);
        value = BrainFloat.Of(single);
        return valid && (float.IsFinite(BrainFloat.ToSingle(value)) || !float.IsFinite(single));
    }
}

internal readonly struct BooleanParser : IElementParser<bool>
{
    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out bool value)
    {
        value = json[at..].StartsWith("true"u8);
        var valid = value || json[at..].StartsWith("false"u8);
        at += value ? 4 : 5;
        return valid;
    }
}

/// <summary>Whole numbers of every width, each within its own bounds.</summary>
internal readonly struct IntegerParser<T> : IElementParser<T> where T : unmanaged, System.Numerics.IBinaryInteger<T>, System.Numerics.IMinMaxValue<T>
{
    private static readonly ulong Largest = ulong.CreateTruncating(T.MaxValue);
    private static readonly ulong LargestNegative = T.MinValue == T.Zero ? 0 : Largest + 1;

    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out T value)
    {
        var valid = JsonNumber.TryReadInteger(json, ref at, out var magnitude, out var negative) && magnitude <= (negative ? LargestNegative : Largest);
        value = T.CreateTruncating(negative ? unchecked(0 - magnitude) : magnitude);
        return valid;
    }
}

/// <summary>JSON has no such numbers, so they are written as strings.</summary>
internal static class NamedNumber
{
    public static ReadOnlySpan<byte> NaN => "\"NaN\""u8;

    public static ReadOnlySpan<byte> Infinity => "\"Infinity\""u8;

    public static ReadOnlySpan<byte> NegativeInfinity => "\"-Infinity\""u8;

    public static bool TryParse(ReadOnlySpan<byte> json, ref int at, out float value) =>
        Is(NaN, float.NaN, json, ref at, out value) || Is(Infinity, float.PositiveInfinity, json, ref at, out value) || Is(NegativeInfinity, float.NegativeInfinity, json, ref at, out value);

    private static bool Is(ReadOnlySpan<byte> name, float meaning, ReadOnlySpan<byte> json, ref int at, out float value)
    {
        value = meaning;
        if (!json[at..].StartsWith(name))
            return false;
        at += name.Length;
        return true;
    }
}
