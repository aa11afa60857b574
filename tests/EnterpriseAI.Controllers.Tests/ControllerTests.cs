using System.Collections.Concurrent;
using System.Net;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

public sealed class ControllerTests
{
    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    CancellationTokenSource _stop = null!;
    List<Task> _running = null!;

    [SetUp]
    public void Create_server()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _stop = new CancellationTokenSource();
        _running = [];
    }

    [TearDown]
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task Every_object_is_reconciled_after_the_first_list_and_after_each_change()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var seen = new ConcurrentQueue<string>();
        var maps = Maps();
        Run(new ControllerBuilder("every", time: _time).For(maps).WithReconciler(new Reconciler((key, _) =>
        {
            seen.Enqueue($"{key}={Value(maps.Get(key))}");
            return ReconcileResult.Done;
        })), maps);
        await Eventually.True(() => seen.Count == 1, "the first");
        await Eventually.True(() => _server.OpenWatches == 1, "the watch");

        _server.Put(CoreResources.ConfigMaps, Map("a", "2") with { Metadata = Map("a").Metadata with { Labels = new Dictionary<string, string> { ["x"] = "y" } } });
        await Eventually.True(() => seen.Count == 2, "the change");
        _server.Remove(CoreResources.ConfigMaps, "ns", "a");
        await Eventually.True(() => seen.Count == 3, "the deletion");

        Assert.That(seen, Is.EqualTo(new[] { "ns/a=1", "ns/a=2", "ns/a=" }));
    }

    [Test]
    public async Task An_exception_is_tried_again_and_success_ends_the_backoff()
    {
        var calls = 0;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        Run(new ControllerBuilder("retry", time: _time).For(maps).WithReconciler(new Reconciler((_, _) =>
            ++calls < 4 ? throw new InvalidOperationException("not yet") : ReconcileResult.Done)), maps);

        await _time.AdvanceUntilAsync(() => calls == 4, TimeSpan.FromMilliseconds(5), "four calls");
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.That(calls, Is.EqualTo(4));
    }

    [Test]
    public async Task A_terminal_failure_waits_for_the_next_change()
    {
        var calls = 0;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        var controller = Run(new ControllerBuilder("terminal", time: _time).For(maps, _ => true).WithReconciler(new Reconciler((_, _) =>
            Interlocked.Increment(ref calls) > 0 ? throw new TerminalException("no use") : ReconcileResult.Done)), maps);
        await Eventually.True(() => Volatile.Read(ref calls) == 1, "the first call");

        _time.Advance(TimeSpan.FromHours(1));
        controller.Enqueue(Key("other"));
        await Eventually.True(() => Volatile.Read(ref calls) == 2, "another key");
        Assert.That(Volatile.Read(ref calls), Is.EqualTo(2));
        controller.Enqueue(Key("a"));
        await Eventually.True(() => Volatile.Read(ref calls) == 3, "the change");
    }

    [Test]
    public async Task A_result_may_ask_for_a_later_look()
    {
        var calls = 0;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        Run(new ControllerBuilder("later", time: _time).For(maps).WithReconciler(new Reconciler((_, _) =>
        {
            Interlocked.Increment(ref calls);
            return ReconcileResult.After(TimeSpan.FromMinutes(5));
        })), maps);
        await Eventually.True(() => Volatile.Read(ref calls) == 1, "the first call");

        await _time.AdvanceUntilAsync(() => Volatile.Read(ref calls) == 2, TimeSpan.FromSeconds(10), "the second look");
    }

    [Test]
    public async Task An_owned_object_wakes_its_owner_and_nobody_else()
    {
        var seen = new ConcurrentQueue<string>();
        var maps = Maps();
        var pods = new Informer<V1Pod>(_client, CoreResources.Pods, time: _time);
        Run(new ControllerBuilder("owns", time: _time).For(maps).Owns(pods).WithReconciler(new Reconciler((key, _) =>
        {
            seen.Enqueue(key.Name);
            return ReconcileResult.Done;
        })), maps, pods);
        await Eventually.True(() => _server.OpenWatches == 2, "the watches");
        var owner = new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "owner", Uid = "u", Controller = true };

        _server.Put(CoreResources.Pods, Pod("mine", owner));
        _server.Put(CoreResources.Pods, Pod("not controlled", owner with { Controller = null }));
        _server.Put(CoreResources.Pods, Pod("other kind", owner with { Kind = "Secret" }));
        _server.Put(CoreResources.Pods, Pod("other group", owner with { ApiVersion = "example.org/v1" }));
        _server.Put(CoreResources.Pods, Pod("mine", owner with { Name = "new owner" }));
        _server.Put(CoreResources.Pods, Pod("end", owner with { Name = "end" }));
        await Eventually.True(() => seen.Contains("end"), "the last pod");

        Assert.That(seen.ToHashSet(), Is.EquivalentTo(new[] { "owner", "new owner", "end" }));
    }

    [Test]
    public async Task A_watched_object_wakes_what_the_map_says_for_before_and_now()
    {
        var seen = new ConcurrentQueue<string>();
        var maps = Maps();
        Run(new ControllerBuilder("watches", time: _time).Watches(maps, map => [Key($"target {Value(map)}")]).WithReconciler(new Reconciler((key, _) =>
        {
            seen.Enqueue(key.Name);
            return ReconcileResult.Done;
        })), maps);
        await Eventually.True(() => _server.OpenWatches == 1, "the watch");

        _server.Put(CoreResources.ConfigMaps, Map("a", "1"));
        await Eventually.True(() => seen.Count == 1, "added");
        _server.Put(CoreResources.ConfigMaps, Map("a", "2"));
        await Eventually.True(() => seen.Count == 3, "changed");

        Assert.That(seen, Is.EqualTo(new[] { "target 1", "target 1", "target 2" }));
    }

    [Test]
    public async Task No_more_keys_than_the_concurrency_are_reconciled_at_once()
    {
        for (var i = 0; i < 20; i++)
            _server.Put(CoreResources.ConfigMaps, Map($"m{i}"));
        var (running, most, done) = (0, 0, 0);
        var gate = new Lock();
        var maps = Maps();
        Run(new ControllerBuilder("bounded", time: _time).For(maps).WithConcurrency(3).WithReconciler(new Reconciler(async (_, _) =>
        {
            lock (gate)
                most = Math.Max(most, ++running);
            await Task.Yield();
            lock (gate)
                (running, done) = (running - 1, done + 1);
            return ReconcileResult.Done;
        })), maps);

        await Eventually.True(() => Volatile.Read(ref done) == 20, "all");
        Assert.That(most, Is.LessThanOrEqualTo(3));
    }

    [Test]
    public async Task A_key_waits_until_the_cache_shows_what_was_written()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        var tracker = new WriteTracker(_time);
        var seen = new ConcurrentQueue<string?>();
        var controller = Run(new ControllerBuilder("stale", time: _time).For(maps, _ => false).WithWriteTracker(tracker).WithReconciler(new Reconciler(async (key, token) =>
        {
            seen.Enqueue(Value(maps.Get(key)));
            if (seen.Count == 1)
                tracker.Wrote(key, maps, await _client.ApplyAsync(CoreResources.ConfigMaps, Map("a", "2"), "me", cancellationToken: token));
            return ReconcileResult.Done;
        })), maps);
        await maps.WaitForSyncAsync(_stop.Token);
        await Eventually.True(() => _server.OpenWatches == 1, "the watch");
        var hold = _server.HoldWatches();

        controller.Enqueue(Key("a"));
        await Eventually.True(() => seen.Count == 1 && !tracker.IsCaughtUp(Key("a")), "the write");
        controller.Enqueue(Key("a"));
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        Assert.That(seen, Has.Count.EqualTo(1));
        hold.Dispose();
        await _time.AdvanceUntilAsync(() => seen.Count == 2, TimeSpan.FromMilliseconds(50), "the second run");
        Assert.That(seen, Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task A_conflict_is_tried_again()
    {
        var calls = 0;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        Run(new ControllerBuilder("conflict", time: _time).For(maps).WithReconciler(new Reconciler((_, _) => ++calls == 1
            ? throw new KubernetesException(HttpStatusCode.Conflict, new V1Status { Reason = "Conflict" })
            : ReconcileResult.Done)), maps);

        await _time.AdvanceUntilAsync(() => Volatile.Read(ref calls) == 2, TimeSpan.FromMilliseconds(5), "the second call");
    }

    [Test]
    public void An_informer_that_does_not_sync_fails_the_controller_and_is_named()
    {
        _server.Fault = _ => FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden", "no rights");
        var maps = Maps();
        var controller = new ControllerBuilder("unsynced", time: _time).For(maps).WithSyncTimeout(TimeSpan.FromSeconds(30))
            .WithReconciler(new Reconciler((_, _) => ReconcileResult.Done)).Build();
        _running.Add(maps.RunAsync(_stop.Token));

        var run = controller.RunAsync(_stop.Token);

        Assert.That(
            async () =>
            {
                await _time.AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromSeconds(1), "the failure");
                await run;
            },
            Throws.TypeOf<TimeoutException>().With.Message.Contains("configmaps").And.Message.Contains("no rights"));
    }

    [Test]
    public async Task Cancelling_waits_for_what_runs_and_the_controller_can_run_again()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        var calls = 0;
        var entered = new TaskCompletionSource();
        var controller = new ControllerBuilder("again", time: _time).For(maps).WithReconciler(new Reconciler(async (_, token) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                entered.SetResult();
                await Task.Delay(Timeout.Infinite, token);
            }

            return ReconcileResult.Done;
        })).Build();
        _running.Add(maps.RunAsync(_stop.Token));
        using var first = new CancellationTokenSource();
        var run = controller.RunAsync(first.Token);
        await entered.Task;

        await first.CancelAsync();
        await run;
        Assert.That(calls, Is.EqualTo(1));
        _running.Add(controller.RunAsync(_stop.Token));

        await Eventually.True(() => Volatile.Read(ref calls) == 2, "the interrupted key runs again");
    }

    [Test]
    public void Status_changes_alone_do_not_matter_but_everything_else_does()
    {
        var before = new V1ObjectMeta { Name = "p", Generation = 1, ResourceVersion = "1", Annotations = new Dictionary<string, string> { ["a"] = "1" } };
        bool Matters(V1ObjectMeta now) => PrimaryChanges.Matter(new InformerChange<V1Pod>(new V1Pod { Metadata = before }, new V1Pod { Metadata = now }, false));

        Assert.That(Matters(before with { ResourceVersion = "2", Annotations = new Dictionary<string, string> { ["a"] = "1" } }), Is.False);
        Assert.That(Matters(before with { Generation = 2 }), Is.True);
        Assert.That(Matters(before with { DeletionTimestamp = DateTimeOffset.UnixEpoch }), Is.True);
        Assert.That(Matters(before with { Finalizers = ["f"] }), Is.True);
        Assert.That(Matters(before with { Annotations = new Dictionary<string, string> { ["a"] = "2" } }), Is.True);
        Assert.That(Matters(before with { Labels = new Dictionary<string, string> { ["l"] = "1" } }), Is.True);
        Assert.That(PrimaryChanges.Matter(new InformerChange<V1Pod>(null, new V1Pod { Metadata = before }, false)), Is.True);
    }

    [Test]
    public void A_builder_says_what_is_missing()
    {
        Assert.That(() => new ControllerBuilder("x").Build(), Throws.InvalidOperationException.With.Message.Contains("controller x"));
        Assert.That(() => new ControllerBuilder("x").Owns(Maps()), Throws.InvalidOperationException.With.Message.Contains("For must come before Owns"));
    }

    static V1Pod Pod(string name, V1OwnerReference owner) => new() { Metadata = new V1ObjectMeta { Namespace = "ns", Name = name, OwnerReferences = [owner] } };

    Informer<V1ConfigMap> Maps() => new(_client, CoreResources.ConfigMaps, time: _time);

    Controller Run(ControllerBuilder builder, params IInformer[] informers)
    {
        var controller = builder.Build();
        _running.AddRange(informers.Select(informer => informer.RunAsync(_stop.Token)));
        _running.Add(controller.RunAsync(_stop.Token));
        return controller;
    }

    sealed class Reconciler(Func<ObjectKey, CancellationToken, Task<ReconcileResult>> reconcile) : IReconciler
    {
        public Reconciler(Func<ObjectKey, CancellationToken, ReconcileResult> reconcile)
            : this((key, token) => Task.FromResult(reconcile(key, token)))
        {
        }

        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => reconcile(key, cancellationToken);
    }
}
