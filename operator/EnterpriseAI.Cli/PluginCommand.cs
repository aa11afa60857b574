using System.CommandLine;
using EnterpriseAI.Cli.Audit;
using EnterpriseAI.Cli.Models;
using EnterpriseAI.Cli.Verification;

namespace EnterpriseAI.Cli;

/// <summary>The plugin's commands.</summary>
internal static class PluginCommand
{
    public static RootCommand Build(CommandEnvironment? environment = null)
    {
        environment ??= new CommandEnvironment();
        return new RootCommand("kubectl plugin of EnterpriseAI: judge model versions, see what goes on, verify the audit log, sign and verify models.")
        {
            ModelCommand.Build(environment),
            // Short for: model approve.
            ApproveCommand.Build(environment),
            StatusCommand.Build(environment),
            AuditCommand.Build(environment),
            VerifyBundleCommand.Build(),
            VerifyImageCommand.Build(),
            VerifyAttestationCommand.Build(),
            VerifyModelCommand.Build(),
            SignModelCommand.Build(),
        };
    }
}
