using System.Diagnostics;

namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary>Runs the plugin as a user does, in this process or in one of its own.</summary>
internal static class Plugin
{
    public static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        using var error = new StringWriter();
        var code = await CommandRun.RunAsync(PluginCommand.Build(), arguments, error);
        return (code, error.ToString());
    }

    public static async Task<(int Code, string Error)> RunProcessAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments.Prepend(typeof(PluginCommand).Assembly.Location))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
