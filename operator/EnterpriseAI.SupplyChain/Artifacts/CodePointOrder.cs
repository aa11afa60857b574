using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>Orders names by Unicode code points, which ordinal comparison of UTF-16 does not do beyond U+FFFF.</summary>
internal sealed class CodePointOrder : IComparer<string>
{
    public static CodePointOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        // UTF-8 sorts bytewise as its code points sort.
        ReadOnlySpan<byte> left = Encoding.UTF8.GetBytes(x ?? ""), right = Encoding.UTF8.GetBytes(y ?? "");
        return left.SequenceCompareTo(right);
    }
}
