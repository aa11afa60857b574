using System.Globalization;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Data;

/// <summary>Durations as the API writes them: <c>30s</c>, <c>1h30m</c>, <c>24h</c>, <c>7d</c>, <c>1y</c>.</summary>
internal static partial class DurationText
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (!Shape.IsMatch(text)) return false;
        var seconds = 0.0;
        foreach (var part in Part.EnumerateMatches(text))
        {
            var token = text.AsSpan(part.Index, part.Length);
            var digits = token.TrimEnd("hdmsy");
            seconds += double.Parse(digits, CultureInfo.InvariantCulture) * token[digits.Length..] switch
            {
                "ms" => 0.001,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 86_400,
                _ => 365 * 86_400.0,
            };
        }

        if (seconds > TimeSpan.MaxValue.TotalSeconds / 2) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    [GeneratedRegex(@"\A(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[smhdy]))+\z")]
    private static partial Regex Shape { get; }

    [GeneratedRegex(@"[\d.]+[a-z]+")]
    private static partial Regex Part { get; }
}
