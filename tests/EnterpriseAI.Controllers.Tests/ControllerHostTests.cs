using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests;

public sealed class ControllerHostTests
{
    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    CancellationTokenSource _stop = null!;

    [SetUp]
    public void Create_server()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _stop = new CancellationTokenSource();
    }

    [TearDown]
    public void Dispose_server()
    {
        _stop.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task Ready_when_all_informers_have_synced_and_all_checks_pass()
    {
        string? check = "no certificate yet";
        _server.Fault = _ => FakeApiServer.Failure(System.Net.HttpStatusCode.Forbidden, "Forbidden", "no rights");
        var host = new ControllerHost().Add(new Informer<V1Pod>(_client, CoreResources.Pods, time: _time)).AddReadyCheck("webhook", () => check);
        Assert.That(host.IsReady(out var reason), Is.False);
        Assert.That(reason, Does.StartWith("not started"));
        var run = host.RunAsync(_stop.Token);

        await Eventually.True(() => !host.IsReady(out var why) && why.Contains("pods not synced") && why.Contains("no rights") && why.Contains("webhook: no certificate yet"), "the reasons");
        Assert.That(host.IsLive(out _), Is.True);
        _server.Fault = null;
        await _time.AdvanceUntilAsync(() => !host.IsReady(out var why) && why == "webhook: no certificate yet", TimeSpan.FromMilliseconds(100), "synced");
        check = null;
        Assert.That(host.IsReady(out reason), Is.True);
        Assert.That(reason, Is.EqualTo("ok"));

        await _stop.CancelAsync();
        await run;
    }

    [Test]
    public async Task One_failing_part_ends_all_others_and_is_named()
    {
        var others = new TaskCompletionSource();
        var host = new ControllerHost()
            .Add("steady", async token =>
            {
                await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                others.SetResult();
            })
            .Add("broken", _ => throw new InvalidOperationException("bug"));

        Assert.That(async () => await host.RunAsync(_stop.Token), Throws.TypeOf<ControllerHostException>().With.Message.EqualTo("broken failed: bug"));
        await others.Task;
        Assert.That(host.IsLive(out var reason), Is.False);
        Assert.That(reason, Is.EqualTo("broken failed: bug"));
        Assert.That(host.IsReady(out _), Is.False);
    }

    [Test]
    public void A_part_that_ends_by_itself_is_a_failure() =>
        Assert.That(
            async () => await new ControllerHost().Add("short", _ => Task.CompletedTask).RunAsync(_stop.Token),
            Throws.TypeOf<ControllerHostException>().With.Message.Contains("short ended although nobody asked it to"));

    [Test]
    public async Task A_process_that_does_not_lead_has_its_caches_full_and_reconciles_nothing()
    {
        _server.Put(CoreResources.Leases, new V1Lease
        {
            Metadata = new V1ObjectMeta { Namespace = "sys", Name = "op" },
            Spec = new V1LeaseSpec { HolderIdentity = "other", LeaseDurationSeconds = 3600 },
        });
        _server.Put(CoreResources.ConfigMaps, TestObjects.Map("a"));
        var maps = new Informer<V1ConfigMap>(_client, CoreResources.ConfigMaps, time: _time);
        var reconciler = new Counter();
        var elector = new LeaderElector(_client, new LeaderElectionOptions { Namespace = "sys", Name = "op", Identity = "me" }, time: _time);
        var host = new ControllerHost().WithLeaderElection(elector)
            .Add(new ControllerBuilder("standby", time: _time).For(maps).WithReconciler(reconciler).Build());
        var run = host.RunAsync(_stop.Token);
        await Eventually.True(() => host.IsReady(out _) && elector.Leader == "other", "ready");

        Assert.That(maps.Count, Is.EqualTo(1));
        Assert.That(reconciler.Calls, Is.Zero);
        var lease = _server.Stored(CoreResources.Leases, "sys", "op")!;
        _server.Put(CoreResources.Leases, System.Text.Json.JsonSerializer.Deserialize(lease, CoreResources.Leases.TypeInfo)! with { Spec = new V1LeaseSpec { HolderIdentity = "" } });
        await _time.AdvanceUntilAsync(() => reconciler.Calls == 1, TimeSpan.FromMilliseconds(200), "the first reconcile as leader");

        await _stop.CancelAsync();
        await run;
    }

    [Test]
    public async Task A_failing_controller_fails_the_host_through_the_elector()
    {
        var elector = new LeaderElector(_client, new LeaderElectionOptions { Namespace = "sys", Name = "op", Identity = "me" }, time: _time);
        var host = new ControllerHost().WithLeaderElection(elector).Add("leader's work", _ => throw new InvalidOperationException("bug"), onlyAsLeader: true);

        var run = host.RunAsync(_stop.Token);
        await _time.AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromMilliseconds(200), "the end");

        Assert.That(async () => await run, Throws.TypeOf<ControllerHostException>().With.Message.EqualTo("leader's work failed: bug"));
    }

    sealed class Counter : IReconciler
    {
        int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            return Task.FromResult(ReconcileResult.Done);
        }
    }
}
