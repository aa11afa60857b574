using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Audit;

/// <summary>Serialization of what the audit log's server and its clients exchange.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(AuditEvent))]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(AppendResult))]
[JsonSerializable(typeof(InclusionProof))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class AuditJson : JsonSerializerContext;

/// <summary>RFC 3339 in UTC with as many digits of the second as it needs.</summary>
internal sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        AuditEventReader.TryParseTime(reader.GetString() ?? "", out var time) ? time : throw new JsonException("not an RFC 3339 time");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
}
