using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary><c>verify-model</c>: a model against an OpenSSF model signature. Takes the arguments that the model signing conformance suite gives.</summary>
internal static class VerifyModelCommand
{
    public static Command Build()
    {
        var options = new ModelOptions("A PEM with certificates of the authority, the root among them. May be given several times.");
        var bundle = new Option<FileInfo>("--bundle") { Description = "The signature.", HelpName = "FILE", Required = true };
        var publicKey = new Option<FileInfo?>("--public-key") { Description = "With --method key: the public ECDSA key, PEM.", HelpName = "PEM" };
        var identity = new Option<string?>("--identity") { Description = "With --method sigstore: whom the signing certificate must name.", HelpName = "IDENTITY" };
        var provider = new Option<string?>("--identity-provider") { Description = "With --method sigstore: who must have vouched for the identity.", HelpName = "URL" };
        var unsigned = new Option<bool>("--ignore-unsigned-files") { Description = "Accept further files that are not signed." };
        var root = new TrustedRootOption("--use-staging");
        var command = new Command("verify-model", "Verify a model against its OpenSSF model signature, offline.") { bundle, publicKey, identity, provider, unsigned };
        options.AddTo(command);
        root.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var policy = new ModelVerificationPolicy
            {
                SignaturePath = parsed.GetValue(bundle)!.FullName,
                IgnorePaths = options.Ignored(parsed),
                IgnoreUnsignedFiles = parsed.GetValue(unsigned),
                Limits = ModelOptions.Limits,
            };
            policy = options.Method(parsed) switch
            {
                SigningMethod.Key => policy with { PublicKey = await EcdsaPublicKey.LoadAsync(ModelOptions.Required(parsed.GetValue(publicKey), "--public-key", SigningMethod.Key).FullName, cancellationToken) },
                SigningMethod.Certificate => policy with { TrustedCertificates = await TrustedCertificates.LoadAsync(options.Chain(parsed), cancellationToken) },
                _ => policy with
                {
                    CertificateIdentity = new CertificateIdentity
                    {
                        SubjectAlternativeName = ModelOptions.Required(parsed.GetValue(identity), "--identity", SigningMethod.Sigstore),
                        Issuer = ModelOptions.Required(parsed.GetValue(provider), "--identity-provider", SigningMethod.Sigstore),
                    },
                    TrustedRoot = await root.RequireAsync(parsed, cancellationToken),
                },
            };
            var signer = await ModelVerifier.CheckAsync(options.Model(parsed), policy, cancellationToken);
            Console.WriteLine($"verified: signed by {signer.Subject ?? $"key {signer.KeyId}"}{(signer.Issuer is { } issuer ? $" ({issuer})" : "")}");
            return 0;
        });
        return command;
    }
}
