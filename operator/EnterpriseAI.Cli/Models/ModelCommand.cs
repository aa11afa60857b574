using System.CommandLine;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model</c>: everything about model versions.</summary>
internal static class ModelCommand
{
    public static Command Build(CommandEnvironment environment) => new("model", "Model versions: what there is, who stands for it, what became of it.")
    {
        ListCommand.Build(environment),
        ShowCommand.Build(environment),
        ApproveCommand.Build(environment),
        RejectCommand.Build(environment),
        WithdrawCommand.Build(environment),
        RevokeCommand.Build(environment),
        StageCommand.Build(environment),
        VerifyCommand.Build(environment),
        SignCommand.Build(environment),
        DiffCommand.Build(environment),
        LineageCommand.Build(environment),
    };

    /// <summary>The version that a command is about.</summary>
    public static Argument<string> Name() => new("name") { Description = "Name of the ModelVersion." };
}
