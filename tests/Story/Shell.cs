using System.Diagnostics;

namespace EnterpriseAI.Story;

/// <summary>Runs programs as a user's shell would, and fails with what they said.</summary>
public static class Shell
{
    /// <summary>Standard output and error of a program that must succeed.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input = null, CancellationToken cancellationToken = default)
    {
        var (code, output) = await TryAsync(program, arguments, input, cancellationToken);
        return code == 0 ? output : throw new StoryException($"{program} {string.Join(' ', arguments)} failed ({code}): {output.Trim()}");
    }

    /// <summary>Exit code and everything a program said.</summary>
    public static async Task<(int Code, string Output)> TryAsync(string program, IEnumerable<string> arguments, string? input = null, CancellationToken cancellationToken = default)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await error);
    }

    /// <summary>One of the project's own programs, as built beside this one.</summary>
    public static Task<(int Code, string Output)> OwnAsync(string name, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        TryAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{name}.dll"), .. arguments], cancellationToken: cancellationToken);
}

/// <summary>A step of the story did not come out as it must; the message tells what was seen.</summary>
public sealed class StoryException(string message) : Exception(message);
