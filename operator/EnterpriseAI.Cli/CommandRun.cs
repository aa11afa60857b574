using System.CommandLine;
using EnterpriseAI.Audit;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli;

/// <summary>Command-line conventions: one clear line on bad arguments or a failure, and a non-zero exit.</summary>
internal static class CommandRun
{
    /// <summary>0 when it ended well, 1 when it failed or found faults, 2 when the arguments are wrong.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter error)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
            return await FailAsync(error, 2, $"{parsed.Errors[0].Message}; see --help");
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (KubernetesException e)
        {
            return await FailAsync(error, 1, e.Status.Message ?? e.Message);
        }
        catch (Exception e) when (e is AuditUnavailableException or IOException or UnauthorizedAccessException or HttpRequestException or FormatException or ArgumentException or KubeconfigException or SupplyChainException or TimeoutException)
        {
            return await FailAsync(error, 1, e.Message);
        }
    }

    private static async Task<int> FailAsync(TextWriter error, int code, string message)
    {
        await error.WriteLineAsync($"kubectl-enterpriseai: {message.ReplaceLineEndings(" ")}");
        return code;
    }
}
