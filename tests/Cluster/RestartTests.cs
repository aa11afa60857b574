using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>The whole story while the operator is killed in each of its steps: it must end as if nothing had happened.</summary>
[TestFixture, NonParallelizable]
public sealed class RestartTests
{
    // Depend on what the operator was alive to see: pods may run and end while there is none.
    private static readonly string[] MayBeMissed = ["TrainingRunning", "TrainingQueued", "RolloutHeld"];

    private static readonly string[] Entries =
    [
        "DataSourceProfiled penguins",
        .. ((string[])["train-penguins", "train-penguins-worse", "train-penguins-better"]).SelectMany(job => (string[])[$"TrainingAdmitted {job}", $"TrainingSucceeded {job}", $"ModelVersionRegistered {job}"]),
        .. ((string[])["1.0.0", "1.1.0", "1.2.0", "1.2.0-tampered"]).SelectMany(version =>
            ((string[])["ModelVersionVerified", "ModelVersionGatesPassed", "ModelVersionApproved", "ModelVersionReady"]).Select(action => $"{action} penguin-species-{version}")),
        "ServingStarted penguin-species", "ModelServed penguin-species", "RolloutStarted penguin-species", "RolloutStepped penguin-species 5", "RolloutRolledBack penguin-species",
        "RolloutStarted penguin-species", "RolloutStepped penguin-species 5", "RolloutStepped penguin-species 25", "RolloutStepped penguin-species 50", "RolloutPromoted penguin-species",
        "ServingStarted penguin-species-tampered", "ArtifactRefusedAtLoad penguin-species-tampered",
    ];

    // The audit log never forgets: a namespace of its own keeps the entries of this run apart from those of another.
    private readonly string _namespace = $"restart-{Guid.NewGuid():N}"[..14];

    [Test]
    public async Task An_operator_killed_at_a_random_moment_of_every_step_ends_in_the_same_state_with_each_audit_entry_once()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("ENTERPRISEAI_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next(100_000);
        TestContext.Progress.WriteLine($"ENTERPRISEAI_SEED={seed} repeats these moments");
        var random = new Random(seed);
        using var cluster = Story.Cluster.Connect();
        var operators = new OperatorProcesses(cluster);
        if (!await operators.AreHereAsync())
            Assert.Ignore("the operator's processes are not on this machine, or not ours to kill");
        var heldOut = await HeldOut.SplitAsync(cluster.Root, CancellationToken.None);
        await cluster.KubectlAsync(["delete", "compliancepolicy", "research-baseline", "--ignore-not-found"], CancellationToken.None);
        var story = new PenguinStory(cluster, _namespace, TestContext.Progress.WriteLine);
        try
        {
            await story.PrepareAsync(CancellationToken.None);
            await DuringAsync("1", 8, () => story.ProfileAsync(CancellationToken.None));
            await DuringAsync("2", 20, () => story.TrainAsync("03-trainingjob.yaml", "train-penguins", CancellationToken.None));
            await DuringAsync("3", 8, () => story.ApproveAsync("penguin-species-1.0.0", CancellationToken.None));
            await DuringAsync("4", 8, () => story.ServeAsync(heldOut, CancellationToken.None));
            await story.TrainAsync("06-trainingjob-worse.yaml", "train-penguins-worse", CancellationToken.None);
            await story.ApproveAsync("penguin-species-1.1.0", CancellationToken.None);
            var (rolledBack, clients) = await DuringAsync("5", 9, () => story.RollOutAsync("07-canary-worse.yaml", "penguin-species-1.1.0", heldOut, CancellationToken.None));
            await story.TrainAsync("08-trainingjob-better.yaml", "train-penguins-better", CancellationToken.None);
            await story.ApproveAsync("penguin-species-1.2.0", CancellationToken.None);
            var (promoted, _) = await DuringAsync("6", 30, () => story.RollOutAsync("09-canary-better.yaml", "penguin-species-1.2.0", heldOut, CancellationToken.None));
            var tampered = await DuringAsync("7", 16, () => story.TamperAsync(CancellationToken.None));
            var policy = await DuringAsync("8", 4, () => story.JudgeAsync(CancellationToken.None));
            var entries = await DuringAsync("9", 2, () => story.AuditAsync(CancellationToken.None));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(rolledBack.Status!.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.RolledBack), rolledBack.Status.LastRollout.Reason);
                Assert.That(clients[rolledBack.Status.Stable!.Revision].Errors, Is.Zero, "errors that clients saw from the stable version");
                Assert.That(promoted.Status!.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.Promoted), promoted.Status.LastRollout.Reason);
                Assert.That(promoted.Status.Stable!.ModelVersion, Is.EqualTo("penguin-species-1.2.0"));
                Assert.That(tampered.Status!.Conditions.First(c => c.Type == "Verified").Reason, Is.EqualTo("DigestMismatch"));
                Assert.That(policy.Status!.Score, Is.InRange(0.5, 1.0));
                foreach (var job in (await cluster.Client.ListAsync(ApiResources.TrainingJobs, _namespace)).Items)
                    Assert.That(job.Status!.Attempts, Has.Count.EqualTo(1), $"attempts of {job.Metadata.Name}");
                foreach (var version in (await cluster.Client.ListAsync(ApiResources.ModelVersions, _namespace)).Items)
                    Assert.That(version.Status!.Phase, Is.EqualTo(ModelVersionPhase.Ready), version.Metadata.Name);
                Assert.That(entries.Select(Describe).Where(e => !MayBeMissed.Any(e.StartsWith)), Is.EquivalentTo(Entries));
                Assert.That(entries.Select(Describe).Where(e => MayBeMissed.Any(e.StartsWith)), Is.Unique);
            }
        }
        finally
        {
            await cluster.KubectlAsync(["delete", "namespace", _namespace, "--wait=false"], CancellationToken.None);
        }

        // About as many changes as the step makes: a moment beyond them is the step's end, and the kill falls between two steps.
        async Task<T> DuringAsync<T>(string step, int changes, Func<Task<T>> act)
        {
            var nth = random.Next(1, changes);
            var onlyLeader = random.Next(2) == 0;
            using var ended = new CancellationTokenSource();
            var moment = RandomMoment.OfAsync(cluster.Client, _namespace, nth, ended.Token);
            var running = act();
            var killing = KillAsync();
            T result;
            try
            {
                result = await running;
            }
            finally
            {
                await ended.CancelAsync();
                await killing;
            }
            return result;

            async Task KillAsync()
            {
                await moment;
                var killed = await operators.KillAsync(onlyLeader, CancellationToken.None);
                TestContext.Progress.WriteLine($"step {step}: {killed} operator processes killed at {(ended.IsCancellationRequested ? "its end" : $"change {nth}")}{(onlyLeader ? " (only the leader)" : "")}");
            }
        }
    }

    private static string Describe(Audit.AuditEntry entry) =>
        $"{entry.Event.Action} {entry.Event.Resource.Name}" + (entry.Event.Action == "RolloutStepped" ? $" {entry.Event.Details["weight"]}" : "");
}
