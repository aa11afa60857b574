using System.Net;
using System.Runtime.CompilerServices;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

/// <summary>Backing off, listing anew, and what readers see meanwhile.</summary>
public sealed class InformerRecoveryTests
{
    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    CancellationTokenSource _stop = null!;
    Task _run = Task.CompletedTask;

    [SetUp]
    public void Create_server()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _stop = new CancellationTokenSource();
    }

    [TearDown]
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [TestCase(HttpStatusCode.Gone, "Expired", "too old")]
    [TestCase(HttpStatusCode.Gone, "Gone", "too old")]
    [TestCase(HttpStatusCode.GatewayTimeout, "Timeout", "Too large resource version: 101, current: 50")]
    public async Task A_list_at_the_last_version_that_is_refused_is_repeated_for_the_newest_without_a_wait(HttpStatusCode code, string reason, string message)
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        // As the real server answers, with Retry-After: waiting would not help, another version does.
        _server.Fault = request => IsList(request) && request.Query == "?resourceVersion=101" ? FakeApiServer.Failure(code, reason, message, TimeSpan.FromSeconds(1)) : null;
        _server.Outage(() => _server.Put(CoreResources.ConfigMaps, Map("b")));

        // The clock stands still: nothing may wait.
        await Eventually.True(() => informer.Get("ns", "b") is not null, "b");

        Assert.That(_server.Requests.Where(IsList).Select(request => request.Query), Is.EqualTo(new[] { "?resourceVersion=0", "?resourceVersion=101", "?resourceVersion=" }));
    }

    [Test]
    public async Task A_list_older_than_what_was_seen_is_refused_and_time_does_not_go_back()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = await StartAsync();
        _server.Put(CoreResources.ConfigMaps, Map("a", "2"));
        await Eventually.True(() => Value(informer.Get("ns", "a")) == "2", "the change");
        _time.Advance(TimeSpan.FromSeconds(11));
        var stale = true;
        _server.Fault = request => stale && IsList(request)
            ? new HttpResponseMessage { Content = new StringContent("""{"metadata":{"resourceVersion":"101"},"items":[{"metadata":{"namespace":"ns","name":"a","uid":"uid-1","resourceVersion":"101"},"data":{"k":"1"}}]}""") }
            : null;
        _server.Outage(() => _server.Put(CoreResources.ConfigMaps, Map("b")));
        await Eventually.True(() => informer.LastError?.Contains("101") is true, "the old list is refused");
        Assert.That(Value(informer.Get("ns", "a")), Is.EqualTo("2"));

        stale = false;
        await _time.AdvanceUntilAsync(() => informer.Get("ns", "b") is not null, TimeSpan.FromMilliseconds(100), "b");
    }

    [Test]
    public async Task Watches_that_each_bring_one_event_and_end_are_asked_for_with_a_wait_that_does_not_grow()
    {
        var informer = await StartAsync();
        var watches = 0;
        _server.Fault = request => !request.Query.Contains("watch=true")
            ? null
            : new HttpResponseMessage { Content = new StringContent($$$"""{"type":"ADDED","object":{"metadata":{"namespace":"ns","name":"a","uid":"u","resourceVersion":"{{{200 + Interlocked.Increment(ref watches)}}}"} } }""" + "\n") };
        _server.EndWatches(new IOException("cut"));
        await _time.AdvanceUntilAsync(() => watches >= 3, TimeSpan.FromMilliseconds(100), "a few are asked for at once");

        // An API server that ends a slow reader's watch must not make it slower yet: a wait that doubled would come to hours.
        var started = _time.GetTimestamp();
        await _time.AdvanceUntilAsync(() => watches >= 40, TimeSpan.FromMilliseconds(100), "forty watches");
        var elapsed = _time.GetElapsedTime(started);
        Assert.That(elapsed, Is.LessThan(TimeSpan.FromMinutes(5)));
        Assert.That(watches, Is.LessThan(10 + elapsed / TimeSpan.FromMilliseconds(50)), "and none without a wait");
        Assert.That(informer.LastError, Is.Null);
    }

    [Test]
    public async Task One_watch_that_ends_before_its_first_event_is_asked_for_again_at_once()
    {
        var informer = await StartAsync();
        var empty = 0;
        _server.Fault = request => request.Query.Contains("watch=true") && empty++ == 0 ? new HttpResponseMessage { Content = new ByteArrayContent([]) } : null;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => informer.Get("ns", "a") is not null, "a");

        // As an API server does that is too busy to write to a reader in time. The clock stands still: there is no wait.
        _server.EndWatches(null);
        await Eventually.True(() => empty >= 2 && _server.OpenWatches == 1, "the next watch but one");
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        await Eventually.True(() => informer.Get("ns", "b") is not null, "b");
        Assert.That(informer.LastError, Is.Null);
    }

    [TestCase(HttpStatusCode.TooManyRequests)]
    [TestCase(HttpStatusCode.ServiceUnavailable)]
    [TestCase(HttpStatusCode.InternalServerError)]
    public async Task A_busy_server_is_watched_again_without_a_list(HttpStatusCode code)
    {
        var informer = await StartAsync();
        var left = 3;
        _server.Fault = request => request.Query.Contains("watch=true") && left-- > 0 ? FakeApiServer.Failure(code, code.ToString()) : null;
        _server.EndWatches(new IOException("cut"));
        _server.Put(CoreResources.ConfigMaps, Map("a"));

        await _time.AdvanceUntilAsync(() => informer.Get("ns", "a") is not null, TimeSpan.FromMilliseconds(100), "a");

        Assert.That(_server.Requests.Count(IsList), Is.EqualTo(1));
    }

    [Test]
    public async Task The_waits_start_over_after_two_minutes_without_a_failure()
    {
        var informer = await StartAsync();
        var (failing, failures) = (true, 0);
        _server.Fault = request => failing && request.Query.Contains("watch=true") && ++failures > 0 ? FakeApiServer.Failure(HttpStatusCode.InternalServerError, "InternalError") : null;
        _server.EndWatches(new IOException("cut"));
        await _time.AdvanceUntilAsync(() => failures >= 6, TimeSpan.FromMilliseconds(100), "six failures");
        failing = false;
        await _time.AdvanceUntilAsync(() => _server.OpenWatches == 1, TimeSpan.FromMilliseconds(500), "a watch");
        _time.Advance(TimeSpan.FromMinutes(2));

        _server.EndWatches(new IOException("cut"));
        await Eventually.True(() => informer.LastError == "cut", "the failure");
        var from = _time.GetUtcNow();
        await _time.AdvanceUntilAsync(() => _server.OpenWatches == 1, TimeSpan.FromMilliseconds(50), "the next watch");

        // The first wait is at most 1.6 s; the one that the failures before had come to is 25 s and more.
        Assert.That(_time.GetUtcNow() - from, Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    [Test]
    public async Task Readers_see_the_old_copy_until_a_new_one_is_complete()
    {
        var source = new Scripted();
        var informer = new Informer<V1ConfigMap>(source, CoreResources.ConfigMaps, null, null, _time, null);
        var duringDispatch = new List<int>();
        informer.AddHandler(_ => duringDispatch.Add(informer.Count));
        _run = informer.RunAsync(_stop.Token);
        source.Answer([At("a", "1"), At("b", "1")], "10");
        await Eventually.True(() => informer.HasSynced, "the first list");

        _time.Advance(TimeSpan.FromSeconds(11));
        source.Fail(new KubernetesException(HttpStatusCode.Gone, new V1Status { Reason = "Expired" }));
        await Eventually.True(() => source.Lists == 2, "the second list is under way");
        Assert.That(informer.Count, Is.EqualTo(2), "nothing is gone yet");
        source.Answer([At("c", "20"), At("d", "20"), At("e", "20")], "20");
        await Eventually.True(() => informer.ResourceVersion == "20", "the second list");

        Assert.That(informer.List().Select(map => map.Name), Is.EquivalentTo(new[] { "c", "d", "e" }));
        Assert.That(duringDispatch, Is.EqualTo(new[] { 2, 2, 3, 3, 3, 3, 3 }), "whole copies only");
    }

    [Test]
    public async Task A_kept_object_does_not_keep_the_list_it_came_with()
    {
        for (var i = 0; i < 50; i++)
            _server.Put(CoreResources.ConfigMaps, Map($"m{i}", new string('x', 1000)));
        var (kept, list, other) = await ListAsync(_client);

        for (var i = 0; i < 10 && (list.IsAlive || other.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That((list.IsAlive, other.IsAlive), Is.EqualTo((false, false)));
        Assert.That(kept.Name, Is.Not.Empty);
    }

    [Test]
    public async Task An_aggregate_exception_of_a_handler_does_not_stop_the_watch()
    {
        var informer = new Informer<V1ConfigMap>(_client, CoreResources.ConfigMaps, time: _time);
        informer.AddHandler(_ => throw new AggregateException(new IOException("inner")));
        await StartAsync(informer);

        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => informer.Get("ns", "a") is not null, "a");
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        await Eventually.True(() => informer.Get("ns", "b") is not null, "b");
        Assert.That(informer.LastError, Is.Null);
    }

    [Test]
    public async Task Reconnecting_two_thousand_times_leaves_no_memory_behind()
    {
        var watches = 0;
        _server.Fault = request => !request.Query.Contains("watch=true")
            ? null
            : new HttpResponseMessage { Content = new StringContent($$$"""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"{{{200 + Interlocked.Increment(ref watches)}}}"} } }""" + "\n") };
        var options = new InformerOptions<V1ConfigMap> { Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 0) };
        var informer = new Informer<V1ConfigMap>(_client, CoreResources.ConfigMaps, options, time: _time);
        _run = informer.RunAsync(_stop.Token);
        await _time.AdvanceUntilAsync(() => watches >= 200, TimeSpan.FromSeconds(30), "warm");
        // The requests that the fake remembers are its own memory, not the informer's.
        var before = GC.GetTotalMemory(forceFullCollection: true) - Remembered();

        while (watches < 2200)
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            await Task.Yield();
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - Remembered() - before;
        TestContext.Out.WriteLine($"{grown / 2000.0:F0} bytes per connection");
        Assert.That(grown, Is.LessThan(2000 * 3000), "3 kB and more per connection");

        // About 600 bytes for each request that the fake noted.
        long Remembered() => _server.Requests.Count * 600L;
    }

    static bool IsList(FakeRequest request) => request.Method == "GET" && !request.Query.Contains("watch=true");

    static V1ConfigMap At(string name, string version) => Map(name) with { Metadata = Map(name).Metadata with { Uid = name, ResourceVersion = version } };

    [MethodImpl(MethodImplOptions.NoInlining)]
    static async Task<(V1ConfigMap Kept, WeakReference List, WeakReference Other)> ListAsync(KubernetesClient client)
    {
        var list = await client.ListAsync(CoreResources.ConfigMaps);
        return (list.Items[3], new WeakReference(list.Items), new WeakReference(list.Items[4]));
    }

    async Task<Informer<V1ConfigMap>> StartAsync(Informer<V1ConfigMap>? informer = null)
    {
        informer ??= new Informer<V1ConfigMap>(_client, CoreResources.ConfigMaps, time: _time, random: new Random(3));
        _run = informer.RunAsync(_stop.Token);
        await Eventually.True(() => informer.HasSynced && _server.OpenWatches == 1, "synced");
        return informer;
    }

    /// <summary>A server whose answers the test gives one by one.</summary>
    sealed class Scripted : IResourceSource<V1ConfigMap>
    {
        readonly SemaphoreSlim _asked = new(0);
        TaskCompletionSource<KubernetesList<V1ConfigMap>>? _list;
        TaskCompletionSource? _watch;
        int _lists;

        public int Lists => Volatile.Read(ref _lists);

        public void Answer(IReadOnlyList<V1ConfigMap> items, string version)
        {
            _asked.Wait();
            _list!.SetResult(new KubernetesList<V1ConfigMap> { Metadata = new V1ListMeta { ResourceVersion = version }, Items = items });
        }

        public void Fail(Exception error)
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref _watch) is not null, TimeSpan.FromSeconds(20));
            _watch!.SetException(error);
        }

        public ValueTask<bool> HasStreamingListsAsync(CancellationToken cancellationToken) => new(false);

        public Task<KubernetesList<V1ConfigMap>> ListAsync(ListOptions options, CancellationToken cancellationToken)
        {
            _list = new TaskCompletionSource<KubernetesList<V1ConfigMap>>(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _lists);
            _asked.Release();
            return _list.Task.WaitAsync(cancellationToken);
        }

        public async IAsyncEnumerable<WatchEvent<V1ConfigMap>> WatchAsync(WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var watch = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _watch, watch);
            await watch.Task.WaitAsync(cancellationToken);
            yield break;
        }
    }
}
