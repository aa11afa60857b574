using System.Net;
using System.Text;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Kubernetes.Tests;

/// <summary>Limits, retries, and what is left behind.</summary>
public sealed class ClientGuaranteesTests
{
    [Test]
    public async Task A_rate_limit_lets_a_burst_through_and_then_so_many_a_second_in_order()
    {
        var time = new ManualTimeProvider();
        var limiter = new RateLimiter(10, 3, time);
        var waits = Enumerable.Range(0, 6).Select(_ => limiter.WaitAsync(CancellationToken.None).AsTask()).ToList();
        Assert.That(waits.Take(3).All(wait => wait.IsCompleted), Is.True, "the burst");
        Assert.That(waits.Skip(3).Any(wait => wait.IsCompleted), Is.False);

        await time.AdvanceUntilAsync(() => waits[3].IsCompleted, TimeSpan.FromMilliseconds(10), "the fourth");
        Assert.That(waits[5].IsCompleted, Is.False);
        time.Advance(TimeSpan.FromSeconds(1));

        var took = await Task.WhenAll(waits);
        Assert.That(took.Select(wait => Math.Round(wait.TotalMilliseconds)), Is.EqualTo(new double[] { 0, 0, 0, 100, 200, 300 }));
    }

    [Test]
    public async Task A_client_without_a_configured_rate_is_not_held_back()
    {
        using var server = new FakeApiServer();
        using var client = server.Client(new ManualTimeProvider());

        for (var i = 0; i < 1000; i++)
            await client.TryGetAsync(CoreResources.Pods, "ns", "p");
        Assert.That(server.Requests, Has.Count.EqualTo(1000));
    }

    [Test]
    public async Task A_write_that_is_repeated_asks_its_guard_again()
    {
        var time = new ManualTimeProvider();
        using var server = new FakeApiServer();
        using var client = server.Client(time);
        var (leads, attempts) = (true, 0);
        server.Fault = _ => ++attempts == 1 ? FakeApiServer.Failure(HttpStatusCode.TooManyRequests, "TooManyRequests", "later", TimeSpan.FromSeconds(20)) : null;
        var writer = client.WithWriteGuard(_ => leads ? ValueTask.CompletedTask : throw new InvalidOperationException("not leading"));

        var write = writer.CreateAsync(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => attempts == 1, "the first attempt");
        leads = false;
        await time.AdvanceUntilAsync(() => write.IsCompleted, TimeSpan.FromSeconds(1), "the end of the wait");

        Assert.That(async () => await write, Throws.InvalidOperationException);
        Assert.That(attempts, Is.EqualTo(1), "the second one was stopped");
    }

    [Test]
    public async Task An_answer_that_comes_after_a_long_asked_for_wait_is_still_read()
    {
        var time = new ManualTimeProvider();
        using var server = new FakeApiServer();
        using var client = server.Client(time);
        server.Put(CoreResources.ConfigMaps, Map("a"));
        var left = 4;
        server.Fault = _ => left-- > 0 ? FakeApiServer.Failure(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable", "", TimeSpan.FromSeconds(25)) : null;

        var read = client.GetAsync(CoreResources.ConfigMaps, "ns", "a");
        await time.AdvanceUntilAsync(() => read.IsCompleted, TimeSpan.FromSeconds(1), "the answer");

        Assert.That((await read).Name, Is.EqualTo("a"));
    }

    [Test]
    public async Task An_error_whose_body_never_ends_is_a_timeout()
    {
        var time = new ManualTimeProvider();
        using var handler = new Answers(_ => new HttpResponseMessage(HttpStatusCode.InternalServerError) { Content = new StreamContent(new Endless()) });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler, time);

        var read = client.GetAsync(CoreResources.Pods, "ns", "p");
        await time.AdvanceUntilAsync(() => read.IsCompleted, TimeSpan.FromSeconds(5), "the timeout");

        Assert.That(async () => await read, Throws.TypeOf<TimeoutException>().With.Message.Contains("500"));
    }

    [Test]
    public async Task A_version_the_server_has_not_reached_is_reported_at_once_whatever_it_asks_to_wait()
    {
        using var server = new FakeApiServer();
        using var client = server.Client(new ManualTimeProvider());
        server.Fault = _ => FakeApiServer.Failure(HttpStatusCode.GatewayTimeout, "Timeout", "Too large resource version: 9, current: 5", TimeSpan.FromSeconds(1));

        Assert.That(
            async () => await client.ListAsync(CoreResources.Pods, null, new ListOptions { ResourceVersion = "9" }),
            Throws.TypeOf<KubernetesException>().With.Property(nameof(KubernetesException.IsTooLargeResourceVersion)).True);
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        await Task.CompletedTask;
    }

    [Test]
    public async Task Every_response_is_disposed_whatever_its_code()
    {
        var bodies = new List<Body>();
        HttpStatusCode[] codes = [HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.Conflict, HttpStatusCode.InternalServerError, HttpStatusCode.Gone];
        using var handler = new Answers(_ =>
        {
            var body = new Body(Encoding.UTF8.GetBytes("""{"kind":"Status","metadata":{"name":"p"}}"""));
            bodies.Add(body);
            return new HttpResponseMessage(codes[bodies.Count % codes.Length]) { Content = new StreamContent(body) };
        });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler);
        for (var i = 0; i < 30; i++)
        {
            try
            {
                switch (i % 4)
                {
                    case 0:
                        await client.GetAsync(CoreResources.Pods, "ns", "p");
                        break;
                    case 1:
                        await client.ListAsync(CoreResources.Pods);
                        break;
                    case 2:
                        await client.DeleteAsync(CoreResources.Pods, "ns", "p");
                        break;
                    default:
                        await foreach (var _ in client.WatchAsync(CoreResources.Pods))
                        {
                        }

                        break;
                }
            }
            catch (Exception e) when (e is KubernetesException or System.Text.Json.JsonException)
            {
                // What was asked for.
            }
        }

        Assert.That(bodies, Has.Count.EqualTo(30));
        Assert.That(bodies.Count(body => !body.IsDisposed), Is.Zero);
    }

    [Test]
    public async Task A_watch_without_an_event_ends_normally()
    {
        using var handler = new Answers(_ => new HttpResponseMessage { Content = new ByteArrayContent([]) });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler);
        var events = 0;

        await foreach (var _ in client.WatchAsync(CoreResources.Pods))
            events++;

        Assert.That(events, Is.Zero);
    }

    [Test]
    public async Task A_quiet_watch_outlives_the_time_limit_of_requests()
    {
        var time = new ManualTimeProvider();
        using var server = new FakeApiServer();
        using var client = server.Client(time);
        var events = 0;
        var watch = Task.Run(async () =>
        {
            await foreach (var _ in client.WatchAsync(CoreResources.ConfigMaps, null, new WatchOptions { Timeout = TimeSpan.FromMinutes(5) }))
                events++;
        });
        await Eventually.True(() => server.OpenWatches == 1, "the watch");

        time.Advance(TimeSpan.FromMinutes(4));
        server.Put(CoreResources.ConfigMaps, Map("a"));
        await Eventually.True(() => Volatile.Read(ref events) == 1, "an event after four minutes of silence");
        server.EndWatches();
        await watch;
    }

    [TestCase("1", "34", true)]
    [TestCase("1", "33", false)]
    [TestCase("1", "34+", true)]
    [TestCase("1", "", false)]
    [TestCase("2", "40", false)]
    public async Task Streaming_lists_are_known_by_the_servers_version_which_is_asked_for_once(string major, string minor, bool has)
    {
        var asked = 0;
        using var handler = new Answers(_ =>
        {
            asked++;
            return new HttpResponseMessage { Content = new StringContent($$"""{"major":"{{major}}","minor":"{{minor}}"}""") };
        });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler);

        Assert.That(await client.HasStreamingListsAsync(), Is.EqualTo(has));
        Assert.That(await client.HasStreamingListsAsync(), Is.EqualTo(has));
        Assert.That(asked, Is.EqualTo(1));
    }

    static V1ConfigMap Map(string name) => new() { Metadata = new V1ObjectMeta { Namespace = "ns", Name = name } };

    sealed class Answers(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }

    sealed class Body(byte[] content) : MemoryStream(content)
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    /// <summary>Sends nothing and never ends.</summary>
    sealed class Endless : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
