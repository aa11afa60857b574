using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Telemetry.Prometheus;
using EnterpriseAI.Testing;
using Microsoft.AspNetCore.Http;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EnterpriseAI.Controllers.Tests;

/// <summary>What a scraper sees: the names, types, labels and buckets that dashboards for controller-runtime expect.</summary>
public sealed class ExpositionTests
{
    const string Reconcile = ".005 .01 .025 .05 .1 .15 .2 .25 .3 .35 .4 .45 .5 .6 .7 .8 .9 1 1.25 1.5 1.75 2 2.5 3 3.5 4 4.5 5 6 7 8 9 10 15 20 25 30 40 50 60";
    const string Queue = "1e-8 1e-7 1e-6 1e-5 1e-4 1e-3 1e-2 .1 1 10 100 1000";
    const string Client = ".005 .025 .1 .25 .5 1 2 4 8 15 30 60";
    const string Size = "64 256 512 1024 4096 16384 65536 262144 1048576 4194304 16777216";
    const string Age = "600 1800 3600 14400 86400 604800 2592000 7776000 15552000 31104000 124416000";
    const string Webhook = ".005 .01 .025 .05 .1 .25 .5 1 2.5 5 10";

    [TestCase("controller_runtime_reconcile_total", "counter", "controller,result")]
    [TestCase("controller_runtime_reconcile_errors_total", "counter", "controller")]
    [TestCase("controller_runtime_terminal_reconcile_errors_total", "counter", "controller")]
    [TestCase("controller_runtime_reconcile_panics_total", "counter", "controller")]
    [TestCase("controller_runtime_reconcile_time_seconds", "histogram", "controller", Reconcile)]
    [TestCase("controller_runtime_max_concurrent_reconciles", "gauge", "controller")]
    [TestCase("controller_runtime_active_workers", "gauge", "controller")]
    [TestCase("controller_runtime_webhook_latency_seconds", "histogram", "code,webhook", Webhook)]
    [TestCase("controller_runtime_webhook_requests_total", "counter", "code,webhook")]
    [TestCase("controller_runtime_webhook_requests_in_flight", "gauge", "webhook")]
    [TestCase("controller_runtime_webhook_panics_total", "counter", "")]
    [TestCase("certwatcher_read_certificate_total", "counter", "")]
    [TestCase("certwatcher_read_certificate_errors_total", "counter", "")]
    [TestCase("workqueue_depth", "gauge", "controller,name,priority")]
    [TestCase("workqueue_adds_total", "counter", "controller,name")]
    [TestCase("workqueue_queue_duration_seconds", "histogram", "controller,name", Queue)]
    [TestCase("workqueue_work_duration_seconds", "histogram", "controller,name", Queue)]
    [TestCase("workqueue_unfinished_work_seconds", "gauge", "controller,name")]
    [TestCase("workqueue_longest_running_processor_seconds", "gauge", "controller,name")]
    [TestCase("workqueue_retries_total", "counter", "controller,name")]
    [TestCase("rest_client_requests_total", "counter", "code,host,method")]
    [TestCase("rest_client_request_duration_seconds", "histogram", "host,verb", Client)]
    [TestCase("rest_client_rate_limiter_duration_seconds", "histogram", "host,verb", Client)]
    [TestCase("rest_client_request_retries_total", "counter", "code,host,verb")]
    [TestCase("rest_client_response_size_bytes", "histogram", "host,verb", Size)]
    [TestCase("rest_client_exec_plugin_ttl_seconds", "gauge", "")]
    [TestCase("rest_client_exec_plugin_certificate_rotation_age", "histogram", "", Age)]
    [TestCase("leader_election_master_status", "gauge", "name")]
    [TestCase("leader_election_slowpath_total", "counter", "name")]
    public async Task A_metric_has_the_type_labels_and_buckets_that_dashboards_expect(string name, string type, string labels, string buckets = "")
    {
        var lines = (await Page.Value).Split('\n');

        Assert.That(lines, Does.Contain($"# TYPE {name} {type}"));
        Assert.That(lines.Any(line => line.StartsWith($"# HELP {name} ", StringComparison.Ordinal)), Is.True, "it is described");
        var series = lines.Where(line => line.StartsWith(type == "histogram" ? name + "_bucket" : name, StringComparison.Ordinal)).ToList();
        Assert.That(series.Select(line => Labels(line, "le")).Distinct(), Is.EqualTo(new[] { labels }));
        if (type == "histogram")
        {
            var first = series[0][..series[0].IndexOf("le=", StringComparison.Ordinal)];
            var bounds = series.TakeWhile(line => line.StartsWith(first, StringComparison.Ordinal)).Select(line => line[(first.Length + 4)..line.IndexOf('"', first.Length + 4)]).ToList();
            Assert.That(bounds[^1], Is.EqualTo("+Inf"));
            Assert.That(bounds[..^1].Select(Number), Is.EqualTo(buckets.Split(' ').Select(Number)));
        }
    }

    [Test]
    public async Task Promtool_finds_nothing_to_complain_about()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        if (path is null)
            Assert.Ignore("promtool (Debian package prometheus) is not on PATH");
        using var promtool = Process.Start(new ProcessStartInfo(path!, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await promtool.StandardInput.WriteAsync(await Page.Value);
        promtool.StandardInput.Close();
        var complaints = await promtool.StandardError.ReadToEndAsync() + await promtool.StandardOutput.ReadToEndAsync();
        await promtool.WaitForExitAsync();

        Assert.That(complaints, Is.Empty);
        Assert.That(promtool.ExitCode, Is.Zero);
    }

    static Lazy<Task<string>> Page { get; } = new(ScrapeAsync);

    static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    static string Labels(string line, string without)
    {
        var start = line.IndexOf('{');
        if (start < 0)
            return "";
        var names = System.Text.RegularExpressions.Regex.Matches(line[start..], "[{,]([a-z]+)=\"").Select(match => match.Groups[1].Value);
        return string.Join(',', names.Where(name => name != without).Order());
    }

    /// <summary>A page after everything that is measured has happened at least once.</summary>
    static async Task<string> ScrapeAsync()
    {
        using var reader = new PrometheusReader();
        using var meters = Sdk.CreateMeterProviderBuilder().AddMeter(ControllerMetrics.MeterName, KubernetesMetrics.MeterName).AddReader(reader).Build();
        using var server = new FakeApiServer();
        using var client = new KubernetesClient(
            new KubernetesClientConfiguration { Server = new Uri("http://exposed.test"), RequestsPerSecond = 1000 }, new Through(server));
        using var stop = new CancellationTokenSource();
        var maps = new Informer<V1ConfigMap>(client, CoreResources.ConfigMaps);
        var left = 1;
        using var controller = new ControllerBuilder("exposed").For(maps).WithReconciler(new FailsOnce()).Build();
        var elector = new LeaderElector(client, new LeaderElectionOptions { Namespace = "sys", Name = "exposed", Identity = "i" });
        server.Fault = request => request.Path.Contains("configmaps") && Interlocked.Decrement(ref left) >= 0
            ? FakeApiServer.Failure(System.Net.HttpStatusCode.TooManyRequests, "TooManyRequests", "", TimeSpan.Zero)
            : null;
        var webhook = WebhookMetrics.Measured("/exposed", _ => Task.CompletedTask);
        await webhook(new DefaultHttpContext());
        KubernetesMetrics.ExecRotated(TimeSpan.FromHours(1));
        server.Put(CoreResources.ConfigMaps, TestObjects.Map("a"));
        var done = new ConcurrentQueue<bool>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "controller_runtime_reconcile_time_seconds")
                l.EnableMeasurementEvents(instrument);
        }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (tags[0].Value is "exposed")
                done.Enqueue(true);
        });
        listener.Start();
        var run = Task.WhenAll(maps.RunAsync(stop.Token), controller.RunAsync(stop.Token), elector.RunAsync(token => Task.Delay(Timeout.Infinite, token), stop.Token));
        await Eventually.True(() => done.Count >= 2 && elector.IsLeader, "a failure and a success");
        var page = reader.Scrape();
        await stop.CancelAsync();
        await run;
        return page;
    }

    sealed class Through(FakeApiServer server) : HttpMessageHandler
    {
        readonly HttpMessageInvoker _inner = new(server, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _inner.SendAsync(request, cancellationToken);
    }

    sealed class FailsOnce : IReconciler
    {
        int _calls;

        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _calls) == 1 ? throw new HttpRequestException("away") : Task.FromResult(ReconcileResult.Done);
    }
}
