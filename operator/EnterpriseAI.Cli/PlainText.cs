using System.Globalization;
using System.Text;

namespace EnterpriseAI.Cli;

/// <summary>Text that others wrote, made fit for a terminal.</summary>
/// <remarks>
/// Guarantees: no control character comes out, nor one that changes the order or the look of what stands around it; each is written
/// as its code, such as <c>\u001b</c>, so that a person sees that it was there.
/// </remarks>
internal static class PlainText
{
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>The text as one line: line breaks and tabs become spaces.</summary>
    public static string Line(string? text)
    {
        if (text is null || IsPlain(text))
            return text ?? "";
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.ReplaceLineEndings(" ").EnumerateRunes())
        {
            if (rune.Value == '\t')
                line.Append(' ');
            else if (IsShown(rune))
                line.Append(rune.ToString());
            else
                Escape(line, rune);
        }
        return line.ToString();
    }

    /// <summary>The text as lines of at most so many characters, broken between words where there are any.</summary>
    public static string Wrap(string? text, int width)
    {
        var rest = Line(text).AsSpan();
        var wrapped = new StringBuilder(rest.Length);
        while (rest.Length > width)
        {
            var space = rest[..(width + 1)].LastIndexOf(' ');
            var end = space > 0 ? space : char.IsHighSurrogate(rest[width - 1]) ? width - 1 : width;
            wrapped.Append(rest[..end].TrimEnd(' ')).Append('\n');
            rest = rest[end..].TrimStart(' ');
        }
        return wrapped.Append(rest).ToString();
    }

    // As JSON has it, so that JSON stays what it was.
    private static void Escape(StringBuilder line, Rune rune)
    {
        Span<char> units = stackalloc char[2];
        foreach (var unit in units[..rune.EncodeToUtf16(units)])
            line.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
    }

    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        // Two of them are letters' business in several scripts, and harmless.
        UnicodeCategory.Format => rune.Value is ZeroWidthNonJoiner or ZeroWidthJoiner,
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate => false,
        _ => true,
    };
}
