using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>Objects as JSON or YAML.</summary>
/// <remarks>Guarantees: control characters come out escaped.</remarks>
internal static class ObjectText
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

    private static string Of(JsonObject node, string format) => format.Equals("yaml", StringComparison.OrdinalIgnoreCase) ? YamlText.Of(node) : Json(node);

    private static JsonObject Node<T>(ResourceType<T> type, T obj) where T : class, IKubernetesObject => JsonSerializer.SerializeToNode(obj, type.TypeInfo)!.AsObject();
}
