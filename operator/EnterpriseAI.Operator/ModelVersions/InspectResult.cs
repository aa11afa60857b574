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

    public long? IrVersion { get; init; }

    public string? Producer { get; init; }

    public IReadOnlyList<InspectedOpset>? Opset { get; init; }

    public IReadOnlyList<InspectedOperator>? Operators { get; init; }

    public IReadOnlyList<string>? CustomOperators { get; init; }

    public IReadOnlyList<InspectedExternalData>? ExternalData { get; init; }

    public IReadOnlyList<LargeConstant>? LargeConstants { get; init; }

    public IReadOnlyList<InspectedAttestation>? Attestations { get; init; }

    /// <summary>As the status shows it; null when a model server that does not look so deep gave the result.</summary>
    public ModelGraph? ToGraph() => IrVersion is null && Operators is null ? null : new ModelGraph
    {
        IrVersion = IrVersion,
        Producer = Producer,
        OperatorSets = [.. (Opset ?? []).Take(100).Select(o => new OperatorSet { Domain = o.Domain.Length == 0 ? StandardDomain : o.Domain, Version = o.Version })],
        Operators = [.. (Operators ?? []).OrderByDescending(o => o.Count).ThenBy(o => o.Name, StringComparer.Ordinal).Take(200)
            .Select(o => o.Domain is "" or StandardDomain ? o.Name : $"{o.Domain}::{o.Name}")],
        CustomOperators = [.. (CustomOperators ?? []).Take(200)],
        ExternalData = [.. (ExternalData ?? []).Take(100).Select(e => e.File)],
        LargeConstants = [.. (LargeConstants ?? []).Take(100)],
    };

    // ONNX: the empty domain is another name of ai.onnx.
    private const string StandardDomain = "ai.onnx";

    /// <exception cref="JsonException">The result is of another shape.</exception>
    public static InspectResult Parse(JsonElement result) =>
        result.Deserialize(InspectResultJson.Default.InspectResult) ?? throw new JsonException("the result is null");
}

internal sealed record InspectedSigner(string? KeyId, string? Identity = null, string? Issuer = null, long? LogIndex = null);

/// <param name="Verified">Whether it is signed as asked for and says what it must.</param>
internal sealed record InspectedAttestation(string Name, bool Verified)
{
    public string? Step { get; init; }

    public string? Message { get; init; }

    public string? BuilderId { get; init; }

    public string? Source { get; init; }

    public string? KeyId { get; init; }

    public long? LogIndex { get; init; }
}

internal sealed record InspectedOpset(string Domain, long Version);

internal sealed record InspectedOperator(string Domain, string Name, long Count);

internal sealed record InspectedExternalData(string File);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(InspectResult))]
internal sealed partial class InspectResultJson : JsonSerializerContext;
