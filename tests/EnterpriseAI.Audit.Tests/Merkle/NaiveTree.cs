using System.Security.Cryptography;

namespace EnterpriseAI.Audit.Tests.Merkle;

/// <summary>RFC 6962 section 2.1 word for word, on arrays: slow, obvious, and sharing nothing with the product.</summary>
internal static class NaiveTree
{
    public static byte[] Leaf(byte[] entry) => SHA256.HashData([0, .. entry]);

    public static byte[] Root(byte[][] entries)
    {
        if (entries.Length == 0) return SHA256.HashData([]);
        if (entries.Length == 1) return Leaf(entries[0]);
        var k = 1;
        while (2 * k < entries.Length) k *= 2;
        return SHA256.HashData([1, .. Root(entries[..k]), .. Root(entries[k..])]);
    }

    public static byte[][] Entries(int count) => [.. Enumerable.Range(0, count).Select(i => BitConverter.GetBytes(i))];
}
