using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.SupplyChain;

/// <summary>A Sigstore bundle v0.3 as it stands in the file.</summary>
internal sealed record BundleJson(string MediaType, VerificationMaterialJson VerificationMaterial, EnvelopeJson DsseEnvelope);

/// <summary>Exactly one of the first three says who signed.</summary>
internal sealed record VerificationMaterialJson(
    PublicKeyJson? PublicKey = null, JsonElement? Certificate = null, JsonElement? X509CertificateChain = null,
    IReadOnlyList<JsonElement>? TlogEntries = null);

/// <summary><paramref name="Hint"/> names the key; the first releases put the whole PEM into <paramref name="RawBytes"/> instead.</summary>
internal sealed record PublicKeyJson(string? Hint = null, byte[]? RawBytes = null, string? KeyDetails = null);

internal sealed record EnvelopeJson(byte[] Payload, string PayloadType, IReadOnlyList<EnvelopeSignatureJson> Signatures);

internal sealed record EnvelopeSignatureJson(byte[] Sig, string? Keyid = null);

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
[JsonSerializable(typeof(BundleJson))]
[JsonSerializable(typeof(StatementJson))]
[JsonSerializable(typeof(PredicateJson))]
internal sealed partial class BundleJsonContext : JsonSerializerContext;
