using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary>How the commands speak to registries.</summary>
internal sealed class RegistryOptions
{
    private readonly Option<FileInfo?> _config = new("--registry-config") { Description = $"A docker config.json with the registry's credentials. Default: {DockerConfig.DefaultPath}, where it exists.", HelpName = "FILE" };
    private readonly Option<bool> _plain = new("--allow-http-registry") { Description = "Speak to the registry without TLS. A registry on this machine is spoken to so in any case." };

    public void AddTo(Command command)
    {
        command.Add(_config);
        command.Add(_plain);
    }

    /// <exception cref="SupplyChainException">The config cannot be read.</exception>
    public async Task<OciRegistryOptions> LoadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetValue(_config)?.FullName ?? (Path.IsPathRooted(DockerConfig.DefaultPath) && File.Exists(DockerConfig.DefaultPath) ? DockerConfig.DefaultPath : null);
        var config = path is null ? null : await DockerConfig.LoadAsync(path, cancellationToken);
        return new OciRegistryOptions { Credentials = reference => config?.For(reference), PlainHttp = parsed.GetValue(_plain) ? PlainHttp.Always : PlainHttp.Loopback };
    }
}
