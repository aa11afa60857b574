using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary>Who must have signed, and whom to believe about it: what the commands that verify Sigstore signatures have in common.</summary>
internal sealed class SignerOptions
{
    private readonly Option<string?> _identity = new("--certificate-identity") { Description = "Whom the signing certificate must name, exactly.", HelpName = "IDENTITY" };
    private readonly Option<string?> _identityPattern = new("--certificate-identity-regexp") { Description = "The same as a regular expression for the whole identity.", HelpName = "PATTERN" };
    private readonly Option<string?> _issuer = new("--certificate-oidc-issuer") { Description = "Who must have vouched for the identity, exactly.", HelpName = "URL" };
    private readonly Option<string?> _issuerPattern = new("--certificate-oidc-issuer-regexp") { Description = "The same as a regular expression for the whole issuer.", HelpName = "PATTERN" };
    private readonly Option<FileInfo?> _key = new("--key") { Description = "The public key that must have signed, PEM, instead of an identity.", HelpName = "PEM" };
    private readonly Option<bool> _unlogged = new("--insecure-ignore-tlog") { Description = "Accept a signature that no transparency log has recorded. Entries that are there are checked all the same." };
    private readonly TrustedRootOption _root = new("--staging");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _identity, _identityPattern, _issuer, _issuerPattern, _key, _unlogged })
            command.Add(option);
        _root.AddTo(command);
    }

    /// <exception cref="SupplyChainException">The key or the trusted root cannot be used.</exception>
    public async Task<(SigstoreVerifier Verifier, VerificationPolicy Policy)> LoadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var policy = new VerificationPolicy
        {
            PublicKey = parsed.GetValue(_key) is { } file ? await VerificationKey.LoadAsync(file.FullName, cancellationToken) : null,
            CertificateIdentity = (parsed.GetValue(_identity) ?? parsed.GetValue(_identityPattern) ?? parsed.GetValue(_issuer) ?? parsed.GetValue(_issuerPattern)) is null ? null : new CertificateIdentity
            {
                SubjectAlternativeName = parsed.GetValue(_identity),
                SubjectAlternativeNamePattern = parsed.GetValue(_identityPattern),
                Issuer = parsed.GetValue(_issuer),
                IssuerPattern = parsed.GetValue(_issuerPattern),
            },
            RequireTransparencyLog = !parsed.GetValue(_unlogged),
        };
        // A signature by a key that nothing else vouches for needs no root.
        var root = policy.PublicKey is null ? await _root.RequireAsync(parsed, cancellationToken) : await _root.LoadAsync(parsed, cancellationToken) ?? TrustedRoot.Empty;
        return (new SigstoreVerifier(root), policy);
    }

    /// <summary>Who signed, when, and where that is recorded, in one line.</summary>
    public static string Description(VerificationResult result)
    {
        var signer = result.SignerIdentity is { } identity ? $"signed by {identity.SubjectAlternativeName} ({identity.Issuer})" : "signed by the key";
        var time = result.VerifiedTimestamps.Count > 0 ? $" by {result.VerifiedTimestamps.Min(static timestamp => timestamp.Time):u}" : "";
        return $"{signer}{time}{string.Concat(result.LogEntries.Select(static entry => $", entry {entry.LogIndex} of {entry.Log}"))}";
    }
}
