using System.Text.RegularExpressions;

namespace EnterpriseAI.Cli.Models;

/// <summary>Orders versions as semver.org does, oldest first; what is no semantic version comes before all that are.</summary>
/// <remarks>Guarantees: a total order; versions that differ in build metadata only are ordered by their text.</remarks>
internal sealed partial class SemanticVersionOrder : IComparer<string>
{
    public static SemanticVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (Whole().Match(x ?? ""), Whole().Match(y ?? ""));
        if (a.Success != b.Success)
            return a.Success ? 1 : -1;
        if (a.Success)
        {
            foreach (var part in (string[])["major", "minor", "patch"])
            {
                if (Numbers(a.Groups[part].Value, b.Groups[part].Value) is not 0 and var number)
                    return number;
            }
            if (PreReleases(a.Groups["pre"].Value, b.Groups["pre"].Value) is not 0 and var pre)
                return pre;
        }
        return string.CompareOrdinal(x, y);
    }

    private static int PreReleases(string a, string b)
    {
        // A release comes after everything that led to it.
        if (a.Length == 0 || b.Length == 0)
            return (a.Length == 0).CompareTo(b.Length == 0);
        var (left, right) = (a.Split('.'), b.Split('.'));
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            if (Identifiers(left[i], right[i]) is not 0 and var order)
                return order;
        }
        return left.Length.CompareTo(right.Length);
    }

    private static int Identifiers(string a, string b) => (a.All(char.IsAsciiDigit), b.All(char.IsAsciiDigit)) switch
    {
        (true, true) => Numbers(a, b),
        (true, false) => -1,
        (false, true) => 1,
        _ => string.CompareOrdinal(a, b),
    };

    // As text: a version may have more digits than any integer type.
    private static int Numbers(string a, string b)
    {
        var (left, right) = (a.TrimStart('0'), b.TrimStart('0'));
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);
    }

    [GeneratedRegex(@"\A(?<major>[0-9]+)\.(?<minor>[0-9]+)\.(?<patch>[0-9]+)(?:-(?<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
