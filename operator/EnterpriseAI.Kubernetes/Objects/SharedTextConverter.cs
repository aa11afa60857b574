using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>
/// Reads short texts so that equal ones are mostly one string: the objects in a cache repeat the same kinds, namespaces, label names,
/// condition types and reasons thousands of times, and so do the events of a watch.
/// </summary>
/// <remarks>
/// Guarantees: what is read is what was written. The table is of fixed size and forgets: a text that is rare costs what it always did.
/// Safe for several threads: an entry is one reference, and whoever takes it compares it with what it reads.
/// </remarks>
public sealed class SharedTextConverter : JsonConverter<string>
{
    // Longer texts are seldom the same; UIDs, of 36 characters, never are, and would push the others out.
    private const int MaxBytes = 32;
    private const int Entries = 4096;

    private static readonly string?[] Table = new string?[Entries];

    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : ReadText(ref reader);

    /// <inheritdoc/>
    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadText(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    /// <summary>The text or property name at which <paramref name="reader"/> stands, for converters of what is written as a text.</summary>
    public static string ReadText(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan is not { Length: > 0 and <= MaxBytes } bytes)
            return reader.GetString()!;
        ref var entry = ref Table[Slot(bytes)];
        if (entry is { } known && Ascii.Equals(bytes, known))
            return known;
        return entry = reader.GetString()!;
    }

    /// <summary>From the length and the first and last eight bytes: enough to tell names apart, and no loop.</summary>
    private static int Slot(ReadOnlySpan<byte> bytes)
    {
        Span<byte> ends = stackalloc byte[16];
        ends.Clear();
        bytes[..Math.Min(8, bytes.Length)].CopyTo(ends);
        bytes[^Math.Min(8, bytes.Length)..].CopyTo(ends[8..]);
        var hash = (BinaryPrimitives.ReadUInt64LittleEndian(ends) * 0x9E3779B97F4A7C15) ^ (BinaryPrimitives.ReadUInt64LittleEndian(ends[8..]) * 0xC2B2AE3D27D4EB4F) ^ ((ulong)bytes.Length << 56);
        return (int)((hash ^ (hash >> 29)) * 0x9E3779B97F4A7C15 >> 52);
    }
}
