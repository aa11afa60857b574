using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Audit;

/// <summary>
/// Reads an event strictly: every field it does not know, every repeated name and every string that is not Unicode is refused,
/// because two readers of such JSON could see two different events in one entry.
/// </summary>
internal static partial class AuditEventReader
{
    /// <summary>An event, its id as a value, and the canonical bytes to store.</summary>
    public readonly record struct Result(AuditEvent Event, Hash256 Id, byte[] Canonical);

    // What a double holds exactly: any JSON reader sees the same number.
    private const long MaxGeneration = (1L << 53) - 1;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 8 };
    private static readonly string[] EventFields = ["id", "time", "actor", "action", "resource", "details"];
    private static readonly string[] ResourceFields = ["apiVersion", "kind", "namespace", "name", "uid", "generation"];

    /// <exception cref="InvalidAuditEventException">It is not an event; the exception names the field.</exception>
    public static Result Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            return Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidAuditEventException("", $"the event is not JSON: {e.Message}");
        }
        catch (InvalidOperationException e)
        {
            // What JsonElement.GetString says of invalid UTF-8 and of half a surrogate pair.
            throw new InvalidAuditEventException("", $"the event holds text that is not Unicode: {e.Message}");
        }
    }

    public static bool TryParseTime(string text, out DateTimeOffset time)
    {
        time = default;
        if (Rfc3339().Match(text) is not { Success: true } match) return false;
        // .NET keeps seven digits of a second; more are allowed in the entry and dropped in the value.
        var fraction = match.Groups["fraction"].Value;
        var kept = fraction.Length > 8 ? fraction[..8] : fraction;
        return DateTimeOffset.TryParse(match.Groups["second"].Value + kept + match.Groups["offset"].Value, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }

    private static Result Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new InvalidAuditEventException("", $"the event must be a JSON object, not {Describe(root)}");
        RefuseUnknown(root, "", EventFields);
        var idText = RequiredString(root, "", "id");
        if (!Hash256.TryParseHex(idText, out var id)) throw Invalid("id", "must be 64 lower-case hexadecimal digits");
        if (!TryParseTime(RequiredString(root, "", "time"), out var time)) throw Invalid("time", "must be an RFC 3339 time such as 2026-11-21T08:00:00Z");
        var action = RequiredString(root, "", "action");
        if (!ActionName().IsMatch(action)) throw Invalid("action", "must be CamelCase letters and digits, at most 128, such as ModelVersionApproved");
        var read = new AuditEvent
        {
            Id = idText,
            Time = time,
            Actor = RequiredString(root, "", "actor"),
            Action = action,
            Resource = ReadResource(Required(root, "", "resource")),
            Details = root.TryGetProperty("details", out var details) ? ReadDetails(details) : new Dictionary<string, string>(),
        };
        return new Result(read, id, CanonicalJson.Write(root));
    }

    private static AuditResource ReadResource(JsonElement resource)
    {
        if (resource.ValueKind != JsonValueKind.Object) throw Invalid("resource", $"must be an object, not {Describe(resource)}");
        RefuseUnknown(resource, "resource.", ResourceFields);
        return new AuditResource
        {
            ApiVersion = RequiredString(resource, "resource.", "apiVersion"),
            Kind = RequiredString(resource, "resource.", "kind"),
            Name = RequiredString(resource, "resource.", "name"),
            Namespace = OptionalString(resource, "resource.", "namespace"),
            Uid = OptionalString(resource, "resource.", "uid") ?? "",
            Generation = ReadGeneration(resource),
        };
    }

    private static long ReadGeneration(JsonElement resource)
    {
        if (!resource.TryGetProperty("generation", out var value)) return 0;
        // The canonical form of 1.0 and 1e3 is another text; an integer has one spelling only.
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number is >= 0 and <= MaxGeneration
            && value.GetRawText() == number.ToString(CultureInfo.InvariantCulture)
            ? number
            : throw Invalid("resource.generation", $"must be an integer from 0 to {MaxGeneration}");
    }

    private static Dictionary<string, string> ReadDetails(JsonElement details)
    {
        if (details.ValueKind != JsonValueKind.Object) throw Invalid("details", $"must be an object of strings, not {Describe(details)}");
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in details.EnumerateObject())
        {
            if (member.Name.Length == 0) throw Invalid("details", "must not have a member without a name");
            if (member.Value.ValueKind != JsonValueKind.String) throw Invalid($"details.{member.Name}", $"must be a string, not {Describe(member.Value)}");
            read.Add(member.Name, member.Value.GetString()!);
        }
        return read;
    }

    private static void RefuseUnknown(JsonElement element, string prefix, string[] known)
    {
        foreach (var member in element.EnumerateObject())
            if (!known.Contains(member.Name, StringComparer.Ordinal))
                throw Invalid(prefix + member.Name, $"is not a field of an event; allowed are {string.Join(", ", known.Select(name => prefix + name))}");
    }

    private static JsonElement Required(JsonElement element, string prefix, string name) =>
        element.TryGetProperty(name, out var value) ? value : throw Invalid(prefix + name, "is required");

    private static string RequiredString(JsonElement element, string prefix, string name)
    {
        var value = Required(element, prefix, name);
        if (value.ValueKind != JsonValueKind.String) throw Invalid(prefix + name, $"must be a string, not {Describe(value)}");
        return value.GetString() is { Length: > 0 } text ? text : throw Invalid(prefix + name, "must not be empty");
    }

    private static string? OptionalString(JsonElement element, string prefix, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Invalid(prefix + name, $"must be a string, not {Describe(value)}");
    }

    private static InvalidAuditEventException Invalid(string field, string rule) => new(field, $"{field} {rule}");

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Null => "null",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.Number => "a number",
        _ => "a string",
    };

    [GeneratedRegex(@"\A(?<second>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?<fraction>\.[0-9]{1,9})?(?<offset>Z|[+-][0-9]{2}:[0-9]{2})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();

    [GeneratedRegex(@"\A[A-Z][A-Za-z0-9]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ActionName();
}
