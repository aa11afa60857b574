namespace EnterpriseAI.Agent;

/// <summary>What the agent takes from the process around it, so that a test can give its own.</summary>
/// <param name="Out">Progress for people and, as the last line, the JSON result.</param>
/// <param name="Error">One line when the agent fails.</param>
/// <param name="Environment">Reads an environment variable; null when it is not set.</param>
/// <param name="Time">The clock of every timeout.</param>
public sealed record AgentHost(TextWriter Out, TextWriter Error, Func<string, string?> Environment, TimeProvider Time)
{
    /// <summary>The console, the environment and the clock of this process.</summary>
    public static AgentHost OfThisProcess()
        => new(Console.Out, Console.Error, System.Environment.GetEnvironmentVariable, TimeProvider.System);

    /// <summary>Writes one line of progress, at once.</summary>
    public void Say(string line)
    {
        lock (Out)
        {
            Out.WriteLine(line);
            Out.Flush();
        }
    }
}
