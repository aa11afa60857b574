using System.Diagnostics;

namespace EnterpriseAI.Mutations;

/// <summary>Runs tests in a process of their own, which is this program again under the dependencies of the tests.</summary>
internal static class TestProcess
{
    /// <summary>What ends the name of a result in the output of the process; all else there is the tests' own.</summary>
    public const string Mark = "\u001e";

    /// <summary>Runs the tests.</summary>
    /// <param name="assembly">The compiled tests.</param>
    /// <param name="off">The check that is switched off; null to record which checks each test reaches.</param>
    /// <param name="tests">Full names of the tests; null for all.</param>
    /// <param name="limit">After this the process is ended.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <returns>The lines that the host printed, and whether it ended by itself.</returns>
    public static async Task<(IReadOnlyList<string> Lines, bool IsEnded)> RunAsync(string assembly, int? off, IReadOnlyList<string>? tests, TimeSpan limit, CancellationToken cancellationToken)
    {
        var bare = Path.ChangeExtension(assembly, null);
        var start = new ProcessStartInfo("dotnet",
            ["exec", "--depsfile", $"{bare}.deps.json", "--runtimeconfig", $"{bare}.runtimeconfig.json", typeof(TestProcess).Assembly.Location, "host", assembly, off?.ToString() ?? "none", tests is null ? "all" : "some"])
        {
            WorkingDirectory = Path.GetDirectoryName(assembly),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        foreach (var test in tests ?? [])
            await process.StandardInput.WriteLineAsync(test.AsMemory(), cancellationToken);
        process.StandardInput.Close();

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        var lines = new List<string>();
        try
        {
            while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                if (line.StartsWith(Mark, StringComparison.Ordinal))
                    lines.Add(line[Mark.Length..]);
            }
            await process.WaitForExitAsync(deadline.Token);
            return (lines, true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (lines, false);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
