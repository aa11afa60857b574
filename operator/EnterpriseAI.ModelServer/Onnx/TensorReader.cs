using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>A tensor of a model, without its data.</summary>
/// <param name="Name">Empty for the value of an attribute.</param>
/// <param name="Type">The number of its element type.</param>
/// <param name="Elements">How many it declares.</param>
/// <param name="Numbers">Its elements where it is a short list of whole numbers, as shapes are.</param>
/// <param name="External">Where its data lies; null when it is in the file.</param>
internal readonly record struct TensorInfo(string Name, int Type, long Elements, long[]? Numbers, OnnxExternalTensor? External);

/// <summary>Reads <c>TensorProto</c>: what it declares, how much data it brings, and not the data.</summary>
internal static class TensorReader
{
    // A shape has no more dimensions than this; longer lists are data.
    private const int MaxNumbers = 32;

    /// <param name="message">The tensor.</param>
    /// <param name="isWeight">True for one of the main graph's own.</param>
    /// <param name="limits">Bounds.</param>
    /// <exception cref="OnnxInspectionException">It is not well-formed, or declares more than it brings.</exception>
    public static TensorInfo Read(ReadOnlySpan<byte> message, bool isWeight, OnnxLimits limits)
    {
        var dimensions = new List<long>();
        var name = "";
        int type = 0;
        bool isElsewhere = false, hasRaw = false;
        long held = 0;
        List<long>? numbers = null;
        ReadOnlySpan<byte> raw = default;
        string? location = null, offset = null, length = null;
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            switch (reader.Field, reader.Wire)
            {
                case (1, WireType.Number):
                    dimensions.Add(reader.Number);
                    break;
                case (1, WireType.Bytes):
                    for (var rest = reader.Content; !rest.IsEmpty && dimensions.Count <= limits.MaxDimensions;)
                        dimensions.Add((long)ProtobufReader.Varint(ref rest));
                    break;
                case (2, WireType.Number):
                    type = (int)Math.Clamp(reader.Number, 0, int.MaxValue);
                    break;
                case (8, WireType.Bytes):
                    name = OnnxText.Name(reader.Content, "tensor", limits);
                    break;
                case (9, WireType.Bytes):
                    raw = reader.Content;
                    hasRaw = true;
                    break;
                // An element of a list of numbers is a byte at least; of one of floating point just as long as its type.
                case (4 or 5 or 7 or 10 or 11, WireType.Bytes):
                    held += reader.Field switch { 4 => reader.Content.Length / 4, 10 => reader.Content.Length / 8, _ => reader.Content.Length };
                    for (var rest = reader.Field == 7 ? reader.Content : default; !rest.IsEmpty && (numbers ??= []).Count < MaxNumbers;)
                        numbers.Add((long)ProtobufReader.Varint(ref rest));
                    break;
                case (4 or 5 or 6 or 7 or 10 or 11, _):
                    held++;
                    if (reader.Field == 7 && (numbers ??= []).Count < MaxNumbers)
                        numbers.Add(reader.Number);
                    break;
                case (13, WireType.Bytes):
                    Entry(reader.Content, limits, ref location, ref offset, ref length);
                    break;
                case (14, WireType.Number):
                    isElsewhere = reader.Number == 1;
                    break;
            }
            if (dimensions.Count > limits.MaxDimensions)
                throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has a tensor '{name}' of more than {limits.MaxDimensions} dimensions");
        }
        if (TensorSizes.ElementsOf([.. dimensions]) is not { } elements)
            throw new OnnxInspectionException(OnnxProblem.Malformed, $"its tensor '{name}' has a negative dimension");
        if (location is not null || isElsewhere)
            return new TensorInfo(name, type, elements, null, External(name, location, offset, length, TensorSizes.BytesOf(type, elements), isWeight));
        // A raw type that is not known here is for ONNX Runtime to judge.
        var bits = TensorSizes.BitsOf(type);
        var brought = !hasRaw ? held * PerHeld(bits) : bits > 0 ? raw.Length * 8L / bits : long.MaxValue;
        if (elements > brought)
            throw new OnnxInspectionException(OnnxProblem.DataMissing, $"its tensor '{name}' declares {elements} elements but brings data for {brought}");
        return new TensorInfo(name, type, elements, type == TensorSizes.Int64 && elements <= MaxNumbers ? Numbers(raw, hasRaw, numbers, (int)elements) : null, null);
    }

    /// <summary>How many elements lie in one entry of the list that the type's elements are in.</summary>
    private static int PerHeld(int bits) => bits switch
    {
        2 => 4,
        4 => 2,
        _ => 1,
    };

    private static long[]? Numbers(ReadOnlySpan<byte> raw, bool hasRaw, List<long>? listed, int count)
    {
        if (!hasRaw)
            return (listed?.Count ?? 0) >= count ? [.. (listed ?? []).Take(count)] : null;
        var numbers = new long[count];
        for (var index = 0; index < count; index++)
            numbers[index] = BinaryPrimitives.ReadInt64LittleEndian(raw[(8 * index)..]);
        return numbers;
    }

    private static void Entry(ReadOnlySpan<byte> message, OnnxLimits limits, ref string? location, ref string? offset, ref string? length)
    {
        ReadOnlySpan<byte> key = default, value = default;
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Holds(1))
                key = reader.Content;
            else if (reader.Holds(2))
                value = reader.Content;
        }
        if (key.SequenceEqual("location"u8))
            location = OnnxText.Name(value, "location", limits);
        else if (key.SequenceEqual("offset"u8))
            offset = OnnxText.Name(value, "offset", limits);
        else if (key.SequenceEqual("length"u8))
            length = OnnxText.Name(value, "length", limits);
    }

    private static OnnxExternalTensor External(string name, string? location, string? offset, string? length, long? needed, bool isWeight)
    {
        if (location is null)
            throw new OnnxInspectionException(OnnxProblem.ExternalData, $"its tensor '{name}' has its data elsewhere and does not say where");
        return new OnnxExternalTensor(name, location, Number(offset, "offset") ?? 0, Number(length, "length"), needed, isWeight);

        long? Number(string? text, string what) => text is null ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new OnnxInspectionException(OnnxProblem.ExternalData, $"its tensor '{name}' has the {what} '{text}' in '{location}', which is no whole number");
    }
}

/// <summary>Texts of a model, bounded before they are copied.</summary>
internal static class OnnxText
{
    private const int MaxShown = 200;

    /// <exception cref="OnnxInspectionException">It is too long.</exception>
    public static string Name(ReadOnlySpan<byte> bytes, string what, OnnxLimits limits) => bytes.Length <= limits.MaxNameBytes
        ? Encoding.UTF8.GetString(bytes)
        : throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has the name of a {what} of {bytes.Length} bytes, more than {limits.MaxNameBytes}: '{Encoding.UTF8.GetString(bytes[..MaxShown])}…'");
}
