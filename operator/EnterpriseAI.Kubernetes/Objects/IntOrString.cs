using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>A number or a name, such as a port, or a percentage.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    public IntOrString(int value) => Number = value;

    public IntOrString(string value) => Text = value;

    /// <summary>The number; null when it is a text.</summary>
    public int? Number { get; }

    /// <summary>The text; null when it is a number.</summary>
    public string? Text { get; }

    public static implicit operator IntOrString(int value) => new(value);

    public static implicit operator IntOrString(string value) => new(value);

    public override string ToString() => Text ?? Number.GetValueOrDefault().ToString(CultureInfo.InvariantCulture);
}

/// <summary>Writes <see cref="IntOrString"/> as a JSON number or string.</summary>
public sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number ? reader.GetInt32() : reader.GetString() ?? "";

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Text is { } text)
            writer.WriteStringValue(text);
        else
            writer.WriteNumberValue(value.Number.GetValueOrDefault());
    }
}
