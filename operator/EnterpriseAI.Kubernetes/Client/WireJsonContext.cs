using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Serialization of what only the client itself reads and writes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ApiResourceList))]
[JsonSerializable(typeof(PartialObject))]
[JsonSerializable(typeof(KubernetesList<JsonElement>))]
[JsonSerializable(typeof(DeleteRequest))]
[JsonSerializable(typeof(ExecCredential))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class WireJsonContext : JsonSerializerContext;
