using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Api.Schema;

/// <summary>Makes the structural OpenAPI schema of a C# type from its properties, attributes and doc comments.</summary>
internal sealed class SchemaBuilder(XmlDocumentation documentation)
{
    // Narrower than date-time: no lower-case letters, year 0 or offsets that .NET cannot read.
    public const string TimePattern =
        @"^[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$";

    /// <summary>The schema of a resource: type and metadata, spec and status.</summary>
    public JsonObject Resource(Type kind)
    {
        var properties = new JsonObject
        {
            ["apiVersion"] = new JsonObject { ["type"] = "string", ["description"] = "Group and version of the API." },
            ["kind"] = new JsonObject { ["type"] = "string", ["description"] = "Kind of the resource." },
            ["metadata"] = new JsonObject { ["type"] = "object" },
        };
        foreach (var name in (string[])["Spec", "Status"])
        {
            var property = kind.GetProperty(name)!;
            properties[Name(property)] = Property(property);
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["description"] = documentation.Of(kind),
            ["required"] = new JsonArray("spec"),
            ["properties"] = properties,
        };
    }

    /// <summary>The schema of an object type.</summary>
    /// <exception cref="NotSupportedException">A property has a type that a structural schema cannot express here.</exception>
    public JsonObject Object(Type type)
    {
        if (KubernetesSchemas.Of(type) is { } known)
            return known;
        var properties = new JsonObject();
        var required = new JsonArray();
        var rules = new JsonArray();
        foreach (var property in Properties(type))
        {
            var name = Name(property);
            properties[name] = Property(property);
            if (property.GetCustomAttribute<RequiredAttribute>() is not null)
                required.Add(name);
            if (property.GetCustomAttribute<ImmutableAttribute>() is not null)
                rules.Add(Immutability(name));
        }

        var schema = new JsonObject { ["type"] = "object" };
        if (required.Count > 0)
            schema["required"] = required;
        if (type.GetCustomAttribute<ExactlyOneOfAttribute>() is { } union)
        {
            schema["oneOf"] = new JsonArray([.. union.Fields.Select(JsonNode (field) => new JsonObject { ["required"] = new JsonArray(field) })]);
            rules.Add(Rule(OneOfRule(union.Fields), $"set exactly one of {string.Join(", ", union.Fields)}"));
        }

        foreach (var rule in type.GetCustomAttributes<CelRuleAttribute>())
            rules.Add(Rule(rule.Rule, rule.Message));
        schema["properties"] = properties;
        if (rules.Count > 0)
            schema["x-kubernetes-validations"] = rules;
        return schema;
    }

    /// <summary>The properties that are written as JSON, in the order of declaration.</summary>
    public static IEnumerable<PropertyInfo> Properties(Type type) => type
        .GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is null && p.CanWrite)
        .OrderBy(p => p.MetadataToken);

    /// <summary>The name of a property in JSON.</summary>
    public static string Name(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private JsonObject Property(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var schema = new JsonObject { ["description"] = Description(property, type) };
        Merge(schema, ValueSchema(type, $"{property.DeclaringType!.Name}.{property.Name}"));
        Constrain(schema, property);
        return schema;
    }

    private JsonObject ValueSchema(Type type, string where)
    {
        if (type == typeof(string))
            return new JsonObject { ["type"] = "string" };
        if (type == typeof(bool))
            return new JsonObject { ["type"] = "boolean" };
        if (type == typeof(int))
            return new JsonObject { ["type"] = "integer", ["format"] = "int32" };
        if (type == typeof(long))
            return new JsonObject { ["type"] = "integer", ["format"] = "int64" };
        if (type == typeof(double))
            return new JsonObject { ["type"] = "number", ["format"] = "double" };
        if (type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time", ["pattern"] = TimePattern };
        if (type == typeof(Duration))
            return new JsonObject { ["type"] = "string", ["pattern"] = Duration.Pattern, ["maxLength"] = 64 };
        if (type.IsEnum)
            return new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(n => (JsonNode)n)]) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new JsonObject { ["type"] = "array", ["items"] = ValueSchema(type.GetGenericArguments()[0], where) };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = ValueSchema(type.GetGenericArguments()[1], where) };
        return type.IsClass && !typeof(IEnumerable).IsAssignableFrom(type)
            ? Object(type)
            : throw new NotSupportedException($"{where} has type {type.Name}, which has no schema");
    }

    private static void Constrain(JsonObject schema, PropertyInfo property)
    {
        // Constraints on single values go to the items of a list and to the values of a map.
        var value = schema["items"] as JsonObject ?? schema["additionalProperties"] as JsonObject ?? schema;
        foreach (var attribute in property.GetCustomAttributes())
        {
            switch (attribute)
            {
                case MinimumAttribute minimum:
                    value["minimum"] = Number(minimum.Value);
                    if (minimum.Exclusive)
                        value["exclusiveMinimum"] = true;
                    break;
                case MaximumAttribute maximum:
                    value["maximum"] = Number(maximum.Value);
                    if (maximum.Exclusive)
                        value["exclusiveMaximum"] = true;
                    break;
                case PatternAttribute pattern:
                    value["pattern"] = pattern.Expression;
                    break;
                case MinLengthAttribute length:
                    value["minLength"] = length.Value;
                    break;
                case MaxLengthAttribute length:
                    value["maxLength"] = length.Value;
                    break;
                case MinItemsAttribute items:
                    schema["minItems"] = items.Value;
                    break;
                case MaxItemsAttribute items:
                    schema[schema.ContainsKey("items") ? "maxItems" : "maxProperties"] = items.Value;
                    break;
                case ListSetAttribute:
                    schema["x-kubernetes-list-type"] = "set";
                    break;
                case ListMapKeyAttribute map:
                    schema["x-kubernetes-list-type"] = "map";
                    schema["x-kubernetes-list-map-keys"] = new JsonArray([.. map.Keys.Select(k => (JsonNode)k)]);
                    break;
                case PreserveUnknownFieldsAttribute:
                    schema["x-kubernetes-preserve-unknown-fields"] = true;
                    break;
                case NullableFieldAttribute:
                    schema["nullable"] = true;
                    break;
                case DefaultAttribute @default:
                    schema["default"] = DefaultValue(@default);
                    break;
                case CelRuleAttribute rule:
                    (schema["x-kubernetes-validations"] ??= new JsonArray()).AsArray().Add(Rule(rule.Rule, rule.Message));
                    break;
            }
        }

        // A number beyond the C# type would make the object, and every list with it, unreadable.
        if (value["format"]?.GetValue<string>() == "int32")
        {
            value["minimum"] ??= int.MinValue;
            value["maximum"] ??= int.MaxValue;
        }
        else if (value["format"]?.GetValue<string>() == "int64")
        {
            value["minimum"] ??= -PodTemplateSchema.MaxExact;
            value["maximum"] ??= PodTemplateSchema.MaxExact;
        }

        if (schema.ContainsKey("items") && !schema.ContainsKey("x-kubernetes-list-type"))
            schema["x-kubernetes-list-type"] = "atomic";
    }

    /// <summary>The default as JSON.</summary>
    public static JsonNode DefaultValue(DefaultAttribute attribute) => attribute switch
    {
        { Json: { } json } => JsonNode.Parse(json)!,
        { Value: string text } => text,
        { Value: bool flag } => flag,
        { Value: Enum member } => member.ToString(),
        { Value: int number } => number,
        { Value: double number } => Number(number),
        _ => throw new NotSupportedException($"a default of type {attribute.Value?.GetType().Name ?? "null"} has no JSON form here"),
    };

    private string Description(PropertyInfo property, Type type)
    {
        var text = documentation.Of(property)
            ?? throw new InvalidOperationException($"{property.DeclaringType!.Name}.{property.Name} needs a doc comment: it becomes the field's description");
        var item = type.IsGenericType ? type.GetGenericArguments()[^1] : type;
        if (item.IsEnum)
            text += " " + string.Join(" ", item.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"{f.Name}: {documentation.Of(f)}"));
        if (property.GetCustomAttribute<DefaultAttribute>() is { } @default)
            text += $" Default: {DefaultText(DefaultValue(@default))}.";
        return text;
    }

    private static string DefaultText(JsonNode value) => value is JsonValue scalar && scalar.TryGetValue<string>(out var text) ? text : value.ToJsonString();


    private static JsonNode Number(double value) => value == Math.Truncate(value) && Math.Abs(value) < 1e15 ? (JsonNode)(long)value : value;

    private static void Merge(JsonObject target, JsonObject source)
    {
        foreach (var (key, value) in source)
            target[key] = value?.DeepClone();
    }

    private static JsonObject Rule(string rule, string message) => new() { ["rule"] = rule, ["message"] = message };

    private static JsonObject Immutability(string field) => Rule(
        $"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})",
        $"{field} cannot be changed; create a new object");

    private static string OneOfRule(IReadOnlyList<string> fields) =>
        $"[{string.Join(", ", fields.Select(f => $"has(self.{f})"))}].filter(x, x).size() == 1";
}
