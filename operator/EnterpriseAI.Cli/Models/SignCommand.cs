using System.CommandLine;
using EnterpriseAI.Cli.Verification;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model sign</c>: signs local bytes, and writes the manifest of a model version that asks for just these.</summary>
internal static class SignCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var path = new Argument<string>("path") { Description = "The model: a file, or a folder with the files." };
        var key = new Option<FileInfo>("--key") { Description = "The private ECDSA key, unencrypted PEM.", HelpName = "PEM", Required = true };
        var certificate = new Option<FileInfo?>("--certificate") { Description = "The key's certificate of an own authority, PEM.", HelpName = "PEM" };
        var chain = new Option<string[]>("--cert-chain") { Description = "A PEM with certificates above it, the nearest first. May be given several times.", HelpName = "FILE" };
        var output = new Option<FileInfo?>("--signature") { Description = $"Where to write the signature. Default: {ArtifactPaths.SignatureFile} in the folder or beside the file, where it is looked for.", HelpName = "FILE" };
        var shardSize = new Option<long?>("--shard-size") { Description = "Sign ranges of this many bytes rather than whole files, so that several processors can check one large file.", HelpName = "BYTES" };
        var model = new Option<string?>("--model") { Description = "Name of the model, for the manifest.", HelpName = "MODEL" };
        var version = new Option<string?>("--model-version") { Description = "Its version, for the manifest.", HelpName = "VERSION" };
        var uri = new Option<string?>("--uri") { Description = "Where the cluster finds the bytes, for the manifest.", HelpName = "URI" };
        var secret = new Option<string?>("--public-key-secret") { Description = "Secret with the public key, for the manifest.", HelpName = "NAME" };
        var command = new Command("sign", "Sign a model, and print the manifest of a ModelVersion for it. What the manifest cannot know stands there in capitals, unless it is given.")
        {
            path, key, certificate, chain, output, shardSize, model, version, uri, secret,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var privateKey = await SigningKey.LoadAsync(parsed.GetValue(key)!.FullName, cancellationToken);
            var signature = await ModelSigner.SignAsync(parsed.GetValue(path)!, privateKey, new ModelSigningOptions
            {
                SignaturePath = parsed.GetValue(output)?.FullName,
                ShardSize = parsed.GetValue(shardSize),
                Limits = ModelOptions.Limits,
                Certificate = parsed.GetValue(certificate) is { } pem ? await SigningCertificate.LoadAsync(pem.FullName, parsed.GetValue(chain) ?? [], cancellationToken) : null,
            }, cancellationToken);
            environment.WriteLines(ManifestSnippet.Of(signature, new ManifestFacts(
                parsed.GetValue(model), parsed.GetValue(version), parsed.GetValue(uri), parsed.GetValue(secret), HasCertificate: parsed.GetValue(certificate) is not null)));
            return 0;
        });
        return command;
    }
}
