using System.CommandLine;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model approve</c>: approves a model version in the name of the user who runs it.</summary>
internal static class ApproveCommand
{
    public static Command Build(CommandEnvironment environment) => Decision.Command(environment, "approve",
        "Approve a model version. The admission webhook stamps who approved and when.", ApproverDecision.Approve, needsComment: false);
}
