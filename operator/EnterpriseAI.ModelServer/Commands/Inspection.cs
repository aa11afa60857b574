using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Commands;

/// <summary>What <c>inspect</c> prints.</summary>
internal sealed record Inspection(string Digest, InspectedSigner? Signer, InspectedInterface Interface, IReadOnlyList<EvaluationResult>? Evaluation)
{
    /// <summary>The version of ONNX's file format.</summary>
    public long IrVersion { get; init; }

    /// <summary>What wrote the model, with its version.</summary>
    public string? Producer { get; init; }

    /// <summary>The operator sets that the model uses.</summary>
    public IReadOnlyList<InspectedOpset> Opset { get; init; } = [];

    /// <summary>The operators of the model, the most frequent first.</summary>
    public IReadOnlyList<InspectedOperator> Operators { get; init; } = [];

    /// <summary>Those that neither ONNX nor ONNX Runtime nor the model itself defines, as <c>domain::name</c>.</summary>
    public IReadOnlyList<string> CustomOperators { get; init; } = [];

    /// <summary>The files that hold weights.</summary>
    public IReadOnlyList<InspectedExternalData> ExternalData { get; init; } = [];

    /// <summary>Operators that make tensors of 256 MiB or more of constants alone.</summary>
    public IReadOnlyList<InspectedConstant> LargeConstants { get; init; } = [];

    /// <summary>What came of each attestation that was asked for; null when none was.</summary>
    public IReadOnlyList<InspectedAttestation>? Attestations { get; init; }

    /// <summary>How many entries of each list were left out; null when none were.</summary>
    public InspectedOmissions? Omitted { get; init; }
}

internal sealed record InspectedSigner(string KeyId, string? Identity = null, string? Issuer = null, long? LogIndex = null);

/// <param name="Name">As it was asked for.</param>
/// <param name="Verified">Whether it is signed as it must be and says what it must.</param>
internal sealed record InspectedAttestation(string Name, bool Verified)
{
    /// <summary>The first step that failed.</summary>
    public string? Step { get; init; }

    public string? Message { get; init; }

    /// <summary>The builder that provenance names; whole or not there, since policies compare it.</summary>
    public string? BuilderId { get; init; }

    /// <summary>The repository that provenance names; left out when it is long.</summary>
    public string? Source { get; init; }

    /// <summary>The key that signed; null for an identity, which is the one that was asked for.</summary>
    public string? KeyId { get; init; }

    public long? LogIndex { get; init; }
}

internal sealed record InspectedInterface(IReadOnlyList<TensorMetadata> Inputs, IReadOnlyList<TensorMetadata> Outputs);

internal sealed record InspectedOpset(string Domain, long Version);

internal sealed record InspectedOperator(string Domain, string Name, int Count);

/// <param name="File">Relative to the artifact.</param>
/// <param name="Tensors">How many weights lie in it.</param>
/// <param name="Bytes">How many bytes they have together.</param>
internal sealed record InspectedExternalData(string File, int Tensors, long Bytes);

internal sealed record InspectedConstant(string Operator, string Output, long Bytes);

/// <summary>How many entries of a list do not fit the termination message.</summary>
internal sealed record InspectedOmissions(int? Operators, int? CustomOperators, int? ExternalData, int? LargeConstants, int? Opset);

/// <summary>One result of a model's evaluation.</summary>
internal sealed record EvaluationResult(string Metric, double Value, string? Dataset = null, string? Slice = null);

/// <summary>Writes an inspection so that it fits a termination message as it is.</summary>
internal static class InspectionText
{
    // The kubelet cuts longer messages.
    private const int MaxBytes = 4096;
    private static readonly int[] Lengths = [32, 16, 8, 4, 2, 1, 0];

    // What was attested decides on the version, so its outcomes stay when all lists are empty; only their words become fewer.
    private static readonly int[] MessageLengths = [160, 80, 40, 0];
    private const int MostMessage = 300;
    private const int MostSource = 256;

    /// <summary>The whole as JSON if it fits; else with shorter lists and how much was left out of each.</summary>
    public static string Of(Inspection inspection)
    {
        inspection = Terse(inspection, MostMessage);
        var (shortened, text) = (inspection, Json(inspection));
        foreach (var length in Lengths)
        {
            if (Encoding.UTF8.GetByteCount(text) <= MaxBytes)
                return text;
            text = Json(shortened = Shortened(inspection, length));
        }
        foreach (var length in inspection.Attestations is null ? [] : MessageLengths)
        {
            if (Encoding.UTF8.GetByteCount(text) <= MaxBytes)
                return text;
            text = Json(shortened = Terse(shortened, length));
        }
        // Builders that fit not even packed go: a policy that asks for one refuses then, while the outcomes are still told.
        return inspection.Attestations is null || TerminationLog.Fits(text) ? text : Json(shortened with
        {
            Attestations = shortened.Attestations!.Select(static outcome => new InspectedAttestation(outcome.Name, outcome.Verified) { Step = outcome.Step }).ToList(),
        });
    }

    private static Inspection Shortened(Inspection inspection, int length) => inspection with
    {
        Operators = [.. inspection.Operators.Take(length)],
        CustomOperators = [.. inspection.CustomOperators.Take(length)],
        ExternalData = [.. inspection.ExternalData.Take(length)],
        LargeConstants = [.. inspection.LargeConstants.Take(length)],
        Opset = [.. inspection.Opset.Take(length)],
        Omitted = new InspectedOmissions(
            Rest(inspection.Operators.Count, length), Rest(inspection.CustomOperators.Count, length), Rest(inspection.ExternalData.Count, length),
            Rest(inspection.LargeConstants.Count, length), Rest(inspection.Opset.Count, length)),
    };

    private static Inspection Terse(Inspection inspection, int length) => inspection with
    {
        Attestations = inspection.Attestations?.Select(outcome => outcome with
        {
            Message = outcome.Message is { } message && message.Length > length ? length == 0 ? null : message[..length] + "…" : outcome.Message,
            // A part of an address is the address of something else.
            Source = outcome.Source is { Length: > MostSource } || length == 0 ? null : outcome.Source,
        }).ToList(),
    };

    private static int? Rest(int count, int length) => count > length ? count - length : null;

    private static string Json(Inspection inspection) => JsonSerializer.Serialize(inspection, InspectionJsonContext.Default.Inspection);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Inspection))]
[JsonSerializable(typeof(IReadOnlyList<EvaluationResult>))]
internal sealed partial class InspectionJsonContext : JsonSerializerContext;
