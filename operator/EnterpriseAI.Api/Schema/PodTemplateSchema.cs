using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api.Schema;

/// <summary>
/// The shape of a pod template: the JSON type of each field that the C# types know, and nothing else, as the API server
/// checks the pods themselves.
/// </summary>
/// <remarks>Guarantees: what fits the schema can be read into the C# types, so one wrong template cannot make a list unreadable.</remarks>
internal static class PodTemplateSchema
{
    /// <summary>The largest whole number that survives a reader that knows floating-point numbers only.</summary>
    public const long MaxExact = (1L << 53) - 1;

    private static readonly NullabilityInfoContext Nullability = new();

    /// <exception cref="NotSupportedException">A property has a type that is not known here.</exception>
    public static JsonObject Of(Type type)
    {
        if (type == typeof(V1ResourceRequirements))
        {
            var quantities = new JsonObject { ["type"] = "object", ["additionalProperties"] = KubernetesSchemas.Quantity() };
            return new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["limits"] = quantities.DeepClone(), ["requests"] = quantities },
                ["x-kubernetes-preserve-unknown-fields"] = true,
            };
        }

        var properties = new JsonObject();
        foreach (var property in SchemaBuilder.Properties(type).Where(p => !KeepsUnknown(p)))
        {
            var schema = Value(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
            if (Nullability.Create(property).ReadState == NullabilityState.Nullable && !schema.ContainsKey("x-kubernetes-int-or-string"))
                schema["nullable"] = true;
            properties[SchemaBuilder.Name(property)] = schema;
        }

        var result = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (SchemaBuilder.Properties(type).Any(KeepsUnknown))
            result["x-kubernetes-preserve-unknown-fields"] = true;
        return result;
    }

    private static bool KeepsUnknown(PropertyInfo property) => property.GetCustomAttribute<JsonExtensionDataAttribute>() is not null;

    private static JsonObject Value(Type type)
    {
        if (type == typeof(string))
            return new JsonObject { ["type"] = "string" };
        if (type == typeof(bool))
            return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int))
            return new JsonObject { ["type"] = "integer", ["minimum"] = int.MinValue, ["maximum"] = int.MaxValue };
        if (type == typeof(long))
            return new JsonObject { ["type"] = "integer", ["minimum"] = -MaxExact, ["maximum"] = MaxExact };
        if (type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time", ["pattern"] = SchemaBuilder.TimePattern };
        if (type == typeof(IntOrString))
            return new JsonObject { ["x-kubernetes-int-or-string"] = true, ["minimum"] = 0, ["maximum"] = ushort.MaxValue };
        if (type == typeof(JsonElement))
            return new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new JsonObject { ["type"] = "array", ["items"] = Value(type.GetGenericArguments()[0]) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(type.GetGenericArguments()[1]) };
        return type is { IsClass: true, Namespace: "EnterpriseAI.Kubernetes" }
            ? Of(type)
            : throw new NotSupportedException($"a pod template has a field of type {type.Name}, which has no schema");
    }
}
