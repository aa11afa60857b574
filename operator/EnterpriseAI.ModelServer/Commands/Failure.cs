using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Commands;

/// <summary>Tells people and the kubelet why the process ends.</summary>
internal static class Failure
{
    /// <returns>The exit code.</returns>
    public static async Task<int> ReportAsync(ModelRefusedException refusal, string? terminationLog, CancellationToken cancellationToken)
    {
        await Console.Error.WriteLineAsync($"model-server: {refusal.Message} ({refusal.Reason})").ConfigureAwait(false);
        try
        {
            await TerminationLog.WriteAsync(terminationLog, TerminationLog.Error(refusal.Reason, refusal.Message), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"model-server: --termination-log cannot be written: {e.Message}").ConfigureAwait(false);
        }
        return refusal.ExitCode;
    }
}
