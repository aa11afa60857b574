using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary>Which Sigstore instance is trusted. None is built in: whoever chooses the root chooses whom to believe.</summary>
internal sealed class TrustedRootOption
{
    private readonly Option<FileInfo?> _file = new("--trusted-root") { Description = $"The instance's trusted_root.json. Default: {DefaultPath(staging: false)}, where it exists.", HelpName = "FILE" };
    private readonly Option<bool> _staging;

    /// <param name="stagingName">What the conformance suite at hand calls the staging instance.</param>
    public TrustedRootOption(string stagingName) =>
        _staging = new Option<bool>(stagingName) { Description = $"Expect Sigstore's staging instance. Default root: {DefaultPath(staging: true)}." };

    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_staging);
    }

    /// <summary>The trusted root; null when none is given and there is none at the default place.</summary>
    /// <exception cref="SupplyChainException">The file cannot be read, or is not a trusted root.</exception>
    public async Task<TrustedRoot?> LoadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_file) is { } given)
            return await TrustedRoot.LoadAsync(given.FullName, cancellationToken);
        var path = DefaultPath(parsed.GetValue(_staging));
        // Without a home directory the path is relative, and what lies in the working directory must not decide whom to believe.
        return Path.IsPathRooted(path) && File.Exists(path) ? await TrustedRoot.LoadAsync(path, cancellationToken) : null;
    }

    /// <summary>As <see cref="LoadAsync"/>, for what cannot be verified without.</summary>
    /// <exception cref="SupplyChainException">There is none, or it is not a trusted root.</exception>
    public async Task<TrustedRoot> RequireAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        await LoadAsync(parsed, cancellationToken) ?? throw new SupplyChainException(SupplyChainReason.TrustedRootInvalid,
            $"there is no trusted root: give --trusted-root FILE, or put the instance's trusted_root.json at {DefaultPath(parsed.GetValue(_staging))}; the public instance's is the target of that name in Sigstore's TUF repository, which 'cosign initialize' fetches and checks");

    private static string DefaultPath(bool staging) => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "enterpriseai",
        staging ? "trusted_root.staging.json" : "trusted_root.json");
}
