using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Api;

/// <summary>
/// Reads a map of strings in which values may be bare numbers, as in <c>limits: {nvidia.com/gpu: 2}</c>. The API server
/// makes them strings in a pod, but hands a pod template inside of a custom resource out as it was written.
/// </summary>
public sealed class QuantityMapConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an object with strings as values is expected");
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            map[key] = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.Number => NumberText(ref reader),
                _ => throw new JsonException($"the value of '{key}' must be a string or a number"),
            };
        }

        return map;
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
