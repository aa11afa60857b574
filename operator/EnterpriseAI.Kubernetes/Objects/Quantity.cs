using System.Globalization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Reads resource quantities such as <c>100m</c>, <c>1.5</c>, <c>4Gi</c>, <c>2e3</c>.</summary>
public static class Quantity
{
    /// <summary>The value in base units: cores, bytes, pieces.</summary>
    /// <exception cref="FormatException">The text is no quantity, or too large for a <see cref="decimal"/>.</exception>
    public static decimal Parse(string text) =>
        TryParse(text, out var value)
            ? value
            : throw new FormatException($"'{text}' is no quantity: expected a number with an optional suffix such as m, k, M, Gi or e3");

    /// <summary>As <see cref="Parse"/>; false instead of an exception.</summary>
    public static bool TryParse(string? text, out decimal value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text))
            return false;
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] is '.' || (digits == 0 && text[0] is '+' or '-')))
            digits++;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(text.AsSpan(0, digits), style, CultureInfo.InvariantCulture, out var number))
            return false;
        if (Scale(text.AsSpan(digits)) is not { } scale)
            return false;
        try
        {
            value = number * scale;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    static decimal? Scale(ReadOnlySpan<char> suffix) => suffix switch
    {
        "" => 1,
        "n" => 1e-9m,
        "u" => 1e-6m,
        "m" => 1e-3m,
        "k" => 1e3m,
        "M" => 1e6m,
        "G" => 1e9m,
        "T" => 1e12m,
        "P" => 1e15m,
        "E" => 1e18m,
        "Ki" => 1024m,
        "Mi" => 1024m * 1024,
        "Gi" => 1024m * 1024 * 1024,
        "Ti" => 1024m * 1024 * 1024 * 1024,
        "Pi" => 1024m * 1024 * 1024 * 1024 * 1024,
        "Ei" => 1024m * 1024 * 1024 * 1024 * 1024 * 1024,
        ['e' or 'E', .. var exponent]
            when int.TryParse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power) => PowerOfTen(power),
        _ => null,
    };

    static decimal? PowerOfTen(int power)
    {
        if (power is < -28 or > 28)
            return null;
        var result = 1m;
        for (var i = 0; i < Math.Abs(power); i++)
            result = power > 0 ? result * 10 : result / 10;
        return result;
    }
}
