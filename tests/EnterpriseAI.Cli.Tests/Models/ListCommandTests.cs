using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Cli.Models;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class ListCommandTests
{
    [Test]
    public async Task Versions_come_by_model_and_then_newest_first()
    {
        var cluster = new PenguinCluster();
        cluster.Put(PenguinVersions.Version("10.0.0", cluster.Now) with { Spec = PenguinVersions.Version("10.0.0", cluster.Now).Spec with { Model = "adelie" } });
        var run = await cluster.RunAsync("model list");
        Assert.That(run.Lines.Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]), Is.EqualTo((string[])["10.0.0", "2.0.0", "1.1.0", "1.1.0-rc.1", "1.0.0", "0.9.0"]), run.Output + run.Error);
    }

    [Test]
    public async Task Two_requests_are_enough_however_many_versions_there_are()
    {
        var cluster = new PenguinCluster();
        await cluster.RunAsync("model list");
        Assert.That(cluster.Server.Requests.Select(r => r.Path.Split('/')[^1]), Is.EqualTo((string[])["modelversions", "inferenceservices"]));
    }

    [TestCase("--phase ready", 3)]
    [TestCase("--phase Failed", 1)]
    [TestCase("--phase Pending", 0)]
    [TestCase("--stage Candidate", 2)]
    [TestCase("--stage production --phase READY", 3)]
    [TestCase("--model penguin-species", 5)]
    [TestCase("--model other", 0)]
    public async Task Filters_leave_what_they_say(string filters, int count)
    {
        var run = await new PenguinCluster().RunAsync($"model list -o name {filters}");
        Assert.That(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(count), run.Output + run.Error);
    }

    [Test]
    public async Task A_version_that_nobody_looked_at_yet_is_pending()
    {
        var cluster = new PenguinCluster();
        cluster.Put(PenguinVersions.Version("3.0.0", cluster.Now));
        var run = await cluster.RunAsync("model list --phase pending");
        Assert.That(run.Lines[^1].Split("   ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Is.EqualTo((string[])["penguin-species-3.0.0", "penguin-species", "3.0.0", "Candidate", "Pending", "pending", "0/1", "-", "0s"]));
    }

    [Test]
    public async Task All_namespaces_are_told_apart()
    {
        var cluster = new PenguinCluster();
        var other = PenguinVersions.Version("1.1.0", cluster.Now);
        cluster.Put(other with { Metadata = other.Metadata with { Namespace = "finance" } });
        var run = await cluster.RunAsync("model list -A");
        Assert.That(run.Lines[0], Does.StartWith("NAMESPACE   NAME"));
        Assert.That(run.Lines[1], Does.StartWith("finance     penguin-species-1.1.0 ").And.Not.Contain("candidate"), "the service of another namespace does not serve it");
        Assert.That(run.Lines, Has.Length.EqualTo(7));
    }

    [Test]
    public async Task A_list_as_json_is_one_document([Values("json", "yaml")] string format)
    {
        var run = await new PenguinCluster().RunAsync($"model list -o {format}");
        Assert.That(run.Output, Does.Contain("penguin-species-2.0.0").And.Contain("List"));
        if (format == "json")
            Assert.That(JsonNode.Parse(run.Output)!["items"]!.AsArray(), Has.Count.EqualTo(5));
    }

    [TestCase("modelversions", 1, "modelversions is forbidden")]
    [TestCase("inferenceservices", 0, "inferenceservices is forbidden")]
    public async Task What_may_not_be_read_is_said(string kind, int code, string error)
    {
        var run = await new PenguinCluster { Forbidden = kind }.RunAsync("model list");
        Assert.That((run.Code, run.Error), Is.EqualTo((code, run.Error)));
        Assert.That(run.Error, Does.Contain(error));
        if (code == 0)
            Assert.That(run.Lines[1], Does.Contain("<unknown>"));
    }

    [Test]
    public async Task Nothing_found_is_said_where_it_disturbs_no_script()
    {
        var run = await new PenguinCluster().RunAsync("model list -n empty");
        Assert.That((run.Code, run.Output, run.Error), Is.EqualTo((0, "", "No model versions found in namespace empty.\n")));
    }

    [Test]
    public async Task Colours_are_there_only_when_asked_for([Values] bool useColours)
    {
        var run = await new PenguinCluster().RunAsync("model list", useColours: useColours);
        Assert.That(run.Output.Contains('\u001b'), Is.EqualTo(useColours));
    }

    [Test]
    public async Task Names_from_the_cluster_tell_the_terminal_nothing()
    {
        var cluster = new PenguinCluster();
        var hostile = PenguinVersions.Version("3.0.0", cluster.Now);
        cluster.Put(hostile with { Spec = hostile.Spec with { Model = "\u001b[2J[red]x[/]", Version = "1\n2" }, Status = new ModelVersionStatus { Signer = new ModelSigner { Identity = "\u001b]0;a\a" } } });
        foreach (var output in (string[])["table", "wide", "json", "yaml", "name"])
        {
            var run = await cluster.RunAsync($"model list -o {output}");
            Assert.That(run.Code, Is.Zero, run.Error);
            Assert.That(run.Output.Where(c => char.IsControl(c) && c != '\n'), Is.Empty, output);
            if (output is "table" or "wide")
                Assert.That(run.Output, Does.Contain("\\u001b[2J[red]x[/]").And.Contain("1 2"));
        }
    }

    [Test]
    public async Task A_long_list_is_read_in_pages_and_an_endless_one_is_cut()
    {
        var cluster = new PenguinCluster();
        var pages = 0;
        var isEndless = false;
        cluster.Server.Fault = request =>
        {
            if (!request.Path.EndsWith("/modelversions", StringComparison.Ordinal))
                return null;
            Assert.That(request.Query, Does.Contain("limit=500").And.Contain(pages == 0 ? "limit=500" : $"continue=page-{pages}"));
            var list = new JsonObject
            {
                ["metadata"] = new JsonObject { ["continue"] = ++pages < 3 || isEndless ? $"page-{pages}" : null },
                ["items"] = new JsonArray(new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"v-{pages}", ["namespace"] = "research" } }),
            };
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(list.ToJsonString(), Encoding.UTF8, "application/json") };
        };
        var run = await cluster.RunAsync("model list -o name");
        Assert.That((run.Lines.Length, run.Error), Is.EqualTo((3, "")));

        (pages, isEndless) = (0, true);
        run = await cluster.RunAsync("model list -o name");
        Assert.That((run.Lines.Length, pages), Is.EqualTo((ClusterLists.MaxPages, ClusterLists.MaxPages)));
        Assert.That(run.Error, Does.Contain("there are more modelversions"));
    }

    [Test]
    public async Task An_object_that_this_plugin_cannot_read_hides_no_other()
    {
        var cluster = new PenguinCluster();
        cluster.Server.PutJson(ApiResources.ModelVersions.Path("research"), "odd", """{"metadata":{"name":"odd","namespace":"research"},"spec":{"stage":"Moon"}}""");
        var run = await cluster.RunAsync("model list -o name");
        Assert.That(run.Lines, Has.Length.EqualTo(5), run.Error);
        Assert.That(run.Error, Does.Contain("'odd' cannot be read"));
        run = await cluster.RunAsync("model show odd");
        Assert.That((run.Code, run.Error.TrimEnd().Contains('\n')), Is.EqualTo((1, false)));
    }

    [TestCase("model list -o xml", "table, wide, json, yaml or name")]
    [TestCase("model list --phase Sleeping", "Ready")]
    [TestCase("model list --stage Moon", "Archived")]
    [TestCase("model stage a Moon", "Archived")]
    [TestCase("model reject a", "--comment")]
    [TestCase("model revoke a", "--reason")]
    [TestCase("model", "command")]
    public async Task Wrong_arguments_are_named_with_what_is_allowed(string line, string named)
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync(line);
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error.TrimEnd(), Does.Contain(named).And.Not.Contain("\n"));
        Assert.That(cluster.Server.Requests, Is.Empty);
    }
}
