using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary><c>verify-image</c>: an image, or any other artifact in a registry, against the signatures that are kept beside it.</summary>
internal static class VerifyImageCommand
{
    public static Command Build()
    {
        var signer = new SignerOptions();
        var registry = new RegistryOptions();
        var image = new Argument<string>("IMAGE") { Description = "The image: registry/repository[:tag][@digest]." };
        var command = new Command("verify-image", "Verify the signatures of an image in a registry, as cosign makes them. Prints the image by its digest.") { image };
        signer.AddTo(command);
        registry.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var reference = OciReference.Parse(parsed.GetValue(image)!);
            var (verifier, policy) = await signer.LoadAsync(parsed, cancellationToken);
            using var http = OciRegistry.CreateHttpClient();
            var verified = await new ImageVerifier(new OciRegistry(http, await registry.LoadAsync(parsed, cancellationToken)), verifier).VerifyAsync(reference, policy, cancellationToken);
            foreach (var signature in verified.Signatures)
                Console.WriteLine($"verified: {SignerOptions.Description(signature.Result)}, found under {signature.Source}");
            Console.WriteLine(verified.Reference);
            return 0;
        });
        return command;
    }
}
