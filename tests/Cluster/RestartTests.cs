using EnterpriseAI.Api;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>Every operator pod force-deleted, again and again, while a model goes from data to Ready.</summary>
[TestFixture, NonParallelizable]
public sealed class RestartTests
{
    // The audit log never forgets: a namespace of its own keeps the entries of this run apart from those of another.
    private readonly string _namespace = $"restart-{Guid.NewGuid():N}"[..14];

    [Test]
    public async Task An_operator_killed_at_every_step_ends_in_the_same_state_with_each_audit_entry_once()
    {
        using var cluster = Story.Cluster.Connect();
        var story = new PenguinStory(cluster, _namespace, TestContext.Progress.WriteLine);
        try
        {
            await story.PrepareAsync(CancellationToken.None);
            await KillDuringAsync(cluster, () => story.ProfileAsync(CancellationToken.None));
            await KillDuringAsync(cluster, () => story.TrainAsync("03-trainingjob.yaml", "train-penguins", CancellationToken.None));
            // Approval fails closed while no operator serves the webhook: it is given between two kills.
            await story.ApproveAsync("penguin-species-1.0.0", CancellationToken.None);
            await KillDuringAsync(cluster, () => story.ApproveAsync("penguin-species-1.0.0", CancellationToken.None));
            var version = await cluster.Client.GetAsync(ApiResources.ModelVersions, _namespace, "penguin-species-1.0.0");
            var actions = (await story.AuditAsync(CancellationToken.None)).Select(e => e.Event.Action).ToList();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(version.Status!.Phase, Is.EqualTo(ModelVersionPhase.Ready));
                Assert.That(actions, Is.Unique, string.Join(", ", actions));
                Assert.That(actions, Is.SupersetOf(new[] { "DataSourceProfiled", "TrainingAdmitted", "TrainingRunning", "TrainingSucceeded", "ModelVersionRegistered", "ModelVersionVerified", "ModelVersionGatesPassed", "ModelVersionApproved", "ModelVersionReady" }));
            }
        }
        finally
        {
            await cluster.KubectlAsync(["delete", "namespace", _namespace, "--wait=false"], CancellationToken.None);
        }
    }

    /// <summary>Force-deletes every operator pod once the step has begun (the kubelet may still send SIGTERM first); the step must end all the same.</summary>
    private static async Task KillDuringAsync<T>(Story.Cluster cluster, Func<Task<T>> step)
    {
        var running = step();
        await cluster.KubectlAsync(["-n", Story.Cluster.SystemNamespace, "delete", "pods", "-l", "app.kubernetes.io/component=operator", "--grace-period=0", "--force"], CancellationToken.None);
        await running;
        // The webhook must answer before the next step writes a model version.
        await cluster.KubectlAsync(["-n", Story.Cluster.SystemNamespace, "rollout", "status", "deployment/enterpriseai-operator", "--timeout=120s"], CancellationToken.None);
    }
}
