using System.CommandLine;
using EnterpriseAI.Cli;
using EnterpriseAI.Cli.Audit;

var root = new RootCommand("kubectl plugin of EnterpriseAI: approve model versions, see what goes on, verify the audit log.")
{
    ApproveCommand.Build(),
    StatusCommand.Build(),
    new Command("audit", "The tamper-evident audit log.") { ListCommand.Build(), ExportCommand.Build(), VerifyCommand.Build() },
};
return await CommandRun.RunAsync(root, args);
