using System.CommandLine;
using System.CommandLine.Parsing;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary><c>sign-model</c>: signs a model as OpenSSF model signing has it. Takes the arguments that the model signing conformance suite gives.</summary>
internal static class SignModelCommand
{
    public static Command Build()
    {
        var options = new ModelOptions("With --method certificate: a PEM with certificates above the signing one, the nearest first. May be given several times.");
        var output = new Option<FileInfo>("--output-bundle") { Description = "Where to write the signature.", HelpName = "FILE", Required = true };
        var privateKey = new Option<FileInfo?>("--private-key") { Description = "The private ECDSA key, unencrypted PEM.", HelpName = "PEM" };
        var certificate = new Option<FileInfo?>("--signing-cert") { Description = "With --method certificate: the key's certificate, PEM.", HelpName = "PEM" };
        var shardSize = new Option<long?>("--shard-size") { Description = "Sign ranges of this many bytes rather than whole files, so that several processors can check one large file.", HelpName = "BYTES" };
        var hash = new Option<ContentHashKind>("--hash") { Description = "The hash of each file: sha256 (the default) or blake2b.", HelpName = "NAME", CustomParser = HashOf };
        var command = new Command("sign-model", "Sign a model: writes an OpenSSF model signature.") { output, privateKey, certificate, shardSize, hash };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var method = options.Method(parsed);
            if (method is SigningMethod.Sigstore)
                throw new ArgumentException("--method sigstore: signing by way of Sigstore needs its services and is not offered here; sign with --method key or certificate, or with another tool, and verify here");
            using var key = await SigningKey.LoadAsync(ModelOptions.Required(parsed.GetValue(privateKey), "--private-key", method).FullName, cancellationToken);
            var signature = await ModelSigner.SignAsync(options.Model(parsed), key, new ModelSigningOptions
            {
                SignaturePath = parsed.GetValue(output)!.FullName,
                IgnorePaths = options.Ignored(parsed),
                ShardSize = parsed.GetValue(shardSize),
                Hash = parsed.GetValue(hash),
                Limits = ModelOptions.Limits,
                Certificate = method is SigningMethod.Certificate
                    ? await SigningCertificate.LoadAsync(ModelOptions.Required(parsed.GetValue(certificate), "--signing-cert", method).FullName, options.Chain(parsed), cancellationToken)
                    : null,
            }, cancellationToken);
            Console.WriteLine($"{signature.File}: signed {signature.Digest} with key {signature.KeyId}");
            return 0;
        });
        return command;
    }

    private static ContentHashKind HashOf(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "sha256":
                return ContentHashKind.Sha256;
            case "blake2b":
                return ContentHashKind.Blake2b;
            case "blake3":
                result.AddError("--hash blake3 is not offered: OpenSSL, which hashes here, has no BLAKE3; give sha256 or blake2b");
                return default;
            default:
                result.AddError($"--hash '{result.Tokens[0].Value}' is not valid: give sha256 or blake2b");
                return default;
        }
    }
}
