using System.Text;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Kubernetes.Tests;

public sealed class WatchTests
{
    [Test]
    public async Task Events_bookmarks_and_the_end_arrive_in_order()
    {
        using var server = new FakeApiServer();
        using var client = server.Client();
        var seen = new List<WatchEvent<V1ConfigMap>>();
        var watch = Task.Run(async () =>
        {
            await foreach (var change in client.WatchAsync(CoreResources.ConfigMaps, null, new WatchOptions { ResourceVersion = "100" }))
            {
                lock (seen)
                    seen.Add(change);
            }
        });
        await Eventually.True(() => server.OpenWatches == 1, "the watch");

        server.Put(CoreResources.ConfigMaps, Map("a"));
        server.Put(CoreResources.ConfigMaps, Map("a") with { Data = new Dictionary<string, string>() });
        server.Remove(CoreResources.ConfigMaps, "ns", "a");
        server.Tick();
        server.SendBookmarks();
        server.EndWatches();
        await watch;

        Assert.That(seen.Select(change => (change.Type, change.ResourceVersion)), Is.EqualTo(new[]
        {
            (WatchEventType.Added, "101"), (WatchEventType.Modified, "102"), (WatchEventType.Deleted, "103"), (WatchEventType.Bookmark, "104"),
        }));
        Assert.That(server.Requests[0].Query, Does.Contain("watch=true").And.Contain("allowWatchBookmarks=true").And.Contain("timeoutSeconds=300"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_version_that_is_too_old_is_gone_over_http_and_in_the_stream_alike(bool inStream)
    {
        using var server = new FakeApiServer { ExpiresInStream = inStream };
        using var client = server.Client();
        server.Compact();

        Assert.That(
            async () => await Drain(client, new WatchOptions { ResourceVersion = "5" }),
            Throws.TypeOf<KubernetesException>().With.Property(nameof(KubernetesException.IsGone)).True);
    }

    [Test]
    public async Task A_half_open_watch_is_given_up_by_the_watchdog()
    {
        var time = new ManualTimeProvider();
        using var server = new FakeApiServer();
        using var client = server.Client(time);
        var watch = Drain(client, new WatchOptions { Timeout = TimeSpan.FromSeconds(100) });
        await Eventually.True(() => server.OpenWatches == 1, "the watch");

        time.Advance(TimeSpan.FromSeconds(129));
        Assert.That(watch.IsCompleted, Is.False);
        await time.AdvanceUntilAsync(() => watch.IsCompleted, TimeSpan.FromSeconds(1), "the watchdog");

        Assert.That(async () => await watch, Throws.TypeOf<TimeoutException>().With.Message.Contains("watch of configmaps"));
    }

    [Test]
    public async Task A_cut_connection_is_an_IOException()
    {
        using var server = new FakeApiServer();
        using var client = server.Client();
        var watch = Drain(client, new WatchOptions());
        await Eventually.True(() => server.OpenWatches == 1, "the watch");

        server.EndWatches(new IOException("connection reset"));

        Assert.That(async () => await watch, Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Cancelling_ends_the_watch_with_OperationCanceledException()
    {
        using var server = new FakeApiServer();
        using var client = server.Client();
        using var stop = new CancellationTokenSource();
        var watch = Drain(client, new WatchOptions(), stop.Token);
        await Eventually.True(() => server.OpenWatches == 1, "the watch");

        await stop.CancelAsync();

        Assert.That(async () => await watch, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void An_object_the_type_cannot_hold_is_reported_and_a_corrupt_line_is_thrown()
    {
        var change = Parse("""{"type":"ADDED","object":{"metadata":{"name":"n","namespace":"ns","resourceVersion":"7"},"data":[1]}}""")!.Value;

        Assert.That(change.Object, Is.Null);
        Assert.That((change.Unreadable!.Namespace, change.Unreadable.Name, change.ResourceVersion), Is.EqualTo(("ns", "n", "7")));
        Assert.That(() => Parse("""{"type":"ADDED","object":{"metada"""), Throws.InstanceOf<System.Text.Json.JsonException>());
        Assert.That(() => Parse("""{"type":"ADDED","object":[]}"""), Throws.InstanceOf<System.Text.Json.JsonException>());
        Assert.That(() => Parse("nonsense"), Throws.InstanceOf<System.Text.Json.JsonException>());
        Assert.That(Parse("  "), Is.Null);
        Assert.That(Parse("""{"type":"NEW","object":{}}"""), Is.Null);
    }

    [Test]
    public void The_object_may_come_before_the_type() =>
        Assert.That(Parse("""{"object":{"metadata":{"name":"n"}},"type":"DELETED"}""")!.Value.Type, Is.EqualTo(WatchEventType.Deleted));

    [Test]
    public void The_bookmark_that_ends_the_initial_events_is_recognised() =>
        Assert.That(
            Parse("""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}""")!.Value.EndsInitialEvents,
            Is.True);

    [Test]
    public void Damaged_lines_never_give_anything_but_events_and_known_exceptions()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var line = Encoding.UTF8.GetBytes("""{"type":"MODIFIED","object":{"kind":"ConfigMap","metadata":{"name":"n","resourceVersion":"7","labels":{"a":"b"}},"data":{"k":"v"}}}""");
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = line.ToArray();
            for (var j = random.Next(1, 4); j > 0; j--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            var cut = damaged.AsMemory(0, random.Next(2) == 0 ? damaged.Length : random.Next(damaged.Length));
            try
            {
                WatchFrame.Parse(new System.Buffers.ReadOnlySequence<byte>(cut), KubernetesJsonContext.Default.V1ConfigMap);
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or KubernetesException or InvalidOperationException)
            {
                // Told to the caller, who starts over.
                Assert.That(e, Is.Not.InstanceOf<InvalidOperationException>(), () => Encoding.Latin1.GetString(cut.Span));
            }
        }
    }

    static WatchEvent<V1ConfigMap>? Parse(string line) =>
        WatchFrame.Parse(new System.Buffers.ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(line)), KubernetesJsonContext.Default.V1ConfigMap);

    static async Task Drain(KubernetesClient client, WatchOptions options, CancellationToken cancellationToken = default)
    {
        await foreach (var change in client.WatchAsync(CoreResources.ConfigMaps, null, options, cancellationToken))
            Assert.That(change.Type, Is.Not.EqualTo(WatchEventType.Bookmark));
    }

    static V1ConfigMap Map(string name) => new() { Metadata = new V1ObjectMeta { Namespace = "ns", Name = name } };
}
