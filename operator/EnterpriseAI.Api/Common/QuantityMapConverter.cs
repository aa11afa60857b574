using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// Reads a map of strings in which values may be bare numbers, as in <c>limits: {nvidia.com/gpu: 2}</c>. The API server
/// makes them strings in a pod, but hands a pod template inside of a custom resource out as it was written.
/// </summary>
/// <remarks>Equal small maps are mostly one object: thousands of templates ask for the same resources and bear the same labels.</remarks>
public sealed class QuantityMapConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    // As SharedTextConverter does with texts: of fixed size, and it forgets.
    private const int MostShared = 8, Entries = 1024;
    private static readonly Dictionary<string, string>?[] Table = new Dictionary<string, string>?[Entries];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an object with strings as values is expected");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = SharedTextConverter.ReadText(ref reader);
            reader.Read();
            map[key] = reader.TokenType switch
            {
                JsonTokenType.String => SharedTextConverter.ReadText(ref reader),
                JsonTokenType.Number => NumberText(ref reader),
                _ => throw new JsonException($"the value of '{key}' must be a string or a number"),
            };
        }

        return map.Count is > 0 and <= MostShared ? Shared(map) : map;
    }

    private static Dictionary<string, string> Shared(Dictionary<string, string> map)
    {
        var hash = 0;
        foreach (var (key, value) in map)
            hash += HashCode.Combine(key, value);
        ref var entry = ref Table[(uint)hash % Entries];
        if (entry is { } known && AreEqual(known, map))
            return known;
        return entry = map;
    }

    private static bool AreEqual(Dictionary<string, string> one, Dictionary<string, string> other)
    {
        if (one.Count != other.Count)
            return false;
        foreach (var (key, value) in one)
        {
            if (!other.TryGetValue(key, out var otherValue) || value != otherValue)
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (key, text) in value)
            writer.WriteString(key, text);
        writer.WriteEndObject();
    }

    private static string NumberText(ref Utf8JsonReader reader)
    {
        using var number = JsonDocument.ParseValue(ref reader);
        return number.RootElement.GetRawText();
    }
}
