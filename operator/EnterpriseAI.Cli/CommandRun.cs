using System.CommandLine;
using System.Text.Json;
using EnterpriseAI.Audit;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli;

/// <summary>Command-line conventions: one clear line on bad arguments or a failure, and a non-zero exit.</summary>
internal static class CommandRun
{
    /// <summary>0 when it ended well, 1 when it failed or found faults, 2 when the arguments are wrong or a comparison failed.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter error)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
            return await FailAsync(error, 2, $"{parsed.Errors[0].Message}; see --help");
        var failure = parsed.CommandResult.Command is ComparingCommand ? ComparingCommand.Trouble : 1;
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (KubernetesException e)
        {
            return await FailAsync(error, failure, e.Status.Message ?? e.Message);
        }
        catch (Exception e) when (e is AuditUnavailableException or IOException or UnauthorizedAccessException or HttpRequestException or FormatException or ArgumentException or KubeconfigException or SupplyChainException or TimeoutException or JsonException)
        {
            return await FailAsync(error, failure, e.Message);
        }
    }

    private static async Task<int> FailAsync(TextWriter error, int code, string message)
    {
        // The message may quote what others wrote into an object.
        await error.WriteLineAsync($"kubectl-enterpriseai: {PlainText.Line(message)}");
        return code;
    }
}
