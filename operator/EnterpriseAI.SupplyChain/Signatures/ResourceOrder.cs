using System.Globalization;

namespace EnterpriseAI.SupplyChain;

/// <summary>The two orders that signed names come in, each without a name twice.</summary>
/// <remarks>
/// The specification orders by the code points of the whole name. The reference tool orders folder by folder, and ranges of a file
/// by their numbers, which differs as soon as a name holds a character below '/', or a range begins with more digits than another.
/// </remarks>
internal static class ResourceOrder
{
    /// <summary>The first name that breaks both orders; null when one of them holds throughout.</summary>
    public static string? FirstOutOfOrder(IReadOnlyList<ResourceJson> resources)
    {
        string? byCodePoints = null, byFolders = null;
        for (var i = 1; i < resources.Count; i++)
        {
            var (previous, name) = (resources[i - 1].Name, resources[i].Name);
            if (CodePointOrder.Instance.Compare(previous, name) >= 0)
                byCodePoints ??= name;
            if (CompareByFolders(previous, name) >= 0)
                byFolders ??= name;
        }
        return byCodePoints is null || byFolders is null ? null : byCodePoints;
    }

    private static int CompareByFolders(string x, string y)
    {
        var (left, leftRange) = Split(x);
        var (right, rightRange) = Split(y);
        string[] leftSegments = left.Split('/'), rightSegments = right.Split('/');
        foreach (var (one, other) in leftSegments.Zip(rightSegments))
            if (CodePointOrder.Instance.Compare(one, other) is not 0 and var order)
                return order;
        return leftSegments.Length != rightSegments.Length ? leftSegments.Length - rightSegments.Length : leftRange.CompareTo(rightRange);
    }

    private static (string File, (ulong Start, ulong End) Range) Split(string name) =>
        name.Split(':') is [.. var file, var start, var end] && file.Length > 0
            && ulong.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var first) && ulong.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                ? (string.Join(':', file), (first, last)) : (name, default);
}
