using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary><c>verify-bundle</c>: an artifact against a Sigstore bundle. Takes the arguments that sigstore-conformance gives.</summary>
internal static class VerifyBundleCommand
{
    private const string DigestPrefix = "sha256:";
    private const int DigestHexLength = 64;

    public static Command Build()
    {
        var bundle = new Option<FileInfo>("--bundle") { Description = "The bundle.", HelpName = "FILE", Required = true };
        var identity = new Option<string?>("--certificate-identity") { Description = "Whom the signing certificate must name, exactly.", HelpName = "IDENTITY" };
        var identityPattern = new Option<string?>("--certificate-identity-regexp") { Description = "The same as a regular expression for the whole identity.", HelpName = "PATTERN" };
        var issuer = new Option<string?>("--certificate-oidc-issuer") { Description = "Who must have vouched for the identity, exactly.", HelpName = "URL" };
        var issuerPattern = new Option<string?>("--certificate-oidc-issuer-regexp") { Description = "The same as a regular expression for the whole issuer.", HelpName = "PATTERN" };
        var key = new Option<FileInfo?>("--key") { Description = "The public key that must have signed, PEM, instead of an identity.", HelpName = "PEM" };
        var unlogged = new Option<bool>("--insecure-ignore-tlog") { Description = "Accept a signature that no transparency log has recorded. Entries that are there are checked all the same." };
        var root = new TrustedRootOption("--staging");
        var artifact = new Argument<string>("FILE_OR_DIGEST") { Description = "The artifact, or sha256: and its digest in hexadecimal." };
        var command = new Command("verify-bundle", "Verify an artifact against a Sigstore bundle, offline.") { bundle, identity, identityPattern, issuer, issuerPattern, key, unlogged, artifact };
        root.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var policy = new VerificationPolicy
            {
                PublicKey = parsed.GetValue(key) is { } file ? await VerificationKey.LoadAsync(file.FullName, cancellationToken) : null,
                CertificateIdentity = (parsed.GetValue(identity) ?? parsed.GetValue(identityPattern) ?? parsed.GetValue(issuer) ?? parsed.GetValue(issuerPattern)) is null ? null : new CertificateIdentity
                {
                    SubjectAlternativeName = parsed.GetValue(identity),
                    SubjectAlternativeNamePattern = parsed.GetValue(identityPattern),
                    Issuer = parsed.GetValue(issuer),
                    IssuerPattern = parsed.GetValue(issuerPattern),
                },
                RequireTransparencyLog = !parsed.GetValue(unlogged),
            };
            // A signature by a key that nothing else vouches for needs no root.
            var verifier = new SigstoreVerifier(policy.PublicKey is null
                ? await root.RequireAsync(parsed, cancellationToken)
                : await root.LoadAsync(parsed, cancellationToken) ?? TrustedRoot.Empty);
            var result = Digest(parsed.GetValue(artifact)!) is { } digest
                ? verifier.VerifyDigest(digest, HashAlgorithmType.Sha256, await SigstoreBundle.LoadAsync(parsed.GetValue(bundle)!, cancellationToken), policy)
                : await verifier.VerifyFileAsync(new FileInfo(parsed.GetValue(artifact)!), parsed.GetValue(bundle)!, policy, cancellationToken);
            Console.WriteLine($"verified: {Description(result)}");
            return 0;
        });
        return command;
    }

    // A file of that very name is a file.
    private static byte[]? Digest(string text) =>
        text.Length == DigestPrefix.Length + DigestHexLength && text.StartsWith(DigestPrefix, StringComparison.Ordinal)
            && text.AsSpan(DigestPrefix.Length).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0 && !Path.Exists(text)
                ? Convert.FromHexString(text.AsSpan(DigestPrefix.Length)) : null;

    private static string Description(VerificationResult result)
    {
        var signer = result.SignerIdentity is { } identity ? $"signed by {identity.SubjectAlternativeName} ({identity.Issuer})" : "signed by the key";
        var time = result.VerifiedTimestamps.Count > 0 ? $" by {result.VerifiedTimestamps.Min(static timestamp => timestamp.Time):u}" : "";
        return $"{signer}{time}{string.Concat(result.LogEntries.Select(static entry => $", entry {entry.LogIndex} of {entry.Log}"))}";
    }
}
