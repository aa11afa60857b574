using System.Collections.Concurrent;
using System.Net;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using Microsoft.Extensions.Logging;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

/// <summary>What a reconciler may rely on.</summary>
public sealed class ControllerGuaranteesTests
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
    public async Task No_worker_starts_before_every_cache_has_synced()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var away = true;
        _server.Fault = request => away && request.Path.Contains("secrets") ? FakeApiServer.Failure(HttpStatusCode.InternalServerError, "InternalError") : null;
        var maps = Maps();
        var secrets = new Informer<V1Secret>(_client, CoreResources.Secrets, time: _time);
        var (calls, unsynced) = (0, 0);
        Run(new ControllerBuilder("synced", time: _time).For(maps).Watches(secrets, _ => []).WithReconciler(new Calls((_, _) =>
        {
            unsynced += secrets.HasSynced ? 0 : 1;
            Interlocked.Increment(ref calls);
            return Task.FromResult(ReconcileResult.Done);
        })), maps, secrets);
        await Eventually.True(() => maps.HasSynced, "one of two caches");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Volatile.Read(ref calls), Is.Zero);

        away = false;
        await _time.AdvanceUntilAsync(() => Volatile.Read(ref calls) == 1, TimeSpan.FromMilliseconds(100), "the first reconcile");
        Assert.That(unsynced, Is.Zero);
    }

    [Test]
    public async Task Each_try_reads_the_object_anew()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a", "1"));
        var maps = Maps();
        var seen = new ConcurrentQueue<string?>();
        Run(new ControllerBuilder("anew", time: _time).For(maps, _ => false).WithReconciler(new Calls((key, _) =>
        {
            seen.Enqueue(Value(maps.Get(key)));
            return seen.Count == 1 ? throw new IOException("again") : Task.FromResult(ReconcileResult.Done);
        })), maps).Enqueue(Key("a"));
        await Eventually.True(() => seen.Count == 1, "the first try");
        _server.Put(CoreResources.ConfigMaps, Map("a", "2"));
        await Eventually.True(() => Value(maps.Get("ns", "a")) == "2", "the change is in the cache");

        await _time.AdvanceUntilAsync(() => seen.Count == 2, TimeSpan.FromMilliseconds(1), "the second try");
        Assert.That(seen, Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task A_status_write_does_not_cancel_a_scheduled_look()
    {
        _server.Put(CoreResources.Pods, new V1Pod { Metadata = new V1ObjectMeta { Namespace = "ns", Name = "p" } });
        var pods = new Informer<V1Pod>(_client, CoreResources.Pods, time: _time);
        var calls = 0;
        Run(new ControllerBuilder("look", time: _time).For(pods).WithReconciler(new Calls((_, _) =>
        {
            Interlocked.Increment(ref calls);
            return Task.FromResult(ReconcileResult.After(TimeSpan.FromMinutes(1)));
        })), pods);
        await Eventually.True(() => Volatile.Read(ref calls) == 1 && _server.OpenWatches == 1, "the first look");
        var before = pods.Get("ns", "p")!.Metadata.ResourceVersion;
        await _client.PatchAsync(CoreResources.Pods, "ns", "p", Patch.Merge("""{"status":{"phase":"Running"}}"""), "status");
        await Eventually.True(() => pods.Get("ns", "p")!.Metadata.ResourceVersion != before, "the status write is seen");
        Assert.That(Volatile.Read(ref calls), Is.EqualTo(1), "and wakes nobody");

        await _time.AdvanceUntilAsync(() => Volatile.Read(ref calls) == 2, TimeSpan.FromSeconds(5), "the scheduled look");
    }

    [Test]
    public async Task A_later_look_forgets_the_failures_before()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        var times = new ConcurrentQueue<DateTimeOffset>();
        Run(new ControllerBuilder("forget", time: _time).WithBackoff(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), 0)).For(maps).WithReconciler(new Calls((_, _) =>
        {
            times.Enqueue(_time.GetUtcNow());
            return times.Count == 4 ? Task.FromResult(ReconcileResult.After(TimeSpan.FromSeconds(1))) : throw new IOException("no");
        })), maps);

        await _time.AdvanceUntilAsync(() => times.Count == 6, TimeSpan.FromMilliseconds(100), "six tries");

        var at = times.ToArray();
        Assert.That((at[3] - at[2]).TotalSeconds, Is.GreaterThanOrEqualTo(4), "the third failure in a row waits 4 s");
        Assert.That((at[5] - at[4]).TotalSeconds, Is.LessThan(4), "the first one after a success 1 s");
    }

    [TestCase(typeof(AggregateException))]
    [TestCase(typeof(NullReferenceException))]
    [TestCase(typeof(OperationCanceledException))]
    [TestCase(typeof(OutOfMemoryException))]
    public async Task An_exception_of_whatever_type_is_tried_again_and_ends_no_worker(Type type)
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        var calls = 0;
        Run(new ControllerBuilder("thrown", time: _time).For(maps).WithReconciler(new Calls((_, _) =>
            Interlocked.Increment(ref calls) == 1 ? throw (Exception)Activator.CreateInstance(type)! : Task.FromResult(ReconcileResult.Done))), maps);

        await _time.AdvanceUntilAsync(() => Volatile.Read(ref calls) == 2, TimeSpan.FromMilliseconds(5), "the second try");
    }

    [Test]
    public async Task A_conflict_is_a_normal_requeue_and_no_error_in_the_log()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var maps = Maps();
        var calls = 0;
        using var log = new Log();
        Run(new ControllerBuilder("conflict", log, _time).For(maps).WithReconciler(new Calls((_, _) => Interlocked.Increment(ref calls) == 1
            ? throw new KubernetesException(HttpStatusCode.Conflict, new V1Status { Reason = "Conflict", Message = "modified" })
            : Task.FromResult(ReconcileResult.Done))), maps);

        await _time.AdvanceUntilAsync(() => Volatile.Read(ref calls) == 2, TimeSpan.FromMilliseconds(5), "the second try");

        Assert.That(log.Levels, Is.Not.Empty);
        Assert.That(log.Levels.Max(), Is.LessThan(LogLevel.Warning));
    }

    [Test]
    public async Task The_first_list_waits_behind_a_live_change()
    {
        foreach (var name in (string[])["a", "b", "c"])
            _server.Put(CoreResources.ConfigMaps, Map(name));
        var maps = Maps();
        var order = new ConcurrentQueue<string>();
        var free = new TaskCompletionSource();
        var controller = Run(new ControllerBuilder("order", time: _time).For(maps).WithReconciler(new Calls(async (key, _) =>
        {
            order.Enqueue(key.Name);
            if (order.Count == 1)
                await free.Task;
            return ReconcileResult.Done;
        })), maps);
        Assert.That(controller.Concurrency, Is.EqualTo(1), "one at a time is the default");
        await Eventually.True(() => order.Count == 1 && _server.OpenWatches == 1, "one of the first list is under way");

        _server.Put(CoreResources.ConfigMaps, Map("z"));
        await Eventually.True(() => maps.Get("ns", "z") is not null, "a live change");
        free.SetResult();
        await Eventually.True(() => order.Count == 4, "all");

        Assert.That(order.ElementAt(1), Is.EqualTo("z"));
    }

    [Test]
    public async Task Losing_the_lead_stops_retries_and_timers_until_it_leads_again()
    {
        _server.Put(CoreResources.ConfigMaps, Map("fails"));
        _server.Put(CoreResources.ConfigMaps, Map("later"));
        var maps = Maps();
        var calls = 0;
        var controller = new ControllerBuilder("term", time: _time).For(maps).WithReconciler(new Calls((key, _) =>
        {
            Interlocked.Increment(ref calls);
            return key.Name == "fails" ? throw new IOException("no") : Task.FromResult(ReconcileResult.After(TimeSpan.FromSeconds(1)));
        })).Build();
        _running.Add(maps.RunAsync(_stop.Token));
        using var term = new CancellationTokenSource();
        var run = controller.RunAsync(term.Token);
        await Eventually.True(() => Volatile.Read(ref calls) >= 2, "both were tried");

        await term.CancelAsync();
        await run;
        var before = Volatile.Read(ref calls);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(Volatile.Read(ref calls), Is.EqualTo(before), "nothing runs, whatever was scheduled");

        _running.Add(controller.RunAsync(_stop.Token));
        await Eventually.True(() => Volatile.Read(ref calls) >= before + 2, "what was scheduled runs in the next term");
    }

    [Test]
    public async Task A_process_that_waits_to_lead_keeps_each_key_once_however_often_it_changes()
    {
        var maps = Maps();
        var calls = new ConcurrentQueue<string>();
        var controller = new ControllerBuilder("standby", time: _time).For(maps, _ => true).WithReconciler(new Calls((key, _) =>
        {
            calls.Enqueue($"{key.Name}={Value(maps.Get(key))}");
            return Task.FromResult(ReconcileResult.Done);
        })).Build();
        _running.Add(maps.RunAsync(_stop.Token));
        await Eventually.True(() => _server.OpenWatches == 1, "the cache is warm");
        for (var i = 0; i < 500; i++)
            _server.Put(CoreResources.ConfigMaps, Map($"m{i % 5}", $"{i}"));
        await Eventually.True(() => Value(maps.Get("ns", "m4")) == "499", "all changes");

        _running.Add(controller.RunAsync(_stop.Token));
        await Eventually.True(() => calls.Count >= 5, "the term begins");
        await Eventually.True(() => controller.IsIdle, "all is done");

        Assert.That(calls, Is.EquivalentTo(new[] { "m0=495", "m1=496", "m2=497", "m3=498", "m4=499" }));
    }

    Informer<V1ConfigMap> Maps() => new(_client, CoreResources.ConfigMaps, time: _time);

    Controller Run(ControllerBuilder builder, params IInformer[] informers)
    {
        var controller = builder.Build();
        _running.AddRange(informers.Select(informer => informer.RunAsync(_stop.Token)));
        _running.Add(controller.RunAsync(_stop.Token));
        return controller;
    }

    sealed class Calls(Func<ObjectKey, CancellationToken, Task<ReconcileResult>> reconcile) : IReconciler
    {
        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => reconcile(key, cancellationToken);
    }

    sealed class Log : ILoggerFactory, ILogger
    {
        readonly ConcurrentQueue<LogLevel> _levels = new();

        public IReadOnlyCollection<LogLevel> Levels => _levels;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _levels.Enqueue(logLevel);

        public void Dispose()
        {
        }
    }
}
