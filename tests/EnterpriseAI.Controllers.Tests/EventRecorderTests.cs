using System.Net;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests;

public sealed class EventRecorderTests
{
    static readonly V1ConfigMap About = TestObjects.Map("a") with { Metadata = TestObjects.Map("a").Metadata with { Uid = "u" } };

    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    EventRecorder _recorder = null!;
    CancellationTokenSource _stop = null!;
    Task _run = Task.CompletedTask;

    [SetUp]
    public void Start()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _recorder = new EventRecorder(_client, "enterpriseai.io/operator", "pod-1", time: _time);
        _stop = new CancellationTokenSource();
        _run = _recorder.RunAsync(_stop.Token);
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
    public async Task An_event_has_what_the_server_requires()
    {
        _recorder.Warning(About, "Unreachable", "Profile", new string('é', 2000));
        await Eventually.True(() => Events().Count == 1, "the event");

        var written = Events()[0];
        Assert.That(written.Metadata.Namespace, Is.EqualTo("ns"));
        Assert.That(written.Metadata.Name, Does.StartWith("a."));
        Assert.That(written.EventTime, Is.EqualTo(_time.GetUtcNow()));
        Assert.That((written.Type, written.Reason, written.Action), Is.EqualTo(("Warning", "Unreachable", "Profile")));
        Assert.That((written.ReportingController, written.ReportingInstance), Is.EqualTo(("enterpriseai.io/operator", "pod-1")));
        Assert.That((written.Regarding!.Kind, written.Regarding.Uid), Is.EqualTo(("ConfigMap", "u")));
        Assert.That(System.Text.Encoding.UTF8.GetByteCount(written.Note!), Is.InRange(1000, 1024));
    }

    [Test]
    public async Task Same_events_are_counted_on_the_first()
    {
        for (var i = 0; i < 5; i++)
            _recorder.Normal(About, "Profiled", "Profile", "344 rows");
        await Eventually.True(() => Events() is [{ Series.Count: 5 }], "the count");

        Assert.That(_server.Requests.Select(request => request.Method), Is.EqualTo(new[] { "POST", "PATCH", "PATCH", "PATCH", "PATCH" }));
        Assert.That(_server.Requests[^1].Body, Does.Match("\"lastObservedTime\": \"[^\"]+\\.\\d{6}Z\""));
    }

    [Test]
    public async Task An_event_the_server_has_dropped_is_written_anew()
    {
        _recorder.Normal(About, "Profiled", "Profile", "344 rows");
        await Eventually.True(() => Events().Count == 1, "the event");
        _server.Remove(CoreResources.Events, "ns", Events()[0].Name);

        _recorder.Normal(About, "Profiled", "Profile", "344 rows");

        await Eventually.True(() => Events().Count == 1, "a new event");
        Assert.That(Events()[0].Series, Is.Null);
    }

    [Test]
    public async Task Events_of_objects_without_a_namespace_are_where_every_server_takes_them()
    {
        _recorder.Normal(new V1Node { Metadata = new V1ObjectMeta { Name = "n" } }, "Seen", "See", "x");
        await Eventually.True(() => _server.Requests.Count == 1, "the event");
        Assert.That(_server.Requests[0].Path, Does.StartWith("apis/events.k8s.io/v1/namespaces/kube-system/"));
    }

    [Test]
    public async Task A_server_that_refuses_events_disturbs_nothing()
    {
        _server.Fault = _ => FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden");
        _recorder.Normal(About, "A", "A", "1");
        await Eventually.True(() => _server.Requests.Count == 1, "the refusal");
        _server.Fault = null;
        _recorder.Normal(About, "B", "B", "2");
        await Eventually.True(() => Events().Count == 1, "the next");
    }

    [Test]
    public void More_than_ten_similar_events_in_ten_minutes_are_combined()
    {
        var correlator = new EventCorrelator(_time);
        EventVerdict Judge(int number) => correlator.Judge("object", "Normal", "Reason", "Action", $"note {number}");
        for (var i = 0; i < 10; i++)
            Assert.That(Judge(i).Note, Is.EqualTo($"note {i}"));

        var eleventh = Judge(10);
        correlator.Created(eleventh.Key, "combined", 1);
        Assert.That(eleventh.Note, Is.EqualTo("(combined from similar events) note 10"));
        Assert.That((Judge(11).Action, Judge(12).EventName), Is.EqualTo((EventAction.Count, "combined")));
        _time.Advance(TimeSpan.FromMinutes(10.1));
        Assert.That(Judge(13).Note, Is.EqualTo("note 13"));
    }

    [Test]
    public void An_object_gets_25_events_at_once_and_then_one_in_5_minutes()
    {
        var correlator = new EventCorrelator(_time);
        bool Allowed(string about) => correlator.Judge(about, "Normal", "Reason", "Action", "same").Action != EventAction.Drop;
        Assert.That(Enumerable.Range(0, 40).Count(_ => Allowed("a")), Is.EqualTo(25));
        Assert.That(Allowed("b"), Is.True);

        _time.Advance(TimeSpan.FromMinutes(11));

        Assert.That(Enumerable.Range(0, 5).Count(_ => Allowed("a")), Is.EqualTo(2));
    }

    [Test]
    public void What_was_used_longest_ago_is_forgotten_first()
    {
        var cache = new LruCache<int, string>(2);
        cache.Set(1, "a");
        cache.Set(2, "b");
        cache.TryGet(1, out _);
        cache.Set(3, "c");

        Assert.That((cache.TryGet(1, out _), cache.TryGet(2, out _), cache.TryGet(3, out _), cache.Count), Is.EqualTo((true, false, true, 2)));
    }

    List<EventsV1Event> Events() =>
        [.. _server.All("apis/events.k8s.io/v1/events").Select(node => System.Text.Json.JsonSerializer.Deserialize(node, CoreResources.Events.TypeInfo)!)];
}
