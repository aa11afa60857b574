using System.CommandLine;

namespace EnterpriseAI.Agent.Commands;

/// <summary>The option that every command has: where the result goes besides standard output.</summary>
internal static class TerminationLog
{
    private const string Name = "--termination-log";

    public static Option<string?> Option() => new(Name)
    {
        Description = $"File for the result, the container's termination message. Default: {TerminationMessage.DefaultPath} when it exists.",
        HelpName = "FILE",
    };

    /// <summary>Its value in a command line that may be wrong elsewhere.</summary>
    public static string? In(ParseResult parsed)
        => parsed.CommandResult.Command.Options.OfType<Option<string?>>().FirstOrDefault(option => option.Name == Name) is { } option
            ? parsed.GetValue(option)
            : null;
}
