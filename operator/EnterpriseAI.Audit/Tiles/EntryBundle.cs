using System.Buffers.Binary;

namespace EnterpriseAI.Audit.Tiles;

/// <summary>Entries as they lie in a bundle's file: each one behind its length, a big-endian 16-bit number.</summary>
public static class EntryBundle
{
    /// <summary>The longest entry that the length can tell, 65 535 bytes.</summary>
    public const int MaxEntryBytes = ushort.MaxValue;

    private const int LengthBytes = sizeof(ushort);

    /// <summary>One entry's bytes in its bundle, without the length.</summary>
    /// <param name="Offset">Where the bytes start in the file.</param>
    /// <param name="Length">How many they are.</param>
    public readonly record struct Slot(int Offset, int Length);

    /// <summary>Writes one entry at the end.</summary>
    /// <exception cref="ArgumentException">The entry is longer than <see cref="MaxEntryBytes"/>.</exception>
    public static void Append(MemoryStream bundle, ReadOnlySpan<byte> entry)
    {
        if (entry.Length > MaxEntryBytes) throw new ArgumentException($"an entry has at most {MaxEntryBytes} bytes, not {entry.Length}", nameof(entry));
        Span<byte> length = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)entry.Length);
        bundle.Write(length);
        bundle.Write(entry);
    }

    /// <summary>Where up to <paramref name="count"/> entries lie, and where the last one ends.</summary>
    /// <remarks>Fewer slots than asked for, or an end short of the file's, mean a damaged file. Never throws.</remarks>
    public static (IReadOnlyList<Slot> Slots, int End) Locate(ReadOnlySpan<byte> bundle, int count)
    {
        var slots = new List<Slot>(count);
        var position = 0;
        while (slots.Count < count && position + LengthBytes <= bundle.Length)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle[position..]);
            if (position + LengthBytes + length > bundle.Length) break;
            slots.Add(new Slot(position + LengthBytes, length));
            position += LengthBytes + length;
        }
        return (slots, position);
    }
}
