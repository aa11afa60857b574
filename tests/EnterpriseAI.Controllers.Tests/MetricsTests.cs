using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests;

public sealed class MetricsTests
{
    readonly ConcurrentDictionary<string, double> _sums = new();
    readonly ConcurrentDictionary<string, Instrument> _instruments = new();
    MeterListener _listener = null!;

    [SetUp]
    public void Listen()
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name is not (ControllerMetrics.MeterName or KubernetesMetrics.MeterName))
                    return;
                _instruments[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            },
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    [TearDown]
    public void Stop() => _listener.Dispose();

    [Test]
    public async Task Every_series_of_a_controller_exists_from_the_start_and_counts()
    {
        using var server = new FakeApiServer();
        using var client = server.Client();
        using var stop = new CancellationTokenSource();
        var maps = new Informer<V1ConfigMap>(client, CoreResources.ConfigMaps);
        using var controller = new ControllerBuilder("metered").For(maps).WithConcurrency(2).WithReconciler(new Fails()).WithBackoff(new Backoff(TimeSpan.FromHours(1), TimeSpan.FromHours(1), 0)).Build();
        var run = Task.WhenAll(maps.RunAsync(stop.Token), controller.RunAsync(stop.Token));
        await Eventually.True(() => Sum("controller_runtime_max_concurrent_reconciles", "controller=metered") == 2, "primed");
        foreach (var result in (string[])["success", "error", "requeue", "requeue_after"])
            Assert.That(Sum("controller_runtime_reconcile_total", $"controller=metered,result={result}"), Is.Zero);
        Assert.That(Sum("controller_runtime_reconcile_errors_total", "controller=metered"), Is.Zero);
        Assert.That(Sum("controller_runtime_terminal_reconcile_errors_total", "controller=metered"), Is.Zero);
        Assert.That(Sum("controller_runtime_reconcile_panics_total", "controller=metered"), Is.Zero);

        server.Put(CoreResources.ConfigMaps, TestObjects.Map("a"));
        await Eventually.True(() => Sum("controller_runtime_reconcile_total", "controller=metered,result=error") == 1, "an error");
        await stop.CancelAsync();
        await run;
        _listener.RecordObservableInstruments();

        Assert.That(Sum("controller_runtime_reconcile_errors_total", "controller=metered"), Is.EqualTo(1));
        Assert.That(Sum("controller_runtime_active_workers", "controller=metered"), Is.Zero);
        Assert.That(Sum("workqueue_adds_total", "name=metered,controller=metered"), Is.EqualTo(1));
        Assert.That(Sum("workqueue_retries_total", "name=metered,controller=metered"), Is.EqualTo(1));
        Assert.That(Sum("workqueue_depth", "name=metered,controller=metered,priority=0"), Is.Zero);
        Assert.That(Sum("workqueue_unfinished_work_seconds", "name=metered,controller=metered"), Is.Zero);
        Assert.That(Sum("rest_client_requests_total", "code=200,method=GET,host=fake.test"), Is.GreaterThanOrEqualTo(2));
        Assert.That(((Histogram<double>)_instruments["controller_runtime_reconcile_time_seconds"]).Advice!.HistogramBucketBoundaries, Has.Count.EqualTo(40));
        Assert.That(((Histogram<double>)_instruments["workqueue_work_duration_seconds"]).Advice!.HistogramBucketBoundaries, Has.Count.EqualTo(12));
    }

    [Test]
    public void The_gauges_of_a_queue_vanish_with_it()
    {
        var queue = new WorkQueue<string>("vanishing");
        queue.Add("a");
        _listener.RecordObservableInstruments();
        Assert.That(Sum("workqueue_depth", "name=vanishing,controller=vanishing,priority=0"), Is.EqualTo(1));

        queue.Dispose();
        _sums.Clear();
        _listener.RecordObservableInstruments();

        Assert.That(Sum("workqueue_depth", "name=vanishing,controller=vanishing,priority=0"), Is.Null);
    }

    double? Sum(string name, string labels) => _sums.TryGetValue($"{name}{{{labels}}}", out var value) ? value : null;

    void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        var isGauge = instrument.GetType().Name.Contains("Gauge", StringComparison.Ordinal);
        _sums.AddOrUpdate($"{instrument.Name}{{{labels}}}", value, (_, before) => isGauge ? value : before + value);
    }

    sealed class Fails : IReconciler
    {
        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => throw new HttpRequestException("away");
    }
}
