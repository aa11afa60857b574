using System.CommandLine;
using EnterpriseAI.Cli.Audit;

namespace EnterpriseAI.Cli;

/// <summary>The plugin's commands.</summary>
internal static class PluginCommand
{
    public static RootCommand Build() => new("kubectl plugin of EnterpriseAI: approve model versions, see what goes on, verify the audit log.")
    {
        ApproveCommand.Build(),
        StatusCommand.Build(),
        new Command("audit", "The tamper-evident audit log.") { ListCommand.Build(), ExportCommand.Build(), VerifyCommand.Build() },
    };
}
