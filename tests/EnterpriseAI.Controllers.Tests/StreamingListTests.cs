using System.Net;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

/// <summary>The first objects as the first events of a watch.</summary>
public sealed class StreamingListTests
{
    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    CancellationTokenSource _stop = null!;
    Task _run = Task.CompletedTask;

    [SetUp]
    public void Create_server()
    {
        _server = new FakeApiServer { Streaming = FakeStreaming.On };
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

    [TestCase("34", true)]
    [TestCase("35+", true)]
    [TestCase("33", false)]
    [TestCase("20+", false)]
    public async Task The_first_list_is_streamed_from_servers_that_have_it_on_by_default(string minor, bool streams)
    {
        _server.Minor = minor;
        _server.Put(CoreResources.ConfigMaps, Map("a"));

        var informer = await StartAsync();

        Assert.That(informer.Get("ns", "a"), Is.Not.Null);
        Assert.That(_server.Requests[0].Query, streams
            ? Does.Contain("sendInitialEvents=true").And.Contain("resourceVersionMatch=NotOlderThan").And.Contain("allowWatchBookmarks=true")
            : Is.EqualTo("?resourceVersion=0"));
    }

    [Test]
    public async Task A_streamed_list_is_told_as_initial_and_then_followed_by_the_same_watch()
    {
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var changes = new List<string>();
        var informer = await StartAsync(changes: changes);
        Assert.That(changes, Is.EqualTo(new[] { "a initial" }));

        _server.Put(CoreResources.ConfigMaps, Map("b"));
        await Eventually.True(() => informer.Get("ns", "b") is not null, "b");

        Assert.That(changes, Is.EqualTo(new[] { "a initial", "b live" }));
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_relist_by_stream_is_not_older_than_what_was_seen_and_reports_what_vanished()
    {
        _server.Put(CoreResources.ConfigMaps, Map("gone"));
        _server.Put(CoreResources.ConfigMaps, Map("kept"));
        var informer = await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        _server.Outage(() =>
        {
            _server.Remove(CoreResources.ConfigMaps, "ns", "gone");
            _server.Put(CoreResources.ConfigMaps, Map("new"));
        });

        await Eventually.True(() => informer.Get("ns", "new") is not null, "the new object");

        Assert.That(informer.List().Select(map => map.Name), Is.EquivalentTo(new[] { "kept", "new" }));
        Assert.That(_server.Requests[^1].Query, Does.Contain("sendInitialEvents=true").And.Contain("resourceVersion=102"));
    }

    [Test]
    public async Task A_server_that_refuses_to_stream_is_listed_at_once_and_not_asked_again()
    {
        _server.Streaming = FakeStreaming.Refused;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = await StartAsync(new InformerOptions<V1ConfigMap> { StreamingList = StreamingList.Try });
        _time.Advance(TimeSpan.FromSeconds(11));
        _server.Outage(() => _server.Put(CoreResources.ConfigMaps, Map("b")));
        await Eventually.True(() => informer.Get("ns", "b") is not null, "b");

        Assert.That(_server.Requests.Count(request => request.Query.Contains("sendInitialEvents")), Is.EqualTo(1));
        Assert.That(_server.Requests[1].Query, Is.EqualTo("?resourceVersion=0"));
    }

    [Test]
    public async Task A_server_that_does_not_know_streaming_is_listed_when_the_initial_events_do_not_end()
    {
        _server.Streaming = FakeStreaming.Ignored;
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = Create(new InformerOptions<V1ConfigMap> { StreamingList = StreamingList.Try });
        _run = informer.RunAsync(_stop.Token);
        await Eventually.True(() => _server.OpenWatches == 1, "the watch that looks like a stream");
        Assert.That(informer.HasSynced, Is.False);

        await _time.AdvanceUntilAsync(() => informer.HasSynced, TimeSpan.FromSeconds(1), "the list");

        Assert.That(informer.Get("ns", "a"), Is.Not.Null);
        Assert.That(informer.LastError, Is.Null);
    }

    [Test]
    public async Task A_stream_that_is_cut_in_the_middle_changes_nothing_and_is_begun_again()
    {
        _server.Put(CoreResources.ConfigMaps, Map("old"));
        var informer = await StartAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        var cut = true;
        _server.Fault = request => cut && request.Query.Contains("sendInitialEvents")
            ? new HttpResponseMessage { Content = new StringContent("""{"type":"ADDED","object":{"metadata":{"namespace":"ns","name":"half","uid":"u","resourceVersion":"200"}}}""" + "\n") }
            : null;
        _server.Outage(() => _server.Put(CoreResources.ConfigMaps, Map("new")));
        await Eventually.True(() => informer.LastError is not null, "the cut is noticed");
        Assert.That(informer.List().Select(map => map.Name), Is.EqualTo(new[] { "old" }));

        cut = false;
        await _time.AdvanceUntilAsync(() => informer.Get("ns", "new") is not null, TimeSpan.FromMilliseconds(100), "the whole stream");
        Assert.That(informer.List().Select(map => map.Name), Is.EquivalentTo(new[] { "old", "new" }));
    }

    [Test]
    public async Task A_process_that_may_not_ask_for_the_version_lists()
    {
        using var handler = new Forbidding(_server);
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler, _time);
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        var informer = new Informer<V1ConfigMap>(client, CoreResources.ConfigMaps, time: _time);
        _run = informer.RunAsync(_stop.Token);

        await Eventually.True(() => informer.HasSynced, "the list");
    }

    Informer<V1ConfigMap> Create(InformerOptions<V1ConfigMap>? options = null) => new(_client, CoreResources.ConfigMaps, options, time: _time, random: new Random(7));

    async Task<Informer<V1ConfigMap>> StartAsync(InformerOptions<V1ConfigMap>? options = null, List<string>? changes = null)
    {
        var informer = Create(options);
        informer.AddHandler(change => changes?.Add($"{change.Key.Name} {(change.IsInitial ? "initial" : "live")}"));
        _run = informer.RunAsync(_stop.Token);
        await Eventually.True(() => informer.HasSynced && _server.OpenWatches == 1, "synced");
        return informer;
    }

    sealed class Forbidding(FakeApiServer server) : HttpMessageHandler
    {
        readonly HttpMessageInvoker _inner = new(server, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri!.AbsolutePath == "/version"
                ? Task.FromResult(FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden"))
                : _inner.SendAsync(request, cancellationToken);
    }
}
