using System.CommandLine;
using EnterpriseAI.Cli.Audit;
using EnterpriseAI.Cli.Verification;

namespace EnterpriseAI.Cli;

/// <summary>The plugin's commands.</summary>
internal static class PluginCommand
{
    public static RootCommand Build() => new("kubectl plugin of EnterpriseAI: approve model versions, see what goes on, verify the audit log, sign and verify models.")
    {
        ApproveCommand.Build(),
        StatusCommand.Build(),
        new Command("audit", "The tamper-evident audit log.") { ListCommand.Build(), ExportCommand.Build(), VerifyCommand.Build() },
        VerifyBundleCommand.Build(),
        VerifyModelCommand.Build(),
        SignModelCommand.Build(),
    };
}
