using System.Xml.Linq;

namespace EnterpriseAI.Operator.Tests;

public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Telemetry"] = [],
        ["Kubernetes"] = [],
        ["SupplyChain"] = [],
        ["Data"] = [],
        ["Controllers"] = ["Kubernetes"],
        ["Api"] = ["Kubernetes"],
        ["Audit"] = ["Telemetry"],
        ["Agent"] = ["Data", "SupplyChain"],
        ["ModelServer"] = ["SupplyChain", "Telemetry"],
        ["Gateway"] = ["Api", "Controllers", "Kubernetes", "Telemetry"],
        ["Operator"] = ["Api", "Audit", "Controllers", "Kubernetes", "SupplyChain", "Telemetry"],
        ["Cli"] = ["Api", "Audit", "Kubernetes", "SupplyChain"],
    };

    [Test]
    public void Projects_know_only_whom_the_architecture_lets_them_know()
    {
        var projects = Directory.EnumerateFiles(Path.Combine(Root(), "operator"), "EnterpriseAI.*.csproj", SearchOption.AllDirectories).ToList();
        Assert.That(projects.Select(Name), Is.EquivalentTo(Arrows.Keys), "a project was added or removed: say in ARCHITECTURE.md and here whom it knows");
        foreach (var project in projects)
        {
            var known = XDocument.Load(project).Descendants("ProjectReference").Select(r => Name(r.Attribute("Include")!.Value));
            Assert.That(known, Is.SubsetOf(Arrows[Name(project)]), $"{Name(project)} knows a project that it must not know");
        }
    }

    private static string Name(string path) => Path.GetFileNameWithoutExtension(path)["EnterpriseAI.".Length..];

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EnterpriseAI.Operator.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
