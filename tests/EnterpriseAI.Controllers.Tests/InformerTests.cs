using System.Net;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

public sealed class InformerTests
{
    readonly ManualTimeProvider _time = new();
    readonly List<string> _changes = [];
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    CancellationTokenSource _stop = null!;
    Task _run = Task.CompletedTask;

    [SetUp]
    public void Create_server()
    {
        _changes.Clear();
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

    [Test]
    public async Task The_first_list_comes_from_the_watch_cache_and_the_watch_continues_from_it()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = await StartAsync();

        Assert.That(Value(informer.Get("ns", "a")), Is.EqualTo("1"));
        Assert.That(_changes, Is.EqualTo(new[] { "initial a" }));
        Assert.That(_server.Requests[0].Query, Does.Contain("resourceVersion=0").And.Not.Contain("limit"));
        Assert.That(_server.Requests[1].Query, Does.Contain("watch=true").And.Contain("resourceVersion=101").And.Contain("allowWatchBookmarks=true"));

        _server.Put(CoreResources.ConfigMaps, Map("a", "2"));
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        _server.Remove(CoreResources.ConfigMaps, "ns", "a");
        await Eventually.True(() => _changes.Count == 4, "three changes");
        Assert.That(_changes.Skip(1), Is.EqualTo(new[] { "changed a 1->2", "added b", "deleted a" }));
        Assert.That(informer.List().Select(map => map.Name), Is.EqualTo(new[] { "b" }));
    }

    [Test]
    public async Task A_watch_lasts_a_random_time_between_5_and_10_minutes()
    {
        var informer = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            _server.EndWatches();
            await Eventually.True(() => _server.Requests.Count == i + 3 && _server.OpenWatches == 1, "a new watch");
        }

        var limits = _server.Requests.Skip(1).Select(request => int.Parse(System.Web.HttpUtility.ParseQueryString(request.Query)["timeoutSeconds"]!)).ToList();
        Assert.That(limits, Is.All.InRange(300, 600));
        Assert.That(limits.Distinct().Count(), Is.GreaterThan(1));
        Assert.That(informer.LastError, Is.Null);
    }

    [Test]
    public async Task A_normal_end_resumes_from_the_last_version_without_a_list()
    {
        await StartAsync();
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => _changes.Count == 1, "a");
        _time.Advance(TimeSpan.FromSeconds(2));

        _server.EndWatches();
        _server.Put(CoreResources.ConfigMaps, Map("b"));

        await Eventually.True(() => _changes.Count == 2, "b");
        Assert.That(Lists(), Is.EqualTo(1));
        Assert.That(_server.Requests[^1].Query, Does.Contain("resourceVersion=101"));
    }

    [Test]
    public async Task A_bookmark_moves_the_version_that_a_watch_resumes_from()
    {
        var informer = await StartAsync();
        _server.Tick();
        _server.Tick();
        _server.SendBookmarks();
        await Eventually.True(() => informer.ResourceVersion == "102", "the bookmark");
        _server.Compact();
        _time.Advance(TimeSpan.FromSeconds(2));

        _server.EndWatches();

        await Eventually.True(() => _server.OpenWatches == 1, "the next watch");
        Assert.That(Lists(), Is.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task An_expired_version_leads_to_a_list_that_reports_what_vanished(bool inStream)
    {
        _server.ExpiresInStream = inStream;
        _server.Put(CoreResources.ConfigMaps, Map("gone"));
        _server.Put(CoreResources.ConfigMaps, Map("kept"));
        _server.Put(CoreResources.ConfigMaps, Map("changed"));
        var informer = await StartAsync();
        _changes.Clear();
        _time.Advance(TimeSpan.FromSeconds(11));
        _server.Outage(() =>
        {
            _server.Remove(CoreResources.ConfigMaps, "ns", "gone");
            _server.Put(CoreResources.ConfigMaps, Map("changed", "2"));
            _server.Put(CoreResources.ConfigMaps, Map("new"));
        });

        await Eventually.True(() => Changes().Count == 3, "the changes");

        Assert.That(Changes(), Is.EquivalentTo(new[] { "deleted gone", "changed changed 1->2", "added new" }));
        Assert.That(informer.List().Select(map => map.Name), Is.EquivalentTo(new[] { "kept", "changed", "new" }));
        Assert.That(Lists(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_list_whose_version_is_too_large_is_repeated_for_the_newest_at_once()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        _server.Fault = request => request.Query.Contains("watch=true") && !Lists(2)
            ? FakeApiServer.Failure(HttpStatusCode.Gone, "Expired")
            : request.Query.Contains("resourceVersion=101") && !request.Query.Contains("watch")
                ? FakeApiServer.Failure(HttpStatusCode.GatewayTimeout, "Timeout", "Too large resource version: 101, current: 50")
                : null;
        _server.EndWatches(new IOException("cut"));

        await _time.AdvanceUntilAsync(() => Lists() >= 3 && _server.OpenWatches == 1, TimeSpan.FromMilliseconds(100), "the list for the newest");

        Assert.That(_server.Requests.Where(IsList).Select(request => request.Query).Take(3), Is.EqualTo(new[] { "?resourceVersion=0", "?resourceVersion=101", "?resourceVersion=" }));
    }

    [Test]
    public async Task A_cut_connection_backs_off_and_watches_again_without_a_list()
    {
        var informer = await StartAsync();
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => Changes().Count == 1, "a");

        _server.EndWatches(new IOException("connection reset by peer"));
        await Eventually.True(() => informer.LastError is not null, "the failure is noted");
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        await _time.AdvanceUntilAsync(() => Changes().Count == 2, TimeSpan.FromMilliseconds(100), "b");

        Assert.That(Lists(), Is.EqualTo(1));
        Assert.That(informer.LastError, Is.Null);
    }

    [Test]
    public async Task A_watch_that_ends_at_once_backs_off_instead_of_spinning()
    {
        var closes = 0;
        await StartAsync();
        _server.Fault = request =>
        {
            if (!request.Query.Contains("watch=true"))
                return null;
            Interlocked.Increment(ref closes);
            return new HttpResponseMessage { Content = new ByteArrayContent([]) };
        };
        _server.EndWatches(new IOException("cut"));

        await _time.AdvanceUntilAsync(() => closes >= 5, TimeSpan.FromMilliseconds(50), "five tries");
        var started = _time.GetUtcNow();
        await _time.AdvanceUntilAsync(() => closes >= 7, TimeSpan.FromMilliseconds(50), "seven tries");

        // The first is none. After four failures in a row a try waits at least 0.8 s * 2^4.
        Assert.That(_time.GetUtcNow() - started, Is.GreaterThan(TimeSpan.FromSeconds(12.8)));
        Assert.That(Lists(), Is.EqualTo(1));
    }

    [Test]
    public async Task No_kind_of_exception_ends_the_loop()
    {
        Exception[] failures =
        [
            new HttpRequestException("refused"), new IOException("broken"), new InvalidOperationException("bug"), new TimeoutException(), new OperationCanceledException(),
            new System.Text.Json.JsonException("bad"), new AggregateException(new IOException()), new NullReferenceException(), new ObjectDisposedException("stream"),
        ];
        var next = 0;
        _server.Fault = _ => next < failures.Length ? throw failures[next++] : null;
        _server.Put(CoreResources.ConfigMaps, Map("a"));

        var informer = Create();
        _run = informer.RunAsync(_stop.Token);
        await _time.AdvanceUntilAsync(() => informer.HasSynced, TimeSpan.FromSeconds(1), "synced");
        Assert.That(next, Is.EqualTo(failures.Length));

        next = 0;
        _server.EndWatches(new IOException("cut"));
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        await _time.AdvanceUntilAsync(() => informer.Get("ns", "b") is not null, TimeSpan.FromSeconds(1), "b");
        Assert.That(_run.IsCompleted, Is.False);
    }

    [Test]
    public async Task A_half_open_watch_is_given_up_and_replaced()
    {
        var informer = await StartAsync();
        await _time.AdvanceUntilAsync(() => Watches() >= 2, TimeSpan.FromSeconds(30), "a second watch");

        Assert.That(informer.HasSynced, Is.True);
        Assert.That(Lists(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_corrupt_line_leads_to_a_list_and_loses_nothing()
    {
        await StartAsync();
        _server.SendRaw("{\"type\":\"ADDED\",\"object\":{\"meta\n");
        _server.Put(CoreResources.ConfigMaps, Map("a"));

        await _time.AdvanceUntilAsync(() => Changes().Count == 1, TimeSpan.FromMilliseconds(100), "a");
        Assert.That(Lists(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_handler_that_throws_stops_neither_the_others_nor_the_watch()
    {
        var informer = Create();
        informer.AddHandler(_ => throw new InvalidOperationException("bug"));
        await StartAsync(informer);
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => Changes().Count == 1, "a");
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        await Eventually.True(() => Changes().Count == 2, "b");
    }

    [Test]
    public async Task A_handler_added_late_is_told_what_is_there()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = await StartAsync();
        var seen = new List<string>();

        informer.AddHandler(change => seen.Add($"{change.Key} {change.IsInitial}"));

        Assert.That(seen, Is.EqualTo(new[] { "ns/a True" }));
    }

    [Test]
    public async Task An_index_follows_changes_and_deletions()
    {
        var informer = Create().AddIndex("value", map => [Value(map)!]);
        _server.Put(CoreResources.ConfigMaps, Map("a", "x"));
        _server.Put(CoreResources.ConfigMaps, Map("b", "x"));
        await StartAsync(informer);
        Assert.That(informer.ByIndex("value", "x"), Has.Count.EqualTo(2));

        _server.Put(CoreResources.ConfigMaps, Map("a", "y"));
        _server.Remove(CoreResources.ConfigMaps, "ns", "b");
        await Eventually.True(() => Changes().Count == 4, "the changes");

        Assert.That(informer.ByIndex("value", "x"), Is.Empty);
        Assert.That(informer.ByIndex("value", "y").Select(map => map.Name), Is.EqualTo(new[] { "a" }));
        Assert.That(() => informer.ByIndex("other", "x"), Throws.ArgumentException);
        Assert.That(() => informer.AddIndex("late", _ => []), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Objects_are_pruned_and_selected_on_the_way_in()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a", labels: new Dictionary<string, string> { ["mine"] = "yes" }));
        _server.Put(CoreResources.ConfigMaps, Map("b"));
        var informer = Create(new InformerOptions<V1ConfigMap> { LabelSelector = "mine=yes", Transform = map => map with { Data = null } });
        await StartAsync(informer);

        Assert.That(informer.List().Select(map => (map.Name, map.Data)), Is.EqualTo(new[] { ("a", (IReadOnlyDictionary<string, string>?)null) }));
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => informer.Count == 0, "an object that no longer matches is gone");
    }

    [Test]
    public async Task An_unreadable_object_hides_no_other_and_keeps_its_last_readable_state()
    {
        _server.Put(CoreResources.ConfigMaps, Map("bad", "last"));
        var informer = await StartAsync();
        _server.PutJson("api/v1/namespaces/ns/configmaps", "bad", """{"metadata":{"namespace":"ns","name":"bad"},"data":[1]}""");
        _server.Put(CoreResources.ConfigMaps, Map("good"));
        await Eventually.True(() => informer.Get("ns", "good") is not null, "the other object");
        Assert.That(Value(informer.Get("ns", "bad")), Is.EqualTo("last"));

        _time.Advance(TimeSpan.FromSeconds(11));
        _server.Outage(() => _server.Put(CoreResources.ConfigMaps, Map("next")));
        await Eventually.True(() => informer.Get("ns", "next") is not null, "the list");
        Assert.That(Value(informer.Get("ns", "bad")), Is.EqualTo("last"));
        _server.Remove(CoreResources.ConfigMaps, "ns", "bad");
        await Eventually.True(() => informer.Get("ns", "bad") is null, "a deletion is seen even so");
    }

    [Test]
    public async Task An_object_deleted_and_made_again_unseen_is_two_objects()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        await StartAsync();
        _changes.Clear();
        _time.Advance(TimeSpan.FromSeconds(11));

        _server.Outage(() =>
        {
            _server.Remove(CoreResources.ConfigMaps, "ns", "a");
            _server.Put(CoreResources.ConfigMaps, Map("a", "2"));
        });

        await Eventually.True(() => Changes().Count == 2, "both changes");
        Assert.That(Changes(), Is.EqualTo(new[] { "deleted a", "added a" }));
    }

    [Test]
    public async Task A_version_that_expires_right_after_the_list_backs_off()
    {
        await StartAsync();
        _server.Fault = request => request.Query.Contains("watch=true") ? FakeApiServer.Failure(HttpStatusCode.Gone, "Expired") : null;
        _server.EndWatches(new IOException("cut"));
        var from = _time.GetUtcNow();

        await _time.AdvanceUntilAsync(() => Lists() >= 6, TimeSpan.FromMilliseconds(50), "six lists");

        Assert.That(_time.GetUtcNow() - from, Is.GreaterThan(TimeSpan.FromSeconds(12)));
    }

    static bool IsList(FakeRequest request) => request.Method == "GET" && !request.Query.Contains("watch=true");

    bool Lists(int atLeast) => Lists() >= atLeast;

    int Lists() => _server.Requests.Count(IsList);

    int Watches() => _server.Requests.Count(request => request.Query.Contains("watch=true"));

    List<string> Changes()
    {
        lock (_changes)
            return [.. _changes];
    }

    Informer<V1ConfigMap> Create(InformerOptions<V1ConfigMap>? options = null) =>
        new(_client, CoreResources.ConfigMaps, options, time: _time, random: new Random(7));

    async Task<Informer<V1ConfigMap>> StartAsync(Informer<V1ConfigMap>? informer = null)
    {
        informer ??= Create();
        informer.AddHandler(change =>
        {
            lock (_changes)
            {
                _changes.Add(change switch
                {
                    { IsInitial: true } => $"initial {change.Key.Name}",
                    { Old: null } => $"added {change.Key.Name}",
                    { New: null } => $"deleted {change.Key.Name}",
                    _ => $"changed {change.Key.Name} {Value(change.Old)}->{Value(change.New)}",
                });
            }
        });
        _run = informer.RunAsync(_stop.Token);
        await informer.WaitForSyncAsync(_stop.Token);
        await Eventually.True(() => _server.OpenWatches == 1, "the first watch");
        return informer;
    }
}
