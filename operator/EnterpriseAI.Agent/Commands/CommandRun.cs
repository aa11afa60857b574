using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Data;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Commands;

/// <summary>Runs the body of a command and reports how it ended: result, termination message, one line of error, exit code.</summary>
internal static class CommandRun
{
    public static async Task<int> RunAsync<TResult>(
        AgentHost host, string? terminationLog, JsonTypeInfo<TResult> type, Func<CancellationToken, Task<TResult>> body, CancellationToken cancellationToken)
    {
        try
        {
            var json = JsonSerializer.Serialize(await body(cancellationToken), type);
            await TerminationMessage.WriteAsync(terminationLog, json, CancellationToken.None);
            host.Say(json);
            return 0;
        }
        catch (Exception exception)
        {
            // The pod's owner needs a termination message also when the fault is this program's own.
            var failure = Explained(exception, cancellationToken);
            if (failure is null)
            {
                host.Say(exception.ToString());
                failure = AgentFailure.BadInput("InternalError", $"a defect of the agent, its log has the details: {exception.GetType().Name}: {exception.Message}", exception);
            }

            return await FailAsync(host, terminationLog, failure);
        }
    }

    public static async Task<int> FailAsync(AgentHost host, string? terminationLog, AgentFailure failure)
    {
        var json = TerminationMessage.Failure(failure.Reason, failure.Message);
        await host.Error.WriteLineAsync($"agent: {failure.Message}");
        try
        {
            await TerminationMessage.WriteAsync(terminationLog, json, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            host.Say($"--termination-log: {terminationLog} cannot be written: {exception.Message}");
        }

        host.Say(json);
        return failure.ExitCode;
    }

    // Null for what is a defect of this program.
    private static AgentFailure? Explained(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        AgentFailure failure => failure,
        SupplyChainException { Reason: SupplyChainReason.ArtifactUnreadable } refused
            => AgentFailure.WorthRetrying(refused.Reason.ToString(), refused.Message, refused),
        SupplyChainException refused => AgentFailure.BadInput(refused.Reason.ToString(), refused.Message, refused),
        DataSourceException { IsTransient: true } source => AgentFailure.WorthRetrying(source.Reason, source.Message, source),
        DataSourceException source => AgentFailure.BadInput(source.Reason, source.Message, source),
        OperationCanceledException when cancellationToken.IsCancellationRequested
            => AgentFailure.WorthRetrying("Interrupted", "the agent was told to stop before it was done", exception),
        IOException or UnauthorizedAccessException => AgentFailure.WorthRetrying("InputOutputError", exception.Message, exception),
        DllNotFoundException => AgentFailure.BadInput("NativeLibraryMissing", exception.Message, exception),
        _ => null,
    };
}
