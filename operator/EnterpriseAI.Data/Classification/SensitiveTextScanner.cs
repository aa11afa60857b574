using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Data.Classification;

/// <param name="Entity">Such as <c>EmailAddress</c>; see <see cref="SensitiveTextScanner"/>.</param>
/// <param name="Start">Offset in the text.</param>
/// <param name="Length">In characters.</param>
/// <param name="Confidence">Between 0 and 1, of this match alone.</param>
public sealed record SensitiveMatch(string Entity, int Start, int Length, double Confidence);

/// <summary>
/// Finds sensitive values inside text by their shape and, where they have one, their check digits: EmailAddress,
/// CreditCardNumber, Iban, SocialSecurityNumber, IpAddress, MacAddress, PhoneNumber.
/// </summary>
/// <remarks>Caveats: names, addresses and dates of persons cannot be told from other text this way and are not found.</remarks>
public static partial class SensitiveTextScanner
{
    private const int MaxLength = 100_000;

    private static readonly Recognizer[] Recognizers =
    [
        // In this order: what an earlier one matched, a later one does not match again.
        new("EmailAddress", () => Email, (_, match) => match.Length, 0.99),
        new("Iban", () => IbanShape, (_, match) => Checksums.Iban(match), 0.99),
        new("CreditCardNumber", () => Card, (_, match) => Checksums.PaymentCard(match) ? match.Length : 0, 0.95),
        new("IpAddress", () => V4, (_, match) => match.Length, 0.9),
        new("MacAddress", () => Mac, (_, match) => match.Length, 0.9),
        new("IpAddress", () => V6, (_, match) => IsV6(match) ? match.Length : 0, 0.9),
        new("SocialSecurityNumber", () => Ssn, (_, match) => Checksums.SocialSecurityNumber(match) ? match.Length : 0, 0.9),
        new("PhoneNumber", () => Phone, PhoneLength, 0.7),
    ];

    /// <summary>The matches in <paramref name="text"/>, none overlapping another, by position. Looks at the first 100,000 characters.</summary>
    public static IReadOnlyList<SensitiveMatch> Scan(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var span = text.AsSpan(0, Math.Min(text.Length, MaxLength));
        var found = new List<SensitiveMatch>();
        foreach (var recognizer in Recognizers)
        {
            foreach (var match in recognizer.Shape().EnumerateMatches(span))
            {
                var length = recognizer.AcceptedLength(span[..match.Index], span.Slice(match.Index, match.Length));
                if (length == 0) continue;
                var start = match.Index;
                if (!found.Exists(f => start < f.Start + f.Length && f.Start < start + length))
                    found.Add(new SensitiveMatch(recognizer.Entity, start, length, recognizer.Confidence));
            }
        }

        found.Sort((a, b) => a.Start.CompareTo(b.Start));
        return found;
    }

    private static bool IsV6(ReadOnlySpan<char> text) =>
        text.Count(':') >= 2 && text.ContainsAny("0123456789") && IPAddress.TryParse(text, out var address)
        && address.AddressFamily == AddressFamily.InterNetworkV6;

    private static int PhoneLength(ReadOnlySpan<char> before, ReadOnlySpan<char> match)
    {
        var number = match;
        var extension = match.IndexOfAny('x', 'e');
        if (extension >= 0) number = match[..extension].TrimEnd(' ');
        var digits = 0;
        foreach (var c in number) if (char.IsAsciiDigit(c)) digits++;
        if (digits is < 7 or > 15 || before.EndsWith("#") || Date.IsMatch(number)) return 0;
        // Two numbers apart by one space are as likely a house number and another: a trunk or country prefix must say more.
        var marked = number[0] is '0' or '+' or '(';
        return marked || number.Count(' ') != 1 || number.ContainsAny("-.") ? match.Length : 0;
    }

    private delegate int AcceptedLength(ReadOnlySpan<char> before, ReadOnlySpan<char> match);

    private sealed record Recognizer(string Entity, Func<Regex> Shape, AcceptedLength AcceptedLength, double Confidence);

    [GeneratedRegex(@"(?<![\w.+%-])[A-Za-z0-9](?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_%+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])")]
    private static partial Regex Email { get; }

    [GeneratedRegex(@"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,34}")]
    private static partial Regex IbanShape { get; }

    [GeneratedRegex(@"(?<![\d.-])\d(?:[ -]?\d){11,18}(?![\d-])")]
    private static partial Regex Card { get; }

    [GeneratedRegex(@"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)")]
    private static partial Regex V4 { get; }

    [GeneratedRegex(@"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])")]
    private static partial Regex V6 { get; }

    [GeneratedRegex(@"(?<![\w:-])[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})(?![\w:-])")]
    private static partial Regex Mac { get; }

    [GeneratedRegex(@"(?<![\w-])\d{3}([- ])\d{2}\1\d{4}(?![\w-])")]
    private static partial Regex Ssn { get; }

    // A group of digits, then at least one more behind a separator; or an unbroken number behind '+'.
    [GeneratedRegex(@"(?<![\w.,/])(?:(?:\+|00)\d{1,3}[ .-]?)?(?:\(\+?\d{1,5}\)[ .-]?)?\d{1,5}(?:[ .-]\d{2,8}){1,4}(?: ?(?:x|ext\.? ?)\d{1,6})?(?![\w/]|[.,-]\d)|(?<![\w.])\+\d{7,15}(?!\w)|(?<![\w.])\(\d{3}\) ?\d{7}(?!\w)|(?<![\w.,/-])0?[1-9]\d{9}(?![\w/]|[.,-]\d)")]
    private static partial Regex Phone { get; }

    [GeneratedRegex(@"\A(?:(?:19|20)\d{2}[-. ]\d{1,2}[-. ]\d{1,2}|\d{1,2}[-. ]\d{1,2}[-. ](?:19|20)\d{2}|(?:19|20)\d{2}[- ](?:19|20)\d{2})")]
    private static partial Regex Date { get; }
}
