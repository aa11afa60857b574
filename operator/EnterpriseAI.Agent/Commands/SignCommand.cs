using System.CommandLine;
using EnterpriseAI.Agent.Training;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Commands;

/// <summary>The result of <c>agent sign</c>.</summary>
/// <param name="Digest">Of the artifact, as <c>sha256:</c> and hexadecimal digits.</param>
/// <param name="KeyId">Of the key that signed it.</param>
/// <param name="Unchanged">True when a valid signature by that key lay there already.</param>
/// <param name="Evaluation">As in the artifact's <c>evaluation.json</c>; empty without one.</param>
public sealed record SignResult(string Digest, string KeyId, bool Unchanged, IReadOnlyList<EvaluationMetric> Evaluation);

/// <summary><c>agent sign</c>.</summary>
internal static class SignCommand
{
    public static Command Create(AgentHost host)
    {
        var artifact = Arguments.RequiredText("--artifact", "PATH", "A model file, or a folder with model.onnx.");
        var key = Arguments.RequiredText("--key", "FILE", "Private ECDSA key, unencrypted PKCS#8 PEM.");
        var name = Arguments.Text("--name", "NAME", "Name of the artifact in the signed statement. Default: the last part of the path.");
        var terminationLog = TerminationLog.Option();
        var command = new Command(
            "sign", "Signs an artifact (OpenSSF Model Signing v1.0) and writes model.sig into the folder or beside the file. A valid signature by the same key is kept.")
        {
            artifact, key, name, terminationLog,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            AgentJson.Readable.SignResult,
            token => SignAsync(host, parsed.GetRequiredValue(artifact), parsed.GetRequiredValue(key), parsed.GetValue(name), token),
            cancellationToken));
        return command;
    }

    private static async Task<SignResult> SignAsync(AgentHost host, string artifact, string keyFile, string? name, CancellationToken cancellationToken)
    {
        using var key = await SigningKey.LoadAsync(keyFile, cancellationToken);
        var publicKey = EcdsaPublicKey.Of(key, keyFile);

        // Read before signing: a signature over an evaluation that nobody can read would be of no use.
        var evaluation = await EvaluationFile.ReadAsync(artifact, cancellationToken);
        if (await ValidAsync(artifact, publicKey, cancellationToken) is { } valid)
        {
            host.Say($"{artifact} is signed by key {publicKey.KeyId} already; nothing to do");
            return new SignResult(valid.Digest.ToString(), publicKey.KeyId, true, evaluation);
        }

        var signature = await ModelSigner.SignAsync(artifact, key, name, null, cancellationToken);
        host.Say($"{signature.File}: signed {signature.Digest} with key {signature.KeyId}");
        return new SignResult(signature.Digest.ToString(), signature.KeyId, false, evaluation);
    }

    private static async Task<VerifiedArtifact?> ValidAsync(string artifact, EcdsaPublicKey publicKey, CancellationToken cancellationToken)
    {
        if (!File.Exists(ArtifactPaths.SignatureOf(artifact)))
        {
            return null;
        }

        try
        {
            return await ModelVerifier.VerifyDigestsAsync(artifact, new ModelVerificationPolicy { PublicKey = publicKey, RequireSignature = true }, cancellationToken);
        }
        catch (SupplyChainException)
        {
            // Another key's, or over other content: to be replaced.
            return null;
        }
    }
}
