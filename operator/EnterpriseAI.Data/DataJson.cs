using System.Text.Json.Serialization;

namespace EnterpriseAI.Data;

/// <summary>The JSON of requests and results: camelCase, enums by name, absent rather than null.</summary>
[JsonSourceGenerationOptions(
    RespectNullableAnnotations = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProfileRequest))]
[JsonSerializable(typeof(DataProfile))]
[JsonSerializable(typeof(DataProfileSummary))]
[JsonSerializable(typeof(DriftBaseline))]
public sealed partial class DataJson : JsonSerializerContext;
