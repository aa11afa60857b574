using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EnterpriseAI.Api;

/// <summary>A set of exit codes, written as numbers and ranges: <c>1-127</c> or <c>1,3,64-78</c>.</summary>
public sealed class ExitCodeSet
{
    private readonly IReadOnlyList<(int From, int To)> _ranges;

    private ExitCodeSet(IReadOnlyList<(int From, int To)> ranges) => _ranges = ranges;

    /// <summary>The set without any code.</summary>
    public static ExitCodeSet Empty { get; } = new([]);

    /// <summary>Reads a set without throwing.</summary>
    /// <param name="text">The text; null for the empty set.</param>
    /// <param name="set">The set, when the result is true.</param>
    /// <param name="error">What is wrong and what is allowed, when the result is false.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ExitCodeSet? set, [NotNullWhen(false)] out string? error)
    {
        error = null;
        set = Empty;
        if (text is null)
            return true;
        var ranges = new List<(int, int)>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || Code(ends[0]) is not { } from || Code(ends[^1]) is not { } to || from > to)
            {
                set = null;
                error = $"'{part}' is not allowed: use numbers and ascending ranges from 1 to 255, such as 1-127 or 1,3,64-78";
                return false;
            }

            ranges.Add((from, to));
        }

        set = new ExitCodeSet(ranges);
        return true;
    }

    /// <summary>True when the code is in the set.</summary>
    public bool Contains(int code) => _ranges.Any(range => code >= range.From && code <= range.To);

    private static int? Code(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 1 and <= 255 ? code : null;
}
