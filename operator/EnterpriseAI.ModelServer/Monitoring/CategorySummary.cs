namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>
/// How a feature of texts is spread over hash buckets. The texts themselves are not kept: they may be personal data, and the shares of
/// the buckets show a change of the distribution as well. Not safe for several threads.
/// </summary>
internal sealed class CategorySummary
{
    public const int BucketCount = 256;

    private readonly long[] _buckets = new long[BucketCount];

    public long Count { get; private set; }

    public long Empty { get; private set; }

    public IReadOnlyList<long> Buckets => _buckets;

    public void Add(ReadOnlySpan<byte> utf8)
    {
        Count++;
        if (utf8.IsEmpty)
            Empty++;
        _buckets[BucketOf(utf8)]++;
    }

    /// <summary>The lowest byte of the 64-bit FNV-1a hash, folded: the same in every process and every version.</summary>
    public static int BucketOf(ReadOnlySpan<byte> utf8)
    {
        var hash = 14695981039346656037UL;
        foreach (var part in utf8)
            hash = unchecked((hash ^ part) * 1099511628211UL);
        hash ^= hash >> 32;
        hash ^= hash >> 16;
        return (int)((hash ^ hash >> 8) & (BucketCount - 1));
    }
}
