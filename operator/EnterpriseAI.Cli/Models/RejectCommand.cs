using System.CommandLine;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model reject</c>: rejects a model version in the name of the user who runs it. Others will want to know why.</summary>
internal static class RejectCommand
{
    public static Command Build(CommandEnvironment environment) => Decision.Command(environment, "reject",
        "Reject a model version: it is not served until you decide otherwise, however many others approve.", ApproverDecision.Reject, needsComment: true);
}
