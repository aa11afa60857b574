using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class RevokeCommandTests
{
    [Test]
    public async Task What_it_does_to_the_services_is_said_before_it_is_done()
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync("model revoke penguin-species-1.0.0 --reason poisoned --yes");
        Assert.That(run.Lines[0], Is.EqualTo("inferenceservice penguin-species: served by it (2 of 2 pods ready), for 5m at most; it goes back to penguin-species-0.9.0"));
        Assert.That(Spec(cluster, "penguin-species-1.0.0"), Is.EqualTo(("true", "poisoned")));
    }

    [Test]
    public async Task The_first_former_version_that_is_ready_takes_over()
    {
        var cluster = new PenguinCluster();
        var service = PenguinServices.Species(cluster.Now);
        cluster.Put(service with { Status = service.Status! with { History = [new FormerRevision { ModelVersion = "penguin-species-1.1.0-rc.1" }, new FormerRevision { ModelVersion = "gone" }, new FormerRevision { ModelVersion = "penguin-species-1.0.0" }, new FormerRevision { ModelVersion = "penguin-species-0.9.0" }] } });
        Assert.That((await cluster.RunAsync("model revoke penguin-species-1.0.0 --reason x --yes")).Lines[0], Does.EndWith("it goes back to penguin-species-0.9.0"));
    }

    [TestCase(true, "it goes back to penguin-species-1.1.0")]
    [TestCase(false, "NOTHING will serve")]
    public async Task Without_a_former_version_the_one_that_is_asked_for_takes_over_or_nothing_which_is_said_loudly(bool isAskedForReady, string said)
    {
        var cluster = new PenguinCluster();
        await cluster.RunAsync("model revoke penguin-species-0.9.0 --reason x --yes");
        if (!isAskedForReady)
            cluster.Put(PenguinVersions.Version("1.1.0", cluster.Now));
        Assert.That((await cluster.RunAsync("model revoke penguin-species-1.0.0 --reason x --yes")).Lines[0], Does.Contain(said));
    }

    [Test]
    public async Task A_candidate_is_taken_away_and_the_stable_version_stays() =>
        Assert.That((await new PenguinCluster().RunAsync("model revoke penguin-species-1.1.0 --reason x --yes")).Lines[0],
            Is.EqualTo("inferenceservice penguin-species: it is the candidate (25% of the traffic) and is taken away; penguin-species-1.0.0 goes on serving"));

    [Test]
    public async Task Nothing_is_revoked_unasked_where_nobody_can_be_asked()
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync("model revoke penguin-species-1.0.0 --reason x");
        Assert.That((run.Code, run.Error.Contains("--yes", StringComparison.Ordinal)), Is.EqualTo((1, true)));
        Assert.That(cluster.Server.Requests, Is.Empty);
    }

    [TestCase("penguin-species-1.0.0\n", true)]
    [TestCase("penguin-species-1.0.1\n", false)]
    [TestCase("y\n", false)]
    [TestCase("", false)]
    public async Task A_person_confirms_by_typing_the_name(string typed, bool isRevoked)
    {
        var cluster = new PenguinCluster();
        var run = await cluster.RunAsync("model revoke penguin-species-1.0.0 --reason poisoned", typed, isInteractive: true);
        Assert.That(run.Output, Does.Contain("cannot be undone"));
        Assert.That(run.Code, Is.EqualTo(isRevoked ? 0 : 1));
        Assert.That(Spec(cluster, "penguin-species-1.0.0").Revoked, Is.EqualTo(isRevoked ? "true" : "false"));
    }

    [Test]
    public async Task What_is_revoked_already_keeps_its_reason()
    {
        var cluster = new PenguinCluster();
        await cluster.RunAsync("model revoke penguin-species-0.9.0 --reason first --yes");
        var run = await cluster.RunAsync("model revoke penguin-species-0.9.0 --reason second --yes");
        Assert.That((run.Code, run.Lines[0]), Is.EqualTo((0, "modelversion.enterpriseai.io/penguin-species-0.9.0 is revoked already: first")));
        Assert.That(Spec(cluster, "penguin-species-0.9.0").Reason, Is.EqualTo("first"));
    }

    [Test]
    public async Task Services_that_may_not_be_seen_do_not_hinder_a_revocation()
    {
        var cluster = new PenguinCluster { Forbidden = "inferenceservices" };
        var run = await cluster.RunAsync("model revoke penguin-species-1.0.0 --reason x --yes");
        Assert.That(run.Lines[0], Does.StartWith("which services it answers for cannot be told"));
        Assert.That(Spec(cluster, "penguin-species-1.0.0").Revoked, Is.EqualTo("true"));
    }

    private static (string? Revoked, string? Reason) Spec(PenguinCluster cluster, string name)
    {
        var spec = cluster.Server.Stored(ApiResources.ModelVersions, "research", name)!["spec"]!;
        return (spec["revoked"]?.ToString(), spec["revokedReason"]?.ToString());
    }
}
