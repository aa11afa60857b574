using System.CommandLine;

namespace EnterpriseAI.Cli.Audit;

/// <summary><c>audit</c>: the tamper-evident audit log.</summary>
internal static class AuditCommand
{
    public static Command Build(CommandEnvironment environment) => new("audit", "The tamper-evident audit log.")
    {
        ListCommand.Build(environment),
        ExportCommand.Build(),
        VerifyCommand.Build(),
    };
}
