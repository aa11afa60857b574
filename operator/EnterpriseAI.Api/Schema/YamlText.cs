using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Api.Schema;

/// <summary>Writes JSON as block-style YAML, always the same text for the same tree.</summary>
/// <remarks>Guarantees: control characters come out escaped, so that no text can move a terminal's cursor or begin a line of its own.</remarks>
public static partial class YamlText
{
    // It leaves alone what only HTML must escape; control characters it escapes all the same.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>The tree as YAML that ends with a line feed.</summary>
    public static string Of(JsonObject root)
    {
        if (root.Count == 0)
            return "{}\n";
        var text = new StringBuilder();
        Mapping(text, root, 0, firstLineIndented: true);
        return text.ToString();
    }

    private static void Mapping(StringBuilder text, JsonObject mapping, int indent, bool firstLineIndented)
    {
        var indented = firstLineIndented;
        foreach (var (key, value) in mapping)
        {
            if (indented)
                text.Append(' ', indent);
            indented = true;
            text.Append(Scalar(key)).Append(':');
            Value(text, value, indent);
        }
    }

    private static void Value(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } mapping:
                text.Append('\n');
                Mapping(text, mapping, indent + 2, firstLineIndented: true);
                break;
            case JsonArray { Count: > 0 } sequence:
                text.Append('\n');
                Sequence(text, sequence, indent);
                break;
            default:
                text.Append(' ').Append(Leaf(value)).Append('\n');
                break;
        }
    }

    // A sequence stands at the indent of its key, as kubectl writes it.
    private static void Sequence(StringBuilder text, JsonArray sequence, int indent)
    {
        foreach (var item in sequence)
        {
            text.Append(' ', indent).Append("- ");
            if (item is JsonObject { Count: > 0 } mapping)
                Mapping(text, mapping, indent + 2, firstLineIndented: false);
            else
                text.Append(Leaf(item)).Append('\n');
        }
    }

    // JSON is YAML: what has no block style of its own here is written as JSON.
    private static string Leaf(JsonNode? value) => value switch
    {
        null => "null",
        _ when value.GetValueKind() == JsonValueKind.String => Scalar(value.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private static string Scalar(string text) =>
        Plain().IsMatch(text) && !Reserved().IsMatch(text) ? text : $"\"{JsonEncodedText.Encode(text, Encoder)}\"";

    // Letters first, and nothing that YAML could read as structure, comment or another type.
    [GeneratedRegex(@"\A[A-Za-z](?:[: ]?[A-Za-z0-9_./()@-])*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A(?:true|false|yes|no|on|off|null|y|n)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
