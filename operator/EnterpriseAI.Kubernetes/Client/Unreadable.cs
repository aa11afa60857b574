using System.Text.Json;

namespace EnterpriseAI.Kubernetes;

/// <summary>Finds out which object it was that could not be read.</summary>
internal static class Unreadable
{
    public static UnreadableObject From(JsonElement element, JsonException error)
    {
        var metadata = Member(element, "metadata");
        return new UnreadableObject(Text(metadata, "namespace"), Text(metadata, "name"), error);
    }

    static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } obj && obj.TryGetProperty(name, out var value) ? value : null;

    static string? Text(JsonElement? element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
