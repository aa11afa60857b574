using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>The result of <c>model-server inspect</c>.</summary>
internal sealed record InspectResult
{
    public required string Digest { get; init; }

    public InspectedSigner? Signer { get; init; }

    public ModelInterface? Interface { get; init; }

    /// <exception cref="JsonException">The result is of another shape.</exception>
    public static InspectResult Parse(JsonElement result) =>
        result.Deserialize(InspectResultJson.Default.InspectResult) ?? throw new JsonException("the result is null");
}

internal sealed record InspectedSigner(string? KeyId);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(InspectResult))]
internal sealed partial class InspectResultJson : JsonSerializerContext;
