using System.CommandLine;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model withdraw</c>: takes back what the user who runs it decided before.</summary>
internal static class WithdrawCommand
{
    public static Command Build(CommandEnvironment environment) => Decision.Command(environment, "withdraw",
        "Withdraw your own earlier approval or rejection of a model version. What was decided stays on record.", ApproverDecision.Withdraw, needsComment: false);
}
