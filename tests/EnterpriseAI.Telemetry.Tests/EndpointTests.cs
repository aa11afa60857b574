using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Telemetry.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class EndpointTests
{
    [Test]
    public async Task Instruments_appear_under_their_own_names()
    {
        using var meter = new Meter("Telemetry.Tests.Names");
        await using var app = await StartAsync(meter.Name);
        var requests = meter.CreateCounter<long>("tests_requests_total", description: "Requests.");
        var depth = meter.CreateUpDownCounter<int>("tests_queue_depth", description: "Depth.");
        var latency = meter.CreateHistogram("tests_duration_seconds", description: "Latency.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        requests.Add(2, new KeyValuePair<string, object?>("code", 200));
        requests.Add(1, new KeyValuePair<string, object?>("code", 200));
        depth.Add(5);
        depth.Add(-1);
        latency.Record(0.05);
        latency.Record(30);

        var page = await GetAsync(app, "/metrics");

        Assert.Multiple(() =>
        {
            Assert.That(page.ContentType, Is.EqualTo("text/plain; version=0.0.4; charset=utf-8"));
            Assert.That(page.Body, Does.Contain("tests_requests_total{code=\"200\"} 3\n"));
            Assert.That(page.Body, Does.Contain("# TYPE tests_requests_total counter\n"));
            Assert.That(page.Body, Does.Contain("# TYPE tests_queue_depth gauge\ntests_queue_depth 4\n"));
            Assert.That(page.Body, Does.Contain("tests_duration_seconds_bucket{le=\"1\"} 1\n"));
            Assert.That(page.Body, Does.Contain("tests_duration_seconds_bucket{le=\"+Inf\"} 2\n"));
            Assert.That(page.Body, Does.Contain("tests_duration_seconds_sum 30.05\n"));
        });
    }

    [Test]
    public async Task What_is_beyond_a_meters_series_is_counted_as_one([Values("Telemetry.Tests.Bounded", "Telemetry.Tests.Bou*")] string exported)
    {
        using var meter = new Meter("Telemetry.Tests.Bounded");
        await using var app = await StartAsync(exported, maxSeries: 3);
        var requests = meter.CreateCounter<long>("tests_bounded_total");
        for (var i = 0; i < 10; i++)
            requests.Add(1, new KeyValuePair<string, object?>("object", i));

        var lines = (await GetAsync(app, "/metrics")).Body.Split('\n').Where(line => line.StartsWith("tests_bounded_total{", StringComparison.Ordinal)).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(lines.Where(line => line.Contains("object=")), Has.Exactly(3).Items);
            Assert.That(lines, Has.One.EqualTo("tests_bounded_total{otel_metric_overflow=\"true\"} 7"));
        });
    }

    [Test]
    public async Task Process_metrics_are_there_and_plausible()
    {
        await using var app = await StartAsync("Telemetry.Tests.Nothing");

        var page = (await GetAsync(app, "/metrics")).Body;

        Assert.Multiple(() =>
        {
            Assert.That(Value(page, "process_resident_memory_bytes"), Is.InRange(1e6, 1e11));
            Assert.That(Value(page, "process_virtual_memory_bytes"), Is.GreaterThan(1e6));
            Assert.That(Value(page, "process_cpu_seconds_total"), Is.GreaterThan(0));
            Assert.That(Value(page, "process_open_fds"), Is.GreaterThan(3));
            Assert.That(Value(page, "process_max_fds"), Is.GreaterThan(100));
            Assert.That(Value(page, "process_virtual_memory_max_bytes"), Is.GreaterThan(1e6));
            Assert.That(Value(page, "process_network_receive_bytes_total"), Is.GreaterThanOrEqualTo(0));
            Assert.That(Value(page, "process_network_transmit_bytes_total"), Is.GreaterThanOrEqualTo(0));
            var started = DateTimeOffset.FromUnixTimeMilliseconds((long)(Value(page, "process_start_time_seconds") * 1000));
            Assert.That(TimeProvider.System.GetUtcNow() - started, Is.InRange(TimeSpan.Zero, TimeSpan.FromHours(2)));
            Assert.That(page, Does.Contain("enterpriseai_build_info{runtime="));
        });
    }

    [Test]
    public async Task Promtool_finds_nothing_to_complain_about()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "promtool"))))
            Assert.Ignore("promtool (Debian package prometheus) is not on PATH");
        await using var app = await StartAsync("Telemetry.Tests.Nothing");
        var page = (await GetAsync(app, "/metrics")).Body;
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        await promtool.StandardInput.WriteAsync(page);
        promtool.StandardInput.Close();
        var complaints = await promtool.StandardError.ReadToEndAsync() + await promtool.StandardOutput.ReadToEndAsync();
        await promtool.WaitForExitAsync();

        Assert.Multiple(() =>
        {
            Assert.That(complaints, Is.Empty);
            Assert.That(promtool.ExitCode, Is.Zero);
        });
    }

    [Test]
    public async Task Concurrent_scrapes_each_get_a_whole_page()
    {
        await using var app = await StartAsync("Telemetry.Tests.Nothing");

        var pages = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GetAsync(app, "/metrics")));

        Assert.That(pages.Select(p => p.Body), Is.All.Contains("process_virtual_memory_bytes "));
    }

    [Test]
    public async Task Health_endpoints_say_why_not()
    {
        string? reason = "the routing table is not loaded";
        await using var app = await StartAsync("Telemetry.Tests.Nothing", () => null, () => reason);

        var live = await GetAsync(app, "/healthz");
        var notReady = await GetAsync(app, "/readyz");
        reason = null;
        var ready = await GetAsync(app, "/readyz");

        Assert.Multiple(() =>
        {
            Assert.That((live.Status, live.Body), Is.EqualTo((HttpStatusCode.OK, "ok\n")));
            Assert.That((notReady.Status, notReady.Body), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "the routing table is not loaded\n")));
            Assert.That(ready.Status, Is.EqualTo(HttpStatusCode.OK));
        });
    }

    [Test]
    public void An_unknown_log_level_is_refused_with_the_choices()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = "loud";

        Assert.That(() => builder.AddTelemetry("tests"),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "log-level 'loud' is not one of Trace, Debug, Information, Warning, Error, Critical, None"));
    }

    [Test]
    public async Task The_log_level_is_taken_from_configuration()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = "warning";
        builder.AddTelemetry("tests");
        await using var app = builder.Build();
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Anything");

        Assert.Multiple(() =>
        {
            Assert.That(logger.IsEnabled(LogLevel.Information), Is.False);
            Assert.That(logger.IsEnabled(LogLevel.Warning), Is.True);
        });
    }

    private static async Task<WebApplication> StartAsync(string meterName, Func<string?>? live = null, Func<string?>? ready = null, int maxSeries = ExportedMeter.Few)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = "Warning";
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.AddTelemetry("tests", new ExportedMeter(meterName, maxSeries));
        var app = builder.Build();
        app.MapTelemetry();
        app.MapHealth(live ?? (() => null), ready ?? (() => null));
        await app.StartAsync();
        return app;
    }

    private static async Task<(HttpStatusCode Status, string? ContentType, string Body)> GetAsync(WebApplication app, string path)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        using var response = await client.GetAsync(path);
        return (response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync());
    }

    private static double Value(string page, string name) =>
        double.Parse(page.Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[(name.Length + 1)..],
            System.Globalization.CultureInfo.InvariantCulture);
}
