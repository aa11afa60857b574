using System.Globalization;
using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>Reads the JSON of protocol buffers (proto3 JSON mapping): absent and null are the default, 64-bit numbers may be strings.</summary>
/// <remarks>
/// Only lowerCamelCase names and enum names are read, as Sigstore's client specification asks. A name that occurs
/// twice is an error: two readers could otherwise see two different bundles.
/// </remarks>
internal readonly struct ProtoMessage
{
    private const int MaxDepth = 32;

    private readonly JsonElement _element;
    private readonly string _path;
    private readonly VerificationStep _step;

    private ProtoMessage(JsonElement element, string path, VerificationStep step) => (_element, _path, _step) = (element, path, step);

    /// <summary>Reads one message from the whole of a JSON text and hands it to <paramref name="read"/>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="step">The step that fails when it is malformed.</param>
    /// <param name="read">Reads the message; what it returns must not refer to it.</param>
    public static T Parse<T>(ReadOnlyMemory<byte> json, string name, VerificationStep step, Func<ProtoMessage, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            return read(new ProtoMessage(document.RootElement, name, step).AsMessage());
        }
        // An escaped lone surrogate is found only when the text is asked for.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new VerificationException(step, $"'{name}' is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Reads a message that is already parsed.</summary>
    /// <exception cref="VerificationException">It is no JSON object.</exception>
    public static ProtoMessage Of(JsonElement element, string name, VerificationStep step) => new ProtoMessage(element, name, step).AsMessage();

    /// <summary>Refuses fields that are not among these: a field that nobody here knows may change what the others mean.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (var property in _element.EnumerateObject())
            if (!names.Contains(property.Name))
                throw Invalid(property.Name, "is not known here");
    }

    public bool Has(string name) => TryGet(name, out _);

    public string Text(string name) => OptionalText(name) ?? "";

    public string? OptionalText(string name) => !TryGet(name, out var value) ? null
        : value.ValueKind is JsonValueKind.String ? value.GetString() : throw Invalid(name, "must be a string");

    /// <summary>A text; null also for what is none.</summary>
    public string? TextOrNull(string name) => TryGet(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    public IReadOnlyList<string> Texts(string name, int max)
    {
        var list = new List<string>();
        foreach (var element in Elements(name, max))
            list.Add(element.ValueKind is JsonValueKind.String ? element.GetString()! : throw Invalid(name, "must be a list of strings"));
        return list;
    }

    public byte[] Bytes(string name) => OptionalBytes(name) ?? [];

    public byte[]? OptionalBytes(string name) => !TryGet(name, out var value) ? null
        : value.ValueKind is JsonValueKind.String && value.TryGetBytesFromBase64(out var bytes) ? bytes : throw Invalid(name, "must be base64");

    public byte[] RequiredBytes(string name) => Bytes(name) is { Length: > 0 } bytes ? bytes : throw Invalid(name, "is missing");

    public ProtoMessage RequiredMessage(string name) => Message(name) ?? throw Invalid(name, "is missing");

    /// <summary>A 64-bit number that counts something: never negative.</summary>
    public long Count(string name)
    {
        if (!TryGet(name, out var value))
            return 0;
        long number = -1;
        var read = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetInt64(out number),
            JsonValueKind.String => long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out number),
            _ => false,
        };
        return read && number >= 0 ? number : throw Invalid(name, "must be a whole number that is not negative");
    }

    public DateTimeOffset? Time(string name)
    {
        if (OptionalText(name) is not { } text)
            return null;
        // RFC 3339, as proto3 JSON writes it; .NET alone would also take dates without a time or a zone.
        return text.Length >= "0000-00-00T00:00:00Z".Length && text[10] is 'T' && text.AsSpan(19).IndexOfAny('Z', '+', '-') >= 0
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
                ? time : throw Invalid(name, "must be a time such as 2025-01-31T12:00:00Z");
    }

    public ProtoMessage? Message(string name) => TryGet(name, out var value) ? new ProtoMessage(value, $"{_path}.{name}", _step).AsMessage() : null;

    /// <summary>A message; null also for what is none.</summary>
    public ProtoMessage? OptionalMessage(string name) =>
        TryGet(name, out var value) && value.ValueKind is JsonValueKind.Object ? new ProtoMessage(value, $"{_path}.{name}", _step) : null;

    public IReadOnlyList<ProtoMessage> Messages(string name, int max)
    {
        var (path, step) = ($"{_path}.{name}", _step);
        return [.. Elements(name, max).Select((element, index) => new ProtoMessage(element, $"{path}[{index}]", step).AsMessage())];
    }

    public IReadOnlyList<byte[]> ListOfBytes(string name, int max)
    {
        var list = new List<byte[]>();
        foreach (var element in Elements(name, max))
            list.Add(element.ValueKind is JsonValueKind.String && element.TryGetBytesFromBase64(out var bytes) ? bytes : throw Invalid(name, "must be base64"));
        return list;
    }

    /// <summary>The names and texts of a JSON object that is a map.</summary>
    public IReadOnlyDictionary<string, string> Map(string name, int max)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Message(name) is not { } message)
            return map;
        // Asking for each by its name would look through all of them each time.
        foreach (var property in message._element.EnumerateObject())
        {
            if (map.Count == max)
                throw Invalid(name, $"has more than {max} elements");
            map.Add(property.Name, property.Value.ValueKind switch
            {
                JsonValueKind.String => property.Value.GetString()!,
                JsonValueKind.Null => "",
                _ => throw message.Invalid(property.Name, "must be a string"),
            });
        }
        return map;
    }

    public JsonElement? Json(string name) => TryGet(name, out var value) ? value.Clone() : null;

    public VerificationException Invalid(string name, string what) => new(_step, $"{_path}.{name} {what}");

    private IEnumerable<JsonElement> Elements(string name, int max)
    {
        if (!TryGet(name, out var value))
            return [];
        if (value.ValueKind is not JsonValueKind.Array)
            throw Invalid(name, "must be a list");
        return value.GetArrayLength() <= max ? value.EnumerateArray() : throw Invalid(name, $"has more than {max} elements");
    }

    private ProtoMessage AsMessage() => _element.ValueKind is JsonValueKind.Object
        ? this : throw new VerificationException(_step, $"{_path} must be a JSON object");

    private bool TryGet(string name, out JsonElement value) =>
        _element.TryGetProperty(name, out value) && value.ValueKind is not JsonValueKind.Null;
}
