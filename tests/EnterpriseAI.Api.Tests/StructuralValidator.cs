using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Api.Tests;

/// <summary>Checks a value against a structural schema as an API server does, as far as the schemas here go. Knows no CEL.</summary>
internal static class StructuralValidator
{
    public static IReadOnlyList<string> Check(JsonObject schema, JsonNode? value)
    {
        var errors = new List<string>();
        Check(schema, value, "", errors);
        return errors;
    }

    private static void Check(JsonObject schema, JsonNode? value, string path, List<string> errors)
    {
        if (value is null)
        {
            if (schema["nullable"]?.GetValue<bool>() is not true)
                errors.Add($"{path}: null");
            return;
        }

        var type = schema["type"]?.GetValue<string>();
        var actual = value.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => Value(value) == Math.Truncate(Value(value)) ? "integer" : "number",
            _ => "boolean",
        };
        var intOrString = schema["x-kubernetes-int-or-string"] is not null;
        if (type != actual && !(type == "number" && actual == "integer") && !(intOrString && actual is "integer" or "string"))
        {
            errors.Add($"{path}: {actual} instead of {type}");
            return;
        }

        switch (value)
        {
            case JsonObject o:
                Object(schema, o, path, errors);
                break;
            case JsonArray a:
                Array(schema, a, path, errors);
                break;
            case var _ when actual == "string":
                String(schema, value.GetValue<string>(), path, errors);
                break;
            case var _ when actual is "integer" or "number":
                Number(schema, Value(value), path, errors);
                break;
        }
    }

    private static void Object(JsonObject schema, JsonObject value, string path, List<string> errors)
    {
        foreach (var name in (schema["required"]?.AsArray() ?? []).Select(n => n!.GetValue<string>()).Where(n => !value.ContainsKey(n)))
            errors.Add($"{path}.{name}: required");
        if (schema["oneOf"] is JsonArray options && options.Count(o => value.ContainsKey(o!["required"]![0]!.GetValue<string>())) != 1)
            errors.Add($"{path}: oneOf");
        if (schema["maxProperties"] is { } limit && value.Count > limit.GetValue<long>())
            errors.Add($"{path}: maxProperties");
        var properties = schema["properties"] as JsonObject;
        foreach (var (name, item) in value)
        {
            if ((properties?[name] ?? schema["additionalProperties"]) is JsonObject inner)
                Check(inner, item, $"{path}.{name}", errors);
            else if (path.Length > 0 && name.Length > 0 && schema["x-kubernetes-preserve-unknown-fields"] is null && path != ".metadata")
                errors.Add($"{path}.{name}: unknown");
        }
    }

    private static void Array(JsonObject schema, JsonArray value, string path, List<string> errors)
    {
        if (value.Count < (schema["minItems"]?.GetValue<long>() ?? 0) || value.Count > (schema["maxItems"]?.GetValue<long>() ?? long.MaxValue))
            errors.Add($"{path}: {value.Count} items");
        for (var i = 0; i < value.Count; i++)
            Check(schema["items"]!.AsObject(), value[i], $"{path}[{i}]", errors);
    }

    private static void String(JsonObject schema, string value, string path, List<string> errors)
    {
        if (value.Length < (schema["minLength"]?.GetValue<long>() ?? 0) || value.Length > (schema["maxLength"]?.GetValue<long>() ?? long.MaxValue))
            errors.Add($"{path}: length {value.Length}");
        if (schema["enum"] is JsonArray members && !members.Any(m => m!.GetValue<string>() == value))
            errors.Add($"{path}: '{value}' is not one of {members.ToJsonString()}");
        if (schema["pattern"] is { } pattern && !Regex.IsMatch(value, pattern.GetValue<string>(), RegexOptions.NonBacktracking))
            errors.Add($"{path}: '{value}' does not match {pattern}");
    }

    private static void Number(JsonObject schema, double value, string path, List<string> errors)
    {
        if (schema["minimum"] is { } minimum && Value(minimum) is var low && (value < low || (value == low && schema["exclusiveMinimum"] is not null)))
            errors.Add($"{path}: {value} is below {low}");
        if (schema["maximum"] is { } maximum && Value(maximum) is var high && (value > high || (value == high && schema["exclusiveMaximum"] is not null)))
            errors.Add($"{path}: {value} is above {high}");
    }

    private static double Value(JsonNode number) => double.Parse(number.ToJsonString(), CultureInfo.InvariantCulture);
}
