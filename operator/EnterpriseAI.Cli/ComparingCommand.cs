using System.CommandLine;

namespace EnterpriseAI.Cli;

/// <summary>A command that answers with its exit code, as <c>diff</c> does. 1 is an answer there, so that trouble needs a code of its own.</summary>
internal sealed class ComparingCommand(string name, string description) : Command(name, description)
{
    public const int Same = 0;
    public const int Different = 1;
    public const int Trouble = 2;
}
