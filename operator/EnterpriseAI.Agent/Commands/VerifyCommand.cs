using System.CommandLine;
using EnterpriseAI.Agent.Training;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Commands;

/// <summary>The result of <c>agent verify</c>.</summary>
/// <param name="Digest">Of the artifact, as <c>sha256:</c> and hexadecimal digits.</param>
/// <param name="KeyId">Of the key whose signature was verified; null when none was asked for.</param>
/// <param name="Files">How many files the artifact has, without the signature.</param>
/// <param name="Evaluation">As in the artifact's <c>evaluation.json</c>; empty without one.</param>
public sealed record VerifyResult(string Digest, string? KeyId, int Files, IReadOnlyList<EvaluationMetric> Evaluation);

/// <summary><c>agent verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create(AgentHost host)
    {
        var artifact = Arguments.RequiredText("--artifact", "PATH", "A model file, or a folder with model.onnx.");
        var digest = Arguments.Digest("--digest", "What it must be; of a folder the OMS root digest.");
        var publicKey = Arguments.Text("--public-key", "FILE", "Public ECDSA key, PEM. When given, the artifact must be signed by it.");
        var terminationLog = TerminationLog.Option();
        var command = new Command("verify", "Checks an artifact's digest and signature; says its digest when neither is given.")
        {
            artifact, digest, publicKey, terminationLog,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            AgentJson.Readable.VerifyResult,
            async token =>
            {
                var path = parsed.GetRequiredValue(artifact);
                var policy = new ModelVerificationPolicy
                {
                    ExpectedDigest = parsed.GetValue(digest),
                    PublicKey = parsed.GetValue(publicKey) is { } file ? await EcdsaPublicKey.LoadAsync(file, token) : null,
                };
                var verified = await ModelVerifier.VerifyDigestsAsync(path, policy, token);
                return new VerifyResult(
                    verified.Digest.ToString(), verified.Signer?.KeyId, verified.Manifest.Count, await EvaluationFile.ReadAsync(path, token));
            },
            cancellationToken));
        return command;
    }
}
