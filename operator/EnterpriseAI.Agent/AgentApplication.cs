using System.CommandLine;
using System.CommandLine.Invocation;
using EnterpriseAI.Agent.Commands;

namespace EnterpriseAI.Agent;

/// <summary>The commands of the <c>agent</c> executable.</summary>
public static class AgentApplication
{
    // A worker that is told to stop needs a moment to tell the others.
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Runs one command line.</summary>
    /// <returns>0, <see cref="AgentFailure.Permanent"/> or <see cref="AgentFailure.Retryable"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, AgentHost host, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand(
            "Runs in the init containers and job pods of EnterpriseAI.Operator: profiles data, trains a classifier, fetches, signs and verifies artifacts. "
            + "The last line on standard output is the result as JSON; it is also the container's termination message. "
            + "Exit codes: 0 done, 1 bad input, 2 worth another attempt.")
        {
            ProfileCommand.Create(host),
            TrainCommand.Create(host),
            FetchCommand.Create(host),
            CacheCommand.Create(host),
            SignCommand.Create(host),
            VerifyCommand.Create(host),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            var message = string.Join("; ", parsed.Errors.Select(error => error.Message.TrimEnd('.')));
            return await CommandRun.FailAsync(
                host, TerminationLog.In(parsed), AgentFailure.BadInput("InvalidArguments", $"{message} (agent --help tells what is allowed)"));
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration { Output = host.Out, Error = host.Error, ProcessTerminationTimeout = TerminationTimeout },
            cancellationToken);
    }
}
