using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>A change to an object, in one of the server's patch formats.</summary>
public sealed class Patch
{
    Patch(string contentType, byte[] body) => (ContentType, Body) = (contentType, body);

    internal string ContentType { get; }

    internal byte[] Body { get; }

    /// <summary>RFC 7386: what is given replaces, <c>null</c> removes, lists are replaced whole.</summary>
    /// <param name="json">A JSON object.</param>
    public static Patch Merge(string json) => new("application/merge-patch+json", Encoding.UTF8.GetBytes(json));

    /// <summary>RFC 6902: operations in order, all or none. A failing <c>test</c> is answered with 422.</summary>
    public static Patch Json(params IReadOnlyList<JsonPatchOperation> operations) =>
        new("application/json-patch+json", JsonSerializer.SerializeToUtf8Bytes(operations, KubernetesJsonContext.Default.IReadOnlyListJsonPatchOperation));
}

/// <summary>One operation of a JSON patch.</summary>
/// <param name="Op"><c>add</c>, <c>remove</c>, <c>replace</c> or <c>test</c>.</param>
/// <param name="Path">JSON pointer; write <c>~1</c> for a slash inside a name, see <see cref="Escape"/>.</param>
/// <param name="Value">Absent for <c>remove</c>.</param>
public sealed record JsonPatchOperation(
    string Op,
    string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] JsonElement Value = default)
{
    static readonly JsonElement NullValue = JsonElement.Parse("null");

    public static JsonPatchOperation Add(string path, JsonElement value) => new("add", path, value);

    public static JsonPatchOperation Add(string path, string value) => new("add", path, Text(value));

    public static JsonPatchOperation Add(string path, IReadOnlyList<string> value) => new("add", path, Texts(value));

    public static JsonPatchOperation Replace(string path, JsonElement value) => new("replace", path, value);

    public static JsonPatchOperation Replace(string path, string value) => new("replace", path, Text(value));

    public static JsonPatchOperation Remove(string path) => new("remove", path);

    public static JsonPatchOperation Test(string path, JsonElement value) => new("test", path, value);

    public static JsonPatchOperation Test(string path, string value) => new("test", path, Text(value));

    public static JsonPatchOperation Test(string path, IReadOnlyList<string> value) => new("test", path, Texts(value));

    /// <summary>The path must be absent or null.</summary>
    public static JsonPatchOperation TestAbsent(string path) => new("test", path, NullValue);

    /// <summary>A name as one segment of a JSON pointer.</summary>
    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    static JsonElement Text(string value) => JsonSerializer.SerializeToElement(value, WireJsonContext.Default.String);

    static JsonElement Texts(IReadOnlyList<string> value) => JsonSerializer.SerializeToElement(value, WireJsonContext.Default.IReadOnlyListString);
}
