using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

public sealed class WriteTrackerTests
{
    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;
    CancellationTokenSource _stop = null!;
    Informer<V1ConfigMap> _maps = null!;
    WriteTracker _tracker = null!;
    Task _run = Task.CompletedTask;

    [SetUp]
    public async Task Start()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _stop = new CancellationTokenSource();
        _tracker = new WriteTracker(_time);
        _server.Put(CoreResources.ConfigMaps, Map("a"));
        _maps = new Informer<V1ConfigMap>(_client, CoreResources.ConfigMaps, time: _time);
        _run = _maps.RunAsync(_stop.Token);
        await _maps.WaitForSyncAsync(_stop.Token);
        await Eventually.True(() => _server.OpenWatches == 1, "the watch");
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
    public async Task A_written_version_is_waited_for()
    {
        using (_server.HoldWatches())
        {
            _tracker.Wrote(Key("owner"), _maps, _server.Put(CoreResources.ConfigMaps, Map("a", "2")));
            Assert.That(_tracker.IsCaughtUp(Key("owner")), Is.False);
            Assert.That(_tracker.IsCaughtUp(Key("another")), Is.True);
        }

        await Eventually.True(() => _tracker.IsCaughtUp(Key("owner")), "the watch");
    }

    [Test]
    public async Task A_deletion_is_waited_for_and_a_mark_counts()
    {
        var present = _maps.Get("ns", "a")!;
        using (_server.HoldWatches())
        {
            await _client.DeleteAsync(CoreResources.ConfigMaps, "ns", "a");
            _tracker.Deleted(Key("owner"), _maps, present);
            Assert.That(_tracker.IsCaughtUp(Key("owner")), Is.False);
        }

        await Eventually.True(() => _tracker.IsCaughtUp(Key("owner")), "the deletion");

        _server.Put(CoreResources.ConfigMaps, Map("a") with { Metadata = Map("a").Metadata with { Finalizers = ["x"] } });
        await Eventually.True(() => _maps.Get("ns", "a") is not null, "made again");
        present = _maps.Get("ns", "a")!;
        await _client.DeleteAsync(CoreResources.ConfigMaps, "ns", "a");
        _tracker.Deleted(Key("owner"), _maps, present);
        await Eventually.True(() => _tracker.IsCaughtUp(Key("owner")), "the mark");
        Assert.That(_maps.Get("ns", "a")!.IsDeleting, Is.True);
    }

    [Test]
    public void It_fails_open_after_its_patience_and_on_versions_that_are_no_numbers()
    {
        using var hold = _server.HoldWatches();
        _tracker.Wrote(Key("owner"), _maps, Map("a") with { Metadata = Map("a").Metadata with { ResourceVersion = "opaque" } });
        Assert.That(_tracker.IsCaughtUp(Key("owner")), Is.True);

        _tracker.Wrote(Key("owner"), _maps, _server.Put(CoreResources.ConfigMaps, Map("a", "2")));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.That(_tracker.IsCaughtUp(Key("owner")), Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_tracker.IsCaughtUp(Key("owner")), Is.True);
    }
}
