using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.SupplyChain;

/// <summary>An in-toto statement v1 with the model signing predicate.</summary>
internal sealed record StatementJson(
    [property: JsonPropertyName("_type")] string Type, IReadOnlyList<SubjectJson> Subject, string PredicateType, JsonElement Predicate);

internal sealed record SubjectJson(IReadOnlyDictionary<string, string> Digest, string? Name = null);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record PredicateJson(IReadOnlyList<ResourceJson> Resources, SerializationJson Serialization);

internal sealed record ResourceJson(string Name, string Algorithm, string Digest);

[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record SerializationJson(
    string Method,
    [property: JsonPropertyName("hash_type")] string HashType,
    [property: JsonPropertyName("allow_symlinks")] bool AllowSymlinks,
    [property: JsonPropertyName("shard_size")] long? ShardSize = null,
    [property: JsonPropertyName("ignore_paths")] IReadOnlyList<string>? IgnorePaths = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StatementJson))]
[JsonSerializable(typeof(PredicateJson))]
internal sealed partial class ModelStatementJson : JsonSerializerContext;
