using System.Net;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class DecisionCommandTests
{
    [TestCase("model approve", "Approve", "approved")]
    [TestCase("approve", "Approve", "approved")]
    [TestCase("model reject", "Reject", "rejected")]
    [TestCase("model withdraw", "Withdraw", "decision withdrawn")]
    public async Task A_decision_is_sent_without_a_name_and_reported_with_the_one_that_was_stamped(string command, string decision, string done)
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync([.. command.Split(' '), "penguin-species-2.0.0", "--comment", "I looked"]);
        Assert.That(run.Code, Is.Zero, run.Error);
        var request = cluster.Server.Requests.Single();
        Assert.That((request.Method, request.ContentType), Is.EqualTo(("PATCH", "application/merge-patch+json")));
        Assert.That(JsonNode.Parse(request.Body), Is.EqualTo(JsonNode.Parse($$$$"""{"spec":{"approvals":{"granted":[{"decision":"{{{{decision}}}}","comment":"I looked"}]}}}""")).Using<JsonNode>(JsonNode.DeepEquals));
        Assert.That(run.Lines[0], Does.StartWith($"modelversion.enterpriseai.io/penguin-species-2.0.0 {done} by {PenguinCluster.User} ("));
        Assert.That(run.Lines[^1], Is.EqualTo("watch it with: kubectl get modelversion penguin-species-2.0.0 -n research --watch"));
    }

    [Test]
    public async Task The_last_approval_says_that_nothing_more_is_needed()
    {
        var run = await new PenguinCluster().RunAsync("model approve penguin-species-2.0.0");
        Assert.That(run.Lines[0], Does.EndWith("(2 of 2)"));
        Assert.That(run.Lines[1], Does.Contain("nothing more is needed"));
    }

    [Test]
    public async Task An_approval_that_does_not_suffice_says_how_many_are_missing()
    {
        var cluster = new PenguinCluster();
        var version = PenguinVersions.V200(cluster.Now);
        cluster.Put(version with { Spec = version.Spec with { Approvals = version.Spec.Approvals! with { Required = 4 } } });
        var run = await cluster.RunAsync("model approve penguin-species-2.0.0");
        Assert.That(run.Lines[1], Does.StartWith("2 more approvals are needed").And.Contain("kubectl enterpriseai model approve penguin-species-2.0.0 -n research"));
    }

    [Test]
    public async Task A_rejection_outweighs_what_others_approve()
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync("model reject penguin-species-1.1.0 --comment bias");
        Assert.That(run.Lines[1], Does.Contain($"not served while {PenguinCluster.User} rejects it"));
        run = await cluster.RunAsync("model withdraw penguin-species-1.1.0");
        Assert.That(run.Lines[1], Does.Contain("it has its approvals; its phase is Ready"));
    }

    [Test]
    public async Task A_decision_that_nobody_stamped_counts_for_nothing_and_says_so()
    {
        var run = await new PenguinCluster { HasWebhook = false }.RunAsync("model approve penguin-species-2.0.0");
        Assert.That(run.Output, Does.Contain("approved by nobody (0 of 2)").And.Contain("counts for nothing"));
    }

    [Test]
    public async Task A_refusal_of_the_webhook_is_one_line()
    {
        var cluster = new PenguinCluster();
        cluster.Server.Fault = _ => FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden", "user 'bob' created this model version\nand so cannot approve it\u001b[0m");
        var run = await cluster.RunAsync("model approve penguin-species-2.0.0");
        Assert.That((run.Code, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Is.EqualTo("kubectl-enterpriseai: user 'bob' created this model version and so cannot approve it\\u001b[0m\n"));
    }

    [TestCase("")]
    [TestCase(" ")]
    public async Task An_empty_reason_is_none(string comment)
    {
        var cluster = new PenguinCluster();
        foreach (var arguments in (string[][])[["model", "reject", "penguin-species-2.0.0", "--comment", comment], ["model", "revoke", "penguin-species-2.0.0", "--yes", "--reason", comment]])
        {
            var run = await cluster.RunAsync(arguments);
            Assert.That(run.Code, Is.EqualTo(2), string.Join(' ', arguments));
            Assert.That(run.Error, Does.Contain("say why"));
        }
        Assert.That(cluster.Server.Requests, Is.Empty);
    }

    [TestCase("archived", ModelStage.Archived)]
    [TestCase("Production", ModelStage.Production)]
    public async Task A_stage_is_set(string word, ModelStage stage)
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync($"model stage penguin-species-1.0.0 {word}");
        Assert.That(run.Lines[0], Is.EqualTo($"modelversion.enterpriseai.io/penguin-species-1.0.0 is now {stage}"));
        Assert.That(cluster.Server.Stored(ApiResources.ModelVersions, "research", "penguin-species-1.0.0")!["spec"]!["stage"]!.ToString(), Is.EqualTo(stage.ToString()));
        Assert.That(run.Lines.Skip(1), stage == ModelStage.Archived ? Is.EqualTo((string[])["mind: inferenceservice penguin-species uses it (stable); an archived version is not rolled out any more"]) : Is.Empty);
    }
}
