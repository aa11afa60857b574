using System.Diagnostics;
using Microsoft.CodeAnalysis.CSharp;

namespace EnterpriseAI.Mutations;

/// <summary>A copy of the checkout in which every check of some sources has a switch.</summary>
/// <param name="Root">Its folder; inside the checkout, so that the tests find the sample data and the vectors as they do in the checkout.</param>
/// <param name="Checks">Every check, by its number.</param>
internal sealed record InstrumentedTree(string Root, IReadOnlyList<Check> Checks)
{
    // Each assembly has its own: no project would have to reference another for it.
    private const string SwitchSource = """
        namespace EnterpriseAI.Mutations;

        internal static class Switch
        {
            private static readonly System.Func<int, bool>? s_isOff = System.AppContext.GetData("EnterpriseAI.Mutations") as System.Func<int, bool>;

            public static bool IsOff(int number) => s_isOff?.Invoke(number) is true;
        }
        """;

    /// <summary>Copies what git knows or would add, rewrites the sources of the suites, and compiles the tests.</summary>
    /// <exception cref="InvalidOperationException">git or the compiler failed; the message holds what it said.</exception>
    public static async Task<InstrumentedTree> CreateAsync(string checkout, IReadOnlyList<Suite> suites, CancellationToken cancellationToken)
    {
        var root = Path.Combine(checkout, "artifacts", "mutations", "tree");
        if (Directory.Exists(root))
            Directory.Delete(root, recursive: true);
        var files = await RunAsync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], checkout, cancellationToken);
        foreach (var name in files.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(name => File.Exists(Path.Combine(checkout, name))))
        {
            var target = Path.Combine(root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(checkout, name), target);
        }

        var checks = new List<Check>();
        var projects = suites.SelectMany(suite => suite.Sources).Select(source => string.Join('/', source.Split('/').Take(2))).Distinct().ToList();
        foreach (var file in projects.SelectMany(project => Directory.EnumerateFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories)).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal))
        {
            if (!suites.Any(suite => suite.Has(file)))
                continue;
            var path = Path.Combine(root, file);
            var tree = CSharpSyntaxTree.ParseText(await File.ReadAllTextAsync(path, cancellationToken), new CSharpParseOptions(LanguageVersion.Preview), cancellationToken: cancellationToken);
            var rewritten = new SwitchRewriter(file, checks).Visit(await tree.GetRootAsync(cancellationToken));
            await File.WriteAllTextAsync(path, rewritten.ToFullString(), cancellationToken);
        }
        foreach (var project in projects)
            await File.WriteAllTextAsync(Path.Combine(root, project, "Switch.cs"), SwitchSource, cancellationToken);

        foreach (var tests in suites.Select(suite => suite.Tests).Distinct())
        {
            Console.WriteLine($"compiling {tests} with {checks.Count} switches");
            await RunAsync("dotnet", ["build", $"tests/{tests}", "-c", "Release", "-v", "q", "-nologo", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:NoWarn=CS1591%3BCS8602%3BCS8604%3BCS8600%3BCS8603%3BCS8629%3BCS0436"], root, cancellationToken);
        }
        return new InstrumentedTree(root, checks);
    }

    /// <summary>The compiled tests of a project.</summary>
    public string Assembly(string tests) => Path.Combine(Root, "artifacts", "dotnet", "bin", tests, "release", $"{tests}.dll");

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed:\n{output}");
    }
}
