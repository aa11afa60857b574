using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>Objects as JSON or YAML.</summary>
/// <remarks>Guarantees: control characters come out escaped.</remarks>
internal static partial class ObjectText
{
    // It leaves alone what only HTML must escape; control characters it escapes all the same.
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>One object, in the format that <c>-o</c> names.</summary>
    public static string Of<T>(ResourceType<T> type, T obj, string format) where T : class, IKubernetesObject => Of(Node(type, obj), format);

    /// <summary>Several objects as one of kind List, as kubectl prints them.</summary>
    public static string Of<T>(ResourceType<T> type, IEnumerable<T> objects, string format) where T : class, IKubernetesObject => Of(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "List",
        ["items"] = new JsonArray([.. objects.Select(o => Node(type, o))]),
    }, format);

    public static string Json(JsonNode node)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = Encoder }))
            node.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }

    public static string Yaml(JsonObject root)
    {
        if (root.Count == 0)
            return "{}\n";
        var text = new StringBuilder();
        Mapping(text, root, 0, isFirstIndented: true);
        return text.ToString();
    }

    private static string Of(JsonObject node, string format) => format.Equals("yaml", StringComparison.OrdinalIgnoreCase) ? Yaml(node) : Json(node);

    private static JsonObject Node<T>(ResourceType<T> type, T obj) where T : class, IKubernetesObject => JsonSerializer.SerializeToNode(obj, type.TypeInfo)!.AsObject();

    private static void Mapping(StringBuilder text, JsonObject mapping, int indent, bool isFirstIndented)
    {
        var indented = isFirstIndented;
        foreach (var (key, value) in mapping)
        {
            if (indented)
                text.Append(' ', indent);
            indented = true;
            text.Append(Scalar(key)).Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    text.Append('\n');
                    Mapping(text, inner, indent + 2, isFirstIndented: true);
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
    }

    // A sequence stands at the indent of its key, as kubectl writes it.
    private static void Sequence(StringBuilder text, JsonArray sequence, int indent)
    {
        foreach (var item in sequence)
        {
            text.Append(' ', indent).Append("- ");
            if (item is JsonObject { Count: > 0 } mapping)
                Mapping(text, mapping, indent + 2, isFirstIndented: false);
            else
                text.Append(Leaf(item)).Append('\n');
        }
    }

    // JSON is YAML: what does not fit on a plain line is written as JSON.
    private static string Leaf(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue text when text.GetValueKind() == JsonValueKind.String => Scalar(text.GetValue<string>()),
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
