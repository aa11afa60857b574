using EnterpriseAI.Api;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>The story of samples/penguins on a real cluster with real pods, each step held to what it must come to. A step that fails skips the rest.</summary>
[TestFixture, NonParallelizable]
public sealed class StoryTests
{
    // The audit log never forgets: a namespace of its own keeps the entries of this run apart from those of another.
    private readonly string _namespace = $"story-{Guid.NewGuid():N}"[..12];
    private Story.Cluster _cluster = null!;
    private PenguinStory _story = null!;
    private HeldOut _heldOut = null!;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _cluster = Story.Cluster.Connect();
        await _cluster.KubectlAsync(["delete", "compliancepolicy", "research-baseline", "--ignore-not-found"], CancellationToken.None);
        _story = new PenguinStory(_cluster, _namespace, TestContext.Progress.WriteLine);
        await _story.PrepareAsync(CancellationToken.None);
        _heldOut = await HeldOut.SplitAsync(_cluster.Root, CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        await _cluster.KubectlAsync(["delete", "namespace", _namespace, "--wait=false"], CancellationToken.None);
        _cluster.Dispose();
    }

    [Test]
    public async Task A_data_source_is_read_fingerprinted_and_judged()
    {
        var status = (await _story.ProfileAsync(CancellationToken.None)).Status!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(status.Phase, Is.EqualTo(DataSourcePhase.Ready));
            Assert.That(status.Snapshot?.Rows, Is.EqualTo(344));
            Assert.That(status.Snapshot?.Digest, Does.Match("^sha256:[0-9a-f]{64}$"));
            Assert.That(status.Schema?.Columns.Select(c => c.Name), Has.Member("Species"));
            Assert.That(status.Quality?.Dimensions?.Completeness, Is.InRange(0.95, 1.0));
            Assert.That(status.Quality?.Score, Is.InRange(0.9, 1.0));
        }
    }

    [Test, DependsOnTest(nameof(A_data_source_is_read_fingerprinted_and_judged))]
    public async Task A_gang_of_two_trains_signs_and_registers_a_model()
    {
        var status = (await _story.TrainAsync("03-trainingjob.yaml", "train-penguins", CancellationToken.None)).Status!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(status.Phase, Is.EqualTo(TrainingPhase.Succeeded), status.LogTail);
            Assert.That(status.Roles["worker"].Succeeded, Is.EqualTo(2));
            Assert.That(status.ModelVersion, Is.EqualTo("penguin-species-1.0.0"));
            Assert.That(status.Attempts, Has.Count.EqualTo(1));
        }
    }

    [Test, DependsOnTest(nameof(A_gang_of_two_trains_signs_and_registers_a_model))]
    public async Task A_model_version_is_verified_gated_and_approved_by_a_person()
    {
        var version = await _story.ApproveAsync("penguin-species-1.0.0", CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(version.Status!.Phase, Is.EqualTo(ModelVersionPhase.Ready), version.Status.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Message);
            Assert.That(version.Status.Conditions.Where(c => c.Status == "True").Select(c => c.Type), Is.SupersetOf(new[] { "ArtifactAvailable", "SignatureVerified", "GatesPassed", "Approved", "Ready" }));
            Assert.That(version.Spec.Approvals!.Granted.Single().By, Is.EqualTo("alice@example.com"));
            Assert.That(version.Spec.Provenance!.DataSources.Single().Digest, Does.StartWith("sha256:"));
        }
    }

    [Test, DependsOnTest(nameof(A_model_version_is_verified_gated_and_approved_by_a_person))]
    public async Task A_service_answers_through_the_gateway_with_the_accuracy_it_was_evaluated_with()
    {
        var (service, accuracy) = await _story.ServeAsync(_heldOut, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(service.Status!.Stable!.ModelVersion, Is.EqualTo("penguin-species-1.0.0"));
            Assert.That(accuracy, Is.GreaterThan(0.9));
        }
    }

    [Test, DependsOnTest(nameof(A_service_answers_through_the_gateway_with_the_accuracy_it_was_evaluated_with))]
    public async Task A_worse_version_is_rolled_back_without_a_human()
    {
        await _story.TrainAsync("06-trainingjob-worse.yaml", "train-penguins-worse", CancellationToken.None);
        await _story.ApproveAsync("penguin-species-1.1.0", CancellationToken.None);
        var (service, clients) = await _story.RollOutAsync("07-canary-worse.yaml", "penguin-species-1.1.0", _heldOut, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(service.Status!.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.RolledBack), service.Status.LastRollout.Reason);
            Assert.That(service.Status.Stable!.ModelVersion, Is.EqualTo("penguin-species-1.0.0"));
            Assert.That(clients[service.Status.Stable.Revision].Errors, Is.Zero, "errors that clients saw from the stable version");
        }
    }

    [Test, DependsOnTest(nameof(A_worse_version_is_rolled_back_without_a_human))]
    public async Task A_good_version_is_promoted_step_by_step()
    {
        await _story.TrainAsync("08-trainingjob-better.yaml", "train-penguins-better", CancellationToken.None);
        await _story.ApproveAsync("penguin-species-1.2.0", CancellationToken.None);
        var (service, _) = await _story.RollOutAsync("09-canary-better.yaml", "penguin-species-1.2.0", _heldOut, CancellationToken.None);
        Assert.That(service.Status!.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.Promoted), service.Status.LastRollout.Reason);
        var steps = (await _story.AuditAsync(CancellationToken.None)).Where(e => e.Event.Action == "RolloutStepped" && e.Event.Details["message"].Contains("1.2.0")).Select(e => e.Event.Details["weight"]);
        Assert.That(steps, Is.EqualTo(new[] { "5", "25", "50" }));
    }

    [Test, DependsOnTest(nameof(A_good_version_is_promoted_step_by_step))]
    public async Task A_changed_byte_is_refused_in_the_pod_that_would_load_it()
    {
        var service = await _story.TamperAsync(CancellationToken.None);
        var verified = service.Status!.Conditions.First(c => c.Type == "Verified");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(verified.Reason, Is.EqualTo("DigestMismatch"));
            Assert.That(verified.Message, Does.Contain("model.onnx"));
        }
    }

    [Test, DependsOnTest(nameof(A_changed_byte_is_refused_in_the_pod_that_would_load_it))]
    public async Task A_policy_scores_everything_and_says_what_to_do()
    {
        var status = (await _story.JudgeAsync(CancellationToken.None)).Status!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(status.Score, Is.InRange(0.5, 1.0));
            Assert.That(await _cluster.KubectlAsync(["describe", "compliancepolicy", "research-baseline"], CancellationToken.None), Does.Match("Events:[^|]*ComplianceEvaluated"), "an SRE reads events of a resource without a namespace too");
            Assert.That(status.Passed.Select(p => p.Control), Has.Member("GDPR/5(1)(b)"));
            Assert.That(status.Violations.Where(v => v.Control == "served-twice").Select(v => v.Remediation), Has.Some.EqualTo("two replicas survive the loss of a node"));
        }
    }

    [Test, DependsOnTest(nameof(A_policy_scores_everything_and_says_what_to_do))]
    public async Task A_revoked_version_gives_way_to_the_last_good_one_and_no_client_notices()
    {
        var (service, clients) = await _story.RevokeAsync("penguin-species-1.2.0", _heldOut, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(service.Status!.Stable!.ModelVersion, Is.EqualTo("penguin-species-1.0.0"));
            Assert.That(clients.Sum(c => c.Value.Requests), Is.GreaterThan(0));
            Assert.That(clients.Sum(c => c.Value.Errors), Is.Zero, string.Join(", ", clients.Select(c => $"{c.Key}: {c.Value.Errors} errors in {c.Value.Requests}")));
        }
    }

    [Test, DependsOnTest(nameof(A_revoked_version_gives_way_to_the_last_good_one_and_no_client_notices))]
    public async Task The_audit_log_holds_every_step_once_and_in_order_and_finds_a_flipped_byte()
    {
        var entries = await _story.AuditAsync(CancellationToken.None);
        var actions = entries.Select(e => e.Event.Action).ToList();
        string[] expected = ["DataSourceProfiled", "TrainingAdmitted", "TrainingSucceeded", "ModelVersionRegistered", "ModelVersionVerified", "ModelVersionApproved", "ModelVersionReady", "ServingStarted", "RolloutRolledBack", "RolloutPromoted", "ArtifactRefusedAtLoad", "RevokedVersionDraining", "RevokedVersionReplaced"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(expected.Select(action => actions.IndexOf(action)), Is.Ordered.And.All.GreaterThanOrEqualTo(0), string.Join(", ", actions));
            // The service drains as soon as it sees that the version is revoked: neither of the two controllers waits for the other's entry.
            Assert.That(actions.IndexOf("ModelVersionRevoked"), Is.GreaterThan(actions.IndexOf("ArtifactRefusedAtLoad")), string.Join(", ", actions));
            Assert.That(entries.Select(e => e.Event.Id), Is.Unique);
        }
        var (verified, found) = await _story.VerifyAuditAsync(CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(verified, Does.StartWith("verified:"));
            Assert.That(found, Does.Contain("entry").IgnoreCase);
        }
    }
}
