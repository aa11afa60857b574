using System.Text.Json;

namespace EnterpriseAI.Gateway.Sources;

/// <summary>A JSON value and where it stands, so that every complaint can name its place.</summary>
internal readonly record struct JsonPlace(string Path, JsonElement Value)
{
    /// <summary>The properties of an object, each of which must be one of those allowed.</summary>
    public Dictionary<string, JsonPlace> Properties(params string[] allowed)
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Wrong("must be an object");
        var properties = new Dictionary<string, JsonPlace>(StringComparer.Ordinal);
        foreach (var property in Value.EnumerateObject())
        {
            var place = new JsonPlace($"{Path}.{property.Name}", property.Value);
            if (!allowed.Contains(property.Name, StringComparer.Ordinal)) throw place.Wrong($"is not known here; allowed are {string.Join(", ", allowed)}");
            if (!properties.TryAdd(property.Name, place)) throw place.Wrong("is given twice");
        }
        return properties;
    }

    /// <summary>A property that must be there.</summary>
    public JsonPlace Required(Dictionary<string, JsonPlace> properties, string name) =>
        properties.TryGetValue(name, out var place) ? place : throw new JsonPlace($"{Path}.{name}", default).Wrong("is missing");

    public IEnumerable<JsonPlace> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array) throw Wrong("must be an array");
        var path = Path;
        return Value.EnumerateArray().Select((item, index) => new JsonPlace($"{path}[{index}]", item));
    }

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong("must be a string");

    public RouteFileException Wrong(string rule) => new($"{Path} {rule}");
}
