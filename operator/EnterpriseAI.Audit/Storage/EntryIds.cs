namespace EnterpriseAI.Audit.Storage;

/// <summary>Which ids the log holds, and where: an index in memory, kept in a file so that a start need not read every entry.</summary>
/// <remarks>
/// The file holds 32 bytes per entry, in order. It says nothing that the entries do not say: it is made anew when it is short.
/// Caveats: about 80 bytes of memory per entry.
/// </remarks>
internal sealed class EntryIds
{
    public const string FileName = "ids";

    private readonly Dictionary<Hash256, long> _indexes = [];

    public bool TryGetIndex(Hash256 id, out long index) => _indexes.TryGetValue(id, out index);

    public void Add(Hash256 id, long index) => _indexes.Add(id, index);

    /// <summary>The index of the first <paramref name="size"/> entries, or null when the file does not hold as many different ids.</summary>
    public static EntryIds? Load(ReadOnlySpan<byte> file, long size)
    {
        if (file.Length / Hash256.Size < size) return null;
        var ids = new EntryIds();
        for (var i = 0; i < size; i++)
            if (!ids._indexes.TryAdd(Hash256.Read(file[(i * Hash256.Size)..]), i)) return null;
        return ids;
    }

    public static byte[] Encode(IReadOnlyList<Hash256> ids)
    {
        var bytes = new byte[ids.Count * Hash256.Size];
        for (var i = 0; i < ids.Count; i++) ids[i].CopyTo(bytes.AsSpan(i * Hash256.Size));
        return bytes;
    }
}
