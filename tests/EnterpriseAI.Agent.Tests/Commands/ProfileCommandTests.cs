using System.Text.Json;

namespace EnterpriseAI.Agent.Tests.Commands;

public sealed class ProfileCommandTests
{
    [Test]
    public async Task Penguins_are_profiled_with_a_summary_as_result_and_the_whole_profile_in_a_file()
    {
        using var workspace = new Workspace();
        var spec = workspace.Write("spec.json", """{"quality":{"completeness":{"minimum":0.5}}}""");

        var run = await workspace.AgentAsync(["profile", "--source", $"file:{Workspace.Penguins()}", "--format", "Json", "--spec", spec, "--output", workspace.At("profile.json")]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(JsonDocument.Parse(run.LastLine).RootElement.GetProperty("snapshot").GetProperty("rows").GetInt64(), Is.EqualTo(344));
        Assert.That(TerminationMessage.Decode(run.TerminationLog!), Is.EqualTo(run.LastLine));
        Assert.That(JsonDocument.Parse(File.ReadAllText(workspace.At("profile.json"))).RootElement.ValueKind, Is.EqualTo(JsonValueKind.Object));
    }

    [Test]
    public async Task A_source_that_is_missing_or_of_no_known_kind_is_named()
    {
        using var workspace = new Workspace();

        var missing = await workspace.AgentAsync(["profile", "--source", $"file:{workspace.At("absent.csv")}"]);
        var unknown = await workspace.AgentAsync(["profile", "--source", "ftp://host/x.csv"]);
        var format = await workspace.AgentAsync(["profile", "--source", "file:/x", "--format", "Xml"]);

        Assert.That(new[] { missing.ExitCode, unknown.ExitCode, format.ExitCode }, Is.All.EqualTo(AgentFailure.Permanent));
        Assert.That(missing.TerminationLog, Does.Contain("SourceNotFound").And.Contain("absent.csv"));
        Assert.That(unknown.Error, Does.Contain("--source: 'ftp://host/x.csv' is not allowed"));
        Assert.That(format.Error, Does.Contain("--format: 'Xml' is not allowed, allowed is Csv, Json, Parquet"));
    }
}
