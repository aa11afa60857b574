using System.Diagnostics;
using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>Two operators as their image holds them, beside the cluster, killed, stopped and cut off while resources change.</summary>
[TestFixture, NonParallelizable]
public sealed class ChaosTests
{
    private const int FirstPort = 18090, AuditPort = 18089;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string[] QuickLease = ["--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=400ms"];

    // 200 of them take a quarter of an hour: a release is tried with ENTERPRISEAI_KILLS=200.
    private static int Kills => int.TryParse(Environment.GetEnvironmentVariable("ENTERPRISEAI_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 20;

    private readonly string _namespace = $"chaos-{Guid.NewGuid():N}"[..12];
    private Story.Cluster _cluster = null!;
    private OperatorAway _away = null!;
    private LocalAuditLog _audit = null!;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _cluster = Story.Cluster.Connect();
        if (!File.Exists(Path.Combine(_cluster.Programs, "operator")))
            Assert.Ignore("the images were not published on this machine");
        _away = await OperatorAway.BeginAsync(_cluster);
        _audit = new LocalAuditLog(_cluster.Programs, AuditPort);
        await _cluster.KubectlAsync(["create", "namespace", LeaseNamespace], CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        if (_away is not null)
        {
            await _cluster.KubectlAsync(["delete", "namespace", _namespace, LeaseNamespace, "--ignore-not-found", "--wait=false"], CancellationToken.None);
            await _audit.DisposeAsync();
            await _away.DisposeAsync();
        }
        _cluster.Dispose();
    }

    [Test]
    public async Task Operators_killed_at_random_moments_while_300_resources_change_end_in_the_right_state_with_each_audit_entry_once()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("ENTERPRISEAI_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next(100_000);
        TestContext.Progress.WriteLine($"{Kills} kills; ENTERPRISEAI_SEED={seed} repeats the choices");
        var random = new Random(seed);
        var objects = new ChurningObjects(_cluster.Client, _namespace, random);
        var operators = new[] { Start(0), Start(1) };
        try
        {
            await objects.CreateAsync(CancellationToken.None);
            for (var kill = 1; kill <= Kills; kill++)
            {
                var leader = await LeaderAsync(operators);
                for (var changes = random.Next(1, 40); changes > 0; changes--)
                    await objects.ChangeAsync(CancellationToken.None);
                // The standby too: it holds the caches that take over.
                var victim = random.Next(4) == 0 ? 1 - leader : leader;
                await operators[victim].KillAsync(CancellationToken.None);
                await operators[victim].DisposeAsync();
                operators[victim] = Start(victim);
                if (kill == Kills / 2)
                    await RestartControlPlaneAsync();
            }
            await objects.RevokeTheRestAsync(CancellationToken.None);
            await SettledAsync(objects);
            await HoldAuditAsync(objects);
        }
        finally
        {
            foreach (var each in operators)
                await each.DisposeAsync();
            await objects.DeletePoliciesAsync(_cluster);
        }
    }

    [Test]
    public async Task A_leader_stopped_for_longer_than_its_lease_and_then_continued_writes_nothing_more()
    {
        var ns = $"{_namespace}-stop";
        var objects = new ChurningObjects(_cluster.Client, ns, new Random(7));
        var operators = new[] { Start(0), Start(1) };
        try
        {
            await objects.CreateAsync(CancellationToken.None);
            await objects.RevokeTheRestAsync(CancellationToken.None);
            await SettledAsync(objects);
            var old = await LeaderAsync(operators);
            var before = await operators[old].WritesAsync(CancellationToken.None);

            await operators[old].SignalAsync("STOP");
            for (var i = 0; i < 100; i++)
                await objects.ChangeAsync(CancellationToken.None);
            await SettledAsync(objects);
            Assert.That(await operators[1 - old].IsLeaderAsync(CancellationToken.None), "the other replica leads meanwhile");
            // What the old leader finds when it wakes: events of a hundred changes, all of them reconciled already, and more to come.
            await operators[old].SignalAsync("CONT");
            for (var i = 0; i < 100; i++)
                await objects.ChangeAsync(CancellationToken.None);
            await SettledAsync(objects);

            using (Assert.EnterMultipleScope())
            {
                Assert.That(await operators[old].WritesAsync(CancellationToken.None), Is.EqualTo(before), "writes of the leader that lost its lease while it was stopped");
                Assert.That(await operators[old].IsLeaderAsync(CancellationToken.None), Is.False);
            }
        }
        finally
        {
            foreach (var each in operators)
            {
                await each.SignalAsync("CONT");
                await each.DisposeAsync();
            }
            await objects.DeletePoliciesAsync(_cluster);
            await _cluster.KubectlAsync(["delete", "namespace", ns, "--ignore-not-found", "--wait=false"], CancellationToken.None);
        }
    }

    private string LeaseNamespace => $"{_namespace}-lease";

    private LocalOperator Start(int number) => LocalOperator.Start(_cluster.Programs, _cluster.Kubeconfig, LeaseNamespace, FirstPort + number, _audit.Address, QuickLease);

    private static async Task<int> LeaderAsync(LocalOperator[] operators)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            for (var i = 0; i < operators.Length; i++)
            {
                if (await operators[i].IsLeaderAsync(patience.Token))
                    return i;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), patience.Token);
        }
    }

    /// <summary>kill -9 of etcd and kube-apiserver, which the cluster's own script starts again.</summary>
    private async Task RestartControlPlaneAsync()
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists(Path.Combine(_cluster.Root, "artifacts/cluster/provider")) || File.ReadAllText(Path.Combine(_cluster.Root, "artifacts/cluster/provider")).Trim() != "debian")
        {
            TestContext.Progress.WriteLine("etcd and kube-apiserver are not ours to kill: they go on");
            return;
        }
        foreach (var name in (string[])["etcd", "kube-apiserver"])
        {
            using var process = Process.GetProcessById(int.Parse(File.ReadAllText($"/var/lib/enterpriseai-cluster/run/{name}").Split(' ')[0], CultureInfo.InvariantCulture));
            process.Kill();
        }
        await Shell.RunAsync(Path.Combine(_cluster.Root, "build/cluster-up"), []);
        TestContext.Progress.WriteLine("etcd and kube-apiserver were killed and started again");
    }

    private static async Task SettledAsync(ChurningObjects objects)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (await objects.WrongAsync(CancellationToken.None) is { Count: > 0 } wrong)
        {
            if (patience.IsCancellationRequested)
                Assert.Fail($"{wrong.Count} resources did not reach their state: {string.Join("; ", wrong.Take(5))}");
            await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
        }
    }

    private async Task HoldAuditAsync(ChurningObjects objects)
    {
        var entries = (await _audit.EntriesAsync(CancellationToken.None)).Where(e => e.Event.Resource.Namespace == _namespace || e.Event.Resource.Kind == "CompliancePolicy").ToList();
        var suspended = (await objects.JobsAsync(CancellationToken.None)).Where(j => j.Status!.Phase == TrainingPhase.Suspended).Select(j => j.Metadata.Name).ToList();
        TestContext.Progress.WriteLine($"{entries.Count} audit entries: {string.Join(", ", entries.CountBy(e => e.Event.Action).Select(c => $"{c.Value} {c.Key}"))}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entries.Select(e => e.Event.Id), Is.Unique);
            Assert.That(entries.Where(e => e.Event.Action is "TrainingSuspended" or "TrainingQueued").Select(e => (e.Event.Action, e.Event.Resource.Name, e.Event.Resource.Generation)), Is.Unique, "one state of one generation is recorded once");
            Assert.That(entries.Where(e => e.Event.Action == "ModelVersionRevoked").Select(e => e.Event.Resource.Name), Is.Unique.And.Exactly(100).Items);
            foreach (var job in suspended)
                Assert.That(entries.Last(e => e.Event.Resource.Name == job && e.Event.Action.StartsWith("Training", StringComparison.Ordinal)).Event.Action, Is.EqualTo("TrainingSuspended"), job);
        }
    }
}
