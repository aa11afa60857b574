using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using EnterpriseAI.ModelServer.Attestations;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Commands;

/// <summary><c>model-server inspect</c>: verifies a model, reads what it is, loads it and prints what was found.</summary>
internal static class InspectCommand
{
    private const long DefaultConstantBytes = 8L << 30;

    public static Command Create()
    {
        var model = new ModelArguments { Model = { Required = true } };
        var maxConstant = new Option<long>("--max-constant-bytes")
        {
            Description = "Largest tensor that an operator of the model may make of constants alone; a model that makes a larger one is refused before it is loaded",
            HelpName = "BYTES",
            DefaultValueFactory = static _ => DefaultConstantBytes,
            CustomParser = static result => long.TryParse(result.Tokens[0].Value, out var bytes) && bytes >= 0 ? bytes : ModelArguments.Refuse<long>(result, "a whole number, 0 or more"),
        };
        var attestations = new Option<AttestationRequirement[]>("--attestation")
        {
            Description = "An attestation that is checked for the artifact: JSON with name, type, bundle, who must have signed it (publicKey, or identity, issuer and trustedRoot) and what it must say; may be repeated",
            HelpName = "JSON",
            CustomParser = ParseAttestations,
        };
        var command = new Command("inspect", "Verify a model, load it and print its digest, signer, interface, operators and evaluation as JSON");
        foreach (var option in model.All.Concat([maxConstant, attestations]))
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) =>
        {
            var options = model.Read(arguments, arguments.GetRequiredValue(model.Model)!);
            return RunAsync(options with { Limits = options.Limits with { MaxConstantBytes = arguments.GetValue(maxConstant) } }, arguments.GetValue(attestations) ?? [],
                arguments.GetValue(model.TerminationLog), cancellationToken);
        });
        return command;
    }

    private static AttestationRequirement[]? ParseAttestations(ArgumentResult result)
    {
        const int shown = 80;
        var requirements = new List<AttestationRequirement>();
        foreach (var token in result.Tokens)
        {
            try
            {
                requirements.Add(AttestationRequirement.Parse(token.Value));
            }
            catch (FormatException e)
            {
                var value = token.Value.Length <= shown ? token.Value : token.Value[..shown] + "…";
                return ModelArguments.Refuse<AttestationRequirement[]>(result, $"an attestation as JSON; {e.Message.ReplaceLineEndings(" ")}", value);
            }
        }
        // By its name an outcome is told from another's.
        return requirements.Count > AttestationRequirement.Most ? ModelArguments.Refuse<AttestationRequirement[]>(result, $"at most {AttestationRequirement.Most}", $"{requirements.Count} times")
            : requirements.Select(static one => one.Name).Distinct(StringComparer.Ordinal).Count() < requirements.Count
                ? ModelArguments.Refuse<AttestationRequirement[]>(result, "each name once", string.Join(", ", requirements.Select(static one => one.Name)))
                : [.. requirements];
    }

    private static async Task<int> RunAsync(ModelOptions options, IReadOnlyList<AttestationRequirement> attestations, string? terminationLog, CancellationToken cancellationToken)
    {
        try
        {
            using var model = await ModelLoader.LoadAsync(options, cancellationToken).ConfigureAwait(false);
            var outcomes = attestations.Count == 0 ? null : await AttestationCheck.VerifyAsync(attestations, model.Artifact, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            var json = InspectionText.Of(Describe(model, options) with { Attestations = outcomes });
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
    internal static Inspection Describe(LoadedModel model, ModelOptions options)
    {
        var description = model.Description;
        return new Inspection(
            model.Digest.ToString(),
            model.Signer is { } signer ? new InspectedSigner(signer.KeyId, signer.Subject, signer.Issuer, signer.LogIndex) : null,
            new InspectedInterface(TensorMetadata.Of(model.Session.Inputs), TensorMetadata.Of(model.Session.Outputs)),
            Evaluation(model, options))
        {
            IrVersion = description.IrVersion,
            Producer = description.Producer,
            Opset = [.. description.Opsets.Select(static opset => new InspectedOpset(opset.Domain, opset.Version))],
            Operators = [.. description.Operators.Select(static used => new InspectedOperator(used.Domain, used.Name, used.Count))],
            CustomOperators = [.. description.CustomOperators.Select(static used => $"{used.Domain}::{used.Name}")],
            ExternalData =
            [
                .. description.ExternalTensors.GroupBy(static tensor => tensor.Location, StringComparer.Ordinal)
                    .Select(static file => new InspectedExternalData(file.Key, file.Count(), file.Sum(static tensor => tensor.Length ?? tensor.Needed ?? 0))),
            ],
            LargeConstants = [.. description.LargeConstants.Select(static made => new InspectedConstant(made.Operator, made.Output, made.Bytes))],
        };
    }

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
