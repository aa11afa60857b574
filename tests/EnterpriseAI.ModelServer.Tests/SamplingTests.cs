using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.ModelServer.Tests;

public class SamplingTests
{
    private const string Request = """{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""";

    [Test]
    public async Task A_sampled_request_and_its_response_come_to_the_sink_as_CloudEvents_of_one_trace()
    {
        await using var sink = await Sink.StartAsync();
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { PayloadSink = sink.Address, PayloadSampleRate = 1 });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new StringContent(Request, Encoding.UTF8, "application/json") };
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await server.Client.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        var events = new[] { await sink.NextAsync(), await sink.NextAsync() };
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Select(sample => sample.Headers["ce-type"]), Is.EqualTo(new[] { "io.enterpriseai.inference.request", "io.enterpriseai.inference.response" }));
            Assert.That(events.Select(sample => sample.Headers["ce-specversion"]), Has.All.EqualTo("1.0"));
            Assert.That(events.Select(sample => sample.Headers["ce-source"]), Has.All.EqualTo("/v2/models/m"));
            Assert.That(events.Select(sample => sample.Headers["ce-id"]), Is.Unique);
            Assert.That(events[0].Headers["ce-inferenceid"], Is.EqualTo(events[1].Headers["ce-inferenceid"]));
            Assert.That(events.Select(sample => sample.Body), Is.EqualTo(new[] { Request, answer }));
            Assert.That(events.Select(sample => sample.Headers["ce-traceparent"]), Has.All.StartsWith("00-0af7651916cd43dd8448eb211c80319c-"));
        }
    }

    [Test]
    public async Task A_sink_that_is_away_holds_up_nothing()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { PayloadSink = new Uri("http://127.0.0.1:1/"), PayloadSampleRate = 1 });
        for (var i = 0; i < 600; i++)
            Assert.That((await server.InferAsync(Request)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task No_request_is_sampled_at_rate_0()
    {
        await using var sink = await Sink.StartAsync();
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { PayloadSink = sink.Address, PayloadSampleRate = 0 });
        for (var i = 0; i < 20; i++)
            await server.InferAsync(Request);
        Assert.That(sink.Count, Is.Zero);
    }

    private sealed record Received(IReadOnlyDictionary<string, string> Headers, string Body);

    /// <summary>Keeps what is posted to it.</summary>
    private sealed class Sink(WebApplication app) : IAsyncDisposable
    {
        private readonly BlockingCollection<Received> _received = [];

        public Uri Address => new(app.Urls.Single());

        public int Count => _received.Count;

        public static async Task<Sink> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            var sink = new Sink(app);
            app.MapPost("/", async (HttpContext context) =>
            {
                using var reader = new StreamReader(context.Request.Body);
                var body = await reader.ReadToEndAsync();
                sink._received.Add(new Received(context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), body));
            });
            await app.StartAsync();
            return sink;
        }

        public Task<Received> NextAsync() => Task.Run(() => _received.TryTake(out var received, TimeSpan.FromSeconds(20))
            ? received
            : throw new TimeoutException("nothing came to the sink within 20 s"));

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            _received.Dispose();
        }
    }
}
