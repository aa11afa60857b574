using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Commands;

/// <summary><c>model-server inspect</c>: verifies a model, loads it and prints what it is.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var command = new Command("inspect", "Verify a model, load it and print its digest, signer, interface and evaluation as JSON");
        foreach (var option in model.All)
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) => RunAsync(model.Read(arguments), arguments.GetValue(model.TerminationLog), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ModelOptions options, string? terminationLog, CancellationToken cancellationToken)
    {
        try
        {
            using var model = await ModelLoader.LoadAsync(options, cancellationToken).ConfigureAwait(false);
            var json = JsonSerializer.Serialize(Describe(model, options), InspectionJsonContext.Default.Inspection);
            await TerminationLog.WriteAsync(terminationLog, json, cancellationToken).ConfigureAwait(false);
            Console.WriteLine(json);
            return 0;
        }
        catch (ModelRefusedException e)
        {
            var exitCode = await Failure.ReportAsync(e, terminationLog, cancellationToken).ConfigureAwait(false);
            Console.WriteLine(TerminationLog.Error(e.Reason, e.Message));
            return exitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"model-server: --termination-log cannot be written: {e.Message}").ConfigureAwait(false);
            return 2;
        }
    }

    /// <exception cref="ModelRefusedException">The artifact's evaluation is not what it should be.</exception>
    internal static Inspection Describe(LoadedModel model, ModelOptions options) => new(
        model.Digest.ToString(),
        model.Signer is { } signer ? new InspectedSigner(signer.KeyId) : null,
        new InspectedInterface(TensorMetadata.Of(model.Session.Inputs), TensorMetadata.Of(model.Session.Outputs)),
        Evaluation(model, options));

    private static IReadOnlyList<EvaluationResult>? Evaluation(LoadedModel model, ModelOptions options)
    {
        if (model.Evaluation is not { } bytes)
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, InspectionJsonContext.Default.IReadOnlyListEvaluationResult);
        }
        catch (JsonException e)
        {
            throw new ModelRefusedException(ModelRefusedException.EvaluationInvalid,
                $"'{Path.Combine(options.Model, ArtifactPaths.EvaluationFile)}' is not a list of {{\"metric\",\"value\",\"dataset\",\"slice\"}}: {e.Message}", inner: e);
        }
    }
}

/// <summary>What <c>inspect</c> prints.</summary>
internal sealed record Inspection(string Digest, InspectedSigner? Signer, InspectedInterface Interface, IReadOnlyList<EvaluationResult>? Evaluation);

internal sealed record InspectedSigner(string KeyId);

internal sealed record InspectedInterface(IReadOnlyList<TensorMetadata> Inputs, IReadOnlyList<TensorMetadata> Outputs);

/// <summary>One result of a model's evaluation.</summary>
internal sealed record EvaluationResult(string Metric, double Value, string? Dataset = null, string? Slice = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Inspection))]
[JsonSerializable(typeof(IReadOnlyList<EvaluationResult>))]
internal sealed partial class InspectionJsonContext : JsonSerializerContext;
