using System.Collections.Concurrent;
using System.Net;
using System.Text;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.InferenceServices;
using EnterpriseAI.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Operator.Tests.InferenceServices;

public sealed class GatewayObserverTests
{
    private const string First = "10.0.0.1", Second = "10.0.0.2";
    private readonly ManualTimeProvider _time = new();
    private FakeApiServer _server = null!;
    private KubernetesClient _client = null!;
    private Gateways _gateways = null!;
    private HttpClient _http = null!;
    private Informer<V1Pod> _pods = null!;
    private GatewayObserver _observer = null!;
    private CancellationTokenSource _stop = null!;
    private Task _running = null!, _observing = null!;

    [SetUp]
    public async Task Start()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _gateways = new Gateways();
        _http = new HttpClient(_gateways);
        _pods = new Informer<V1Pod>(_client, CoreResources.Pods, time: _time);
        _stop = new CancellationTokenSource();
        _running = _pods.RunAsync(_stop.Token);
        _observer = new GatewayObserver(_pods, "system", _http, _time, NullLogger<GatewayObserver>.Instance);
        _observing = _observer.RunAsync(_stop.Token);
        await Eventually.True(() => _pods.HasSynced && _server.OpenWatches == 1, "the watch");
    }

    [TearDown]
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _running;
        Assert.That(async () => await _observing, Throws.InstanceOf<OperationCanceledException>(), "polling went on until it was stopped");
        _stop.Dispose();
        _http.Dispose();
        _gateways.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task A_report_is_read_as_the_gateway_writes_it()
    {
        await AddAsync(First);
        _gateways.Answers[First] = """
            {"instance":"a","services":[{"namespace":"ns","name":"svc","unserved":0,"revisions":[{"name":"new","role":"Candidate","weight":5,"inFlight":2,
             "windows":[{"candidateWeight":5,"requests":10,"errors":1,"latency":{"boundsSeconds":[0.1,1],"counts":[7,2,1]}}]}]}]}
            """;
        await PollAsync();
        var traffic = Traffic();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((traffic.Gateways, traffic.Answered, traffic.ObservedWeight("new"), traffic.InFlight["new"]), Is.EqualTo((1, 1, (int?)5, 2)));
            Assert.That((traffic.Counts[("new", 5)].Requests, traffic.Counts[("new", 5)].Errors), Is.EqualTo((10, 1)));
            Assert.That(traffic.Counts[("new", 5)].Latency.UpperBoundOfQuantile(0.9), Is.EqualTo(1));
            Assert.That(_observer.TrafficOf("other", "svc").Counts, Is.Empty, "a namesake of another namespace");
        }
    }

    [Test]
    public async Task The_counts_of_all_gateways_are_summed()
    {
        await AddAsync(First, Second);
        _gateways.Answers[First] = Report(10, 1);
        _gateways.Answers[Second] = Report(30, 2);
        await PollAsync();
        Assert.That((Traffic().Counts[("new", 5)].Requests, Traffic().Counts[("new", 5)].Errors, Traffic().ObservedWeight("new")), Is.EqualTo((40, 3, (int?)5)));
        _gateways.Answers[Second] = Report(30, 2, weight: 25);
        await PollAsync();
        Assert.That(Traffic().ObservedWeight("new"), Is.Null, "they do not agree");
    }

    [Test]
    public async Task A_gateway_that_restarted_counts_from_zero_and_nothing_is_counted_twice()
    {
        await AddAsync(First);
        _gateways.Answers[First] = Report(100, 5);
        await PollAsync();
        _gateways.Answers[First] = Report(3, 0).Replace("\"a\"", "\"b\"", StringComparison.Ordinal);
        await PollAsync();
        Assert.That((Traffic().Counts[("new", 5)].Requests, Traffic().Counts[("new", 5)].Errors), Is.EqualTo((3, 0)));
    }

    [TestCase("no json")]
    [TestCase("")]
    [TestCase("null")]
    [TestCase("""{"services":null}""")]
    [TestCase("""{"services":[null]}""")]
    [TestCase("""{"services":[{"namespace":"ns","name":"svc","revisions":null}]}""")]
    [TestCase("""{"services":[{"namespace":"ns","name":"svc","revisions":[{"name":"new","windows":[{"candidateWeight":5,"requests":-10,"errors":0}]}]}]}""")]
    [TestCase("""{"services":[{"namespace":"ns","name":"svc","revisions":[{"name":"new","windows":[{"candidateWeight":5,"requests":10,"errors":-4}]}]}]}""")]
    [TestCase("""{"services":[{"namespace":"ns","name":"svc","revisions":[{"name":"new","inFlight":-1}]}]}""")]
    [TestCase("""{"services":[{"namespace":"ns","name":"svc","revisions":[{"name":"new","windows":[{"candidateWeight":5,"requests":10,"latency":{"boundsSeconds":[0.1,1],"counts":[7]}}]}]}]}""")]
    [TestCase("""{"services":[{"namespace":"ns","name":"svc","revisions":[{"name":"new","windows":[{"candidateWeight":5,"requests":10,"latency":{"boundsSeconds":[0.1],"counts":[7,-7]}}]}]}]}""")]
    public async Task A_report_that_cannot_be_is_silence_and_the_old_one_does_not_stay(string answer)
    {
        await AddAsync(First);
        _gateways.Answers[First] = Report(10, 1);
        await PollAsync();
        Assert.That(Traffic().Answered, Is.EqualTo(1));
        _gateways.Answers[First] = answer;
        await PollAsync();
        Assert.That((Traffic().Gateways, Traffic().Answered, Traffic().Counts.Count, Traffic().IsUnrouted("new")), Is.EqualTo((1, 0, 0, false)));
    }

    [TestCase("text/html", HttpStatusCode.OK)]
    [TestCase("application/json; charset=nonsense", HttpStatusCode.OK)]
    [TestCase("application/json", HttpStatusCode.ServiceUnavailable)]
    public async Task A_strange_answer_does_not_end_the_polling(string contentType, HttpStatusCode code)
    {
        await AddAsync(First);
        _gateways.ContentType = contentType;
        _gateways.Code = code;
        _gateways.Answers[First] = "<html/>";
        await PollAsync();
        Assert.That(Traffic().Answered, Is.Zero);
        (_gateways.ContentType, _gateways.Code) = ("application/json", HttpStatusCode.OK);
        _gateways.Answers[First] = Report(10, 1);
        await PollAsync();
        Assert.That(Traffic().Answered, Is.EqualTo(1));
    }

    [Test]
    public async Task A_gateway_that_breaks_the_connection_is_silent_and_the_other_is_heard()
    {
        await AddAsync(First, Second);
        _gateways.Answers[First] = Report(10, 1);
        await PollAsync();
        Assert.That((Traffic().Gateways, Traffic().Answered, Traffic().Counts[("new", 5)].Requests, Traffic().ObservedWeight("new")), Is.EqualTo((2, 1, 10, (int?)null)));
    }

    [Test]
    public async Task Only_ready_gateways_of_the_installation_are_asked()
    {
        await AddAsync(First);
        _server.Put(CoreResources.Pods, Pod("not-ready", Second, ready: false));
        _server.Put(CoreResources.Pods, Pod("elsewhere", "10.0.0.3", ns: "other"));
        _server.Put(CoreResources.Pods, Pod("another", "10.0.0.4", component: "operator"));
        _server.Put(CoreResources.Pods, Pod("last", "10.0.0.5", ready: false));
        await Eventually.True(() => _pods.Get("system", "last") is not null, "the pods");
        _gateways.Answers[First] = Report(10, 1);
        await PollAsync();
        Assert.That(_gateways.Asked.Distinct(), Is.EqualTo(new[] { First }));
        Assert.That(Traffic().Gateways, Is.EqualTo(1));
    }

    private ServiceTraffic Traffic() => _observer.TrafficOf("ns", "svc");

    private async Task AddAsync(params string[] addresses)
    {
        foreach (var address in addresses)
            _server.Put(CoreResources.Pods, Pod($"gateway-{address}", address));
        await Eventually.True(() => addresses.All(a => _pods.Get("system", $"gateway-{a}") is not null), "the gateways");
    }

    /// <summary>Until a whole round that began after this call has ended: the next round has asked.</summary>
    private async Task PollAsync()
    {
        var asked = _gateways.Asked.Count;
        var gateways = Traffic().Gateways;
        await _time.AdvanceUntilAsync(() => _observing.IsCompleted || _gateways.Asked.Count > asked + 2 * gateways, TimeSpan.FromSeconds(1), "two rounds");
    }

    private static string Report(long requests, long errors, int weight = 5) => $$"""
        {"instance":"a","services":[{"namespace":"ns","name":"svc","revisions":[{"name":"new","weight":{{weight}},"inFlight":0,"windows":[{"candidateWeight":5,"requests":{{requests}},"errors":{{errors}}}]}]}]}
        """;

    private static V1Pod Pod(string name, string address, bool ready = true, string ns = "system", string component = "gateway") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = ns, Labels = new Dictionary<string, string> { ["app.kubernetes.io/component"] = component } },
        Status = new V1PodStatus { PodIP = address, Conditions = [new V1PodCondition { Type = "Ready", Status = ready ? "True" : "False" }] },
    };

    /// <summary>Gateways by address; one without an answer breaks the connection.</summary>
    private sealed class Gateways : HttpMessageHandler
    {
        public ConcurrentDictionary<string, string> Answers { get; } = [];

        public ConcurrentQueue<string> Asked { get; } = [];

        public string ContentType { get; set; } = "application/json";

        public HttpStatusCode Code { get; set; } = HttpStatusCode.OK;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var address = request.RequestUri!.Host;
            Asked.Enqueue(address);
            if (request.RequestUri.AbsolutePath != "/v1/observations" || request.RequestUri.Port != 9090 || !Answers.TryGetValue(address, out var answer))
                throw new HttpRequestException("connection reset");
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(answer));
            content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
            return Task.FromResult(new HttpResponseMessage(Code) { Content = content });
        }
    }
}
