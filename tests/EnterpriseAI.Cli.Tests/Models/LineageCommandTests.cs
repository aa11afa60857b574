using System.Text.Json.Nodes;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class LineageCommandTests
{
    [Test]
    public async Task A_version_hangs_between_its_data_and_its_services()
    {
        var run = await new PenguinCluster().RunAsync("model lineage penguin-species-1.0.0");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Is.EqualTo($"""
        ModelVersion penguin-species-1.0.0: Ready, signed by key 3f2a9d0c41b7, 1/1 approvals (alice@example.com)
        ├── made from
        │   └── TrainingJob train-penguins: Succeeded, 2 attempts, 14m
        │       ├── DataSource penguins: {Sources.Old[..19]} then, {Sources.New[..19]} now: changed
        │       └── source code https://git.example.com/penguins@5c1a07e0b4d2f3968a7be1c0d9f8e7a6b5c4d3e2
        └── went to
            └── InferenceService penguin-species: stable, 2 of 2 pods ready

        """.ReplaceLineEndings("\n")));
    }

    [Test]
    public async Task Four_requests_are_enough()
    {
        var cluster = new PenguinCluster();
        await cluster.RunAsync("model lineage penguin-species-1.0.0");
        Assert.That(cluster.Server.Requests, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task What_is_gone_is_shown_as_missing()
    {
        var cluster = new PenguinCluster();
        cluster.Server.Remove(ApiResources.DataSources, "research", "penguins");
        cluster.Server.Remove(ApiResources.TrainingJobs, "research", "train-penguins");
        cluster.Server.Remove(ApiResources.InferenceServices, "research", "penguin-species");
        var run = await cluster.RunAsync("model lineage penguin-species-1.0.0");
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("TrainingJob train-penguins: missing").And.Contain("then, missing now").And.Contain("no inference service\n"));
    }

    [TestCase("datasources", "then, may not be read by you now")]
    [TestCase("trainingjobs", "TrainingJob train-penguins: may not be read by you")]
    [TestCase("inferenceservices", "no inference service that may be read")]
    public async Task What_may_not_be_read_is_shown_as_such(string kind, string shown)
    {
        var run = await new PenguinCluster { Forbidden = kind }.RunAsync("model lineage penguin-species-1.0.0");
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain(shown).And.Contain($"not seen: {kind}"));
    }

    [Test]
    public async Task What_the_job_says_and_the_version_does_not_is_shown()
    {
        var cluster = new PenguinCluster();
        var job = PenguinJobs.Train(cluster.Now);
        cluster.Put(job with
        {
            Spec = job.Spec with { Inputs = [.. job.Spec.Inputs, new TrainingInput { DataSource = "scraped", MountPath = "/scraped" }] },
            Status = job.Status! with { ModelVersion = "penguin-species-0.1.0" },
        });
        var output = (await cluster.RunAsync("model lineage penguin-species-1.0.0")).Output;
        Assert.That(output, Does.Contain("DataSource scraped: read by the job, but not named by the version"));
        Assert.That(output, Does.Contain("says that it made penguin-species-0.1.0, not this version"));
    }

    [TestCase("penguin-species-1.1.0", "candidate, 25%")]
    [TestCase("penguin-species-0.9.0", "former, until 2026-01-23")]
    [TestCase("penguin-species-0.9.0", "nothing that the version names")]
    [TestCase("penguin-species-1.1.0", "then and now: same")]
    public async Task Other_versions_have_other_fates(string name, string shown) =>
        Assert.That((await new PenguinCluster().RunAsync($"model lineage {name}")).Output, Does.Contain(shown));

    [Test]
    public async Task Revoked_and_rolled_back_versions_are_shown_too()
    {
        var cluster = new PenguinCluster();
        var service = PenguinServices.Species(cluster.Now);
        cluster.Put(service with
        {
            Metadata = service.Metadata with { Name = "other" },
            Spec = service.Spec with { ModelVersion = "penguin-species-2.0.0" },
            Status = new InferenceServiceStatus
            {
                Phase = InferenceServicePhase.Degraded,
                Revoked = new RevokedRevision { ModelVersion = "penguin-species-1.0.0", Deadline = cluster.Now.AddMinutes(5) },
                LastRollout = new RolloutRecord { ModelVersion = "penguin-species-1.1.0", Outcome = RolloutOutcome.RolledBack, Reason = "slower than tolerated" },
            },
        });
        Assert.That((await cluster.RunAsync("model lineage penguin-species-1.0.0")).Output, Does.Contain("InferenceService other: being drained, gone by 2026-").And.Contain("nothing takes its place"));
        Assert.That((await cluster.RunAsync("model lineage penguin-species-1.1.0")).Output, Does.Contain("InferenceService other: rolled back, slower than tolerated"));
        Assert.That((await cluster.RunAsync("model lineage penguin-species-2.0.0")).Output, Does.Contain("InferenceService other: wanted, Degraded"));
    }

    [Test]
    public async Task As_json_it_says_the_same()
    {
        var run = await new PenguinCluster().RunAsync("model lineage penguin-species-1.0.0 -o json");
        var json = JsonNode.Parse(run.Output)!;
        Assert.That(json["dataSources"]![0]!["isChanged"]!.GetValue<bool>(), Is.True);
        Assert.That((json["trainingJob"]!["attempts"]!.GetValue<int>(), json["trainingJob"]!["presence"]!.ToString(), json["services"]![0]!["role"]!.ToString()), Is.EqualTo((2, "Found", "stable")));
    }
}
