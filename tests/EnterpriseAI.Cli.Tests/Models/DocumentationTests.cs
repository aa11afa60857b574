using System.Text;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Cli.Tests.Models;

/// <summary>
/// Every example of docs/kubectl-enterpriseai.md is run and must give what stands there. With ENTERPRISEAI_WRITE_DOCS=1 the outputs are
/// written into the file instead, to be looked at before they are committed.
/// </summary>
public sealed partial class DocumentationTests
{
    private const string Prompt = "$ kubectl enterpriseai ";

    private static string Document()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EnterpriseAI.Operator.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "docs", "kubectl-enterpriseai.md");
    }

    [Test]
    public async Task Every_example_gives_what_the_documentation_says()
    {
        var document = await File.ReadAllTextAsync(Document());
        var examples = Example().Matches(document);
        foreach (var command in (string[])["list", "show", "approve", "reject", "withdraw", "revoke", "stage", "verify", "sign", "diff", "lineage"])
            Assert.That(examples.Any(e => e.Groups["line"].Value.StartsWith($"model {command} ", StringComparison.Ordinal) || e.Groups["line"].Value == $"model {command}"), $"no example of model {command}");

        var written = new StringBuilder();
        var end = 0;
        var isWriting = Environment.GetEnvironmentVariable("ENTERPRISEAI_WRITE_DOCS") == "1";
        foreach (Match example in examples)
        {
            var output = await RunAsync(example.Groups["line"].Value);
            if (!isWriting)
                Assert.That(output, Is.EqualTo(example.Groups["output"].Value), $"{Prompt}{example.Groups["line"].Value}");
            written.Append(document, end, example.Groups["output"].Index - end).Append(output);
            end = example.Groups["output"].Index + example.Groups["output"].Length;
        }
        if (isWriting)
            await File.WriteAllTextAsync(Document(), written.Append(document, end, document.Length - end).ToString());
    }

    private static async Task<string> RunAsync(string line)
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        (string Shown, string Real)[] paths = [("./penguin-species", penguins.Path), ("./cosign.key", penguins.KeyFile), ("./cosign.pub", penguins.PublicKeyFile)];
        string[] arguments = [.. Argument().Matches(line).Select(m => paths.Aggregate(m.Groups["quoted"].Success ? m.Groups["quoted"].Value : m.Value, (text, path) => text.Replace(path.Shown, path.Real)))];
        var run = await cluster.RunAsync(arguments);
        return paths.Aggregate(run.Error + run.Output, (text, path) => text.Replace(path.Real, path.Shown));
    }

    [GeneratedRegex(@"^```\n\$ kubectl enterpriseai (?<line>[^\n]+)\n(?<output>[^`]*?)^```$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex("\"(?<quoted>[^\"]*)\"|[^ \"]+")]
    private static partial Regex Argument();
}
