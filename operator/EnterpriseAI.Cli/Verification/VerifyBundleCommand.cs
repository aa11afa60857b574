using System.CommandLine;
using System.Text;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary><c>verify-bundle</c>: an artifact against a Sigstore bundle. Takes the arguments that sigstore-conformance gives.</summary>
internal static class VerifyBundleCommand
{
    private const string DigestPrefix = "sha256:";
    private const int DigestHexLength = 64;
    private const int MaxFileBytes = 1 << 20;

    public static Command Build()
    {
        var bundle = new Option<FileInfo?>("--bundle") { Description = "The bundle, also in the forms that cosign wrote before version 3.", HelpName = "FILE" };
        var signature = new Option<FileInfo?>("--signature") { Description = "The signature, base64, where it is in a file of its own; --bundle is then the log's promise, if there is one.", HelpName = "FILE" };
        var certificate = new Option<FileInfo?>("--certificate") { Description = "With --signature: the signing certificate, PEM, unless a key signed.", HelpName = "FILE" };
        var signer = new SignerOptions();
        var artifact = new Argument<string>("FILE_OR_DIGEST") { Description = "The artifact, or sha256: and its digest in hexadecimal." };
        var command = new Command("verify-bundle", "Verify an artifact against a Sigstore bundle, offline.") { bundle, signature, certificate, artifact };
        signer.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (verifier, policy) = await signer.LoadAsync(parsed, cancellationToken);
            var read = await ReadAsync(parsed.GetValue(bundle), parsed.GetValue(signature), parsed.GetValue(certificate), cancellationToken);
            var result = Digest(parsed.GetValue(artifact)!) is { } digest
                ? verifier.VerifyDigest(digest, HashAlgorithmType.Sha256, read, policy)
                : await verifier.VerifyFileAsync(new FileInfo(parsed.GetValue(artifact)!), read, policy, cancellationToken);
            Console.WriteLine($"verified: {SignerOptions.Description(result)}");
            return 0;
        });
        return command;
    }

    private static async Task<SigstoreBundle> ReadAsync(FileInfo? bundle, FileInfo? signature, FileInfo? certificate, CancellationToken cancellationToken)
    {
        if (signature is not null)
            return CosignBundle.Read(await TextAsync(signature), certificate is null ? null : await TextAsync(certificate), bundle is null ? null : Encoding.UTF8.GetBytes(await TextAsync(bundle)));
        if (certificate is not null)
            throw new ArgumentException("--certificate goes with --signature: a bundle has its own");
        return await SigstoreBundle.LoadAsync(bundle ?? throw new ArgumentException("--bundle is missing"), cancellationToken);

        async Task<string> TextAsync(FileInfo file) => file.Length <= MaxFileBytes
            ? await File.ReadAllTextAsync(file.FullName, cancellationToken) : throw new ArgumentException($"'{file.FullName}' is larger than {MaxFileBytes} bytes");
    }

    // A file of that very name is a file.
    private static byte[]? Digest(string text) =>
        text.Length == DigestPrefix.Length + DigestHexLength && text.StartsWith(DigestPrefix, StringComparison.Ordinal)
            && text.AsSpan(DigestPrefix.Length).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0 && !Path.Exists(text)
                ? Convert.FromHexString(text.AsSpan(DigestPrefix.Length)) : null;
}
