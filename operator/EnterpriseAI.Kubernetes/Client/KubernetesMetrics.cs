using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace EnterpriseAI.Kubernetes;

/// <summary>client-go's metrics of the API client, under its names.</summary>
public static class KubernetesMetrics
{
    /// <summary>Name of the meter, for whoever exports it.</summary>
    public const string MeterName = "EnterpriseAI.Kubernetes";

    static readonly Meter Meter = new(MeterName);

    static readonly InstrumentAdvice<double> Latency = new() { HistogramBucketBoundaries = [.005, .025, .1, .25, .5, 1, 2, 4, 8, 15, 30, 60] };

    static readonly InstrumentAdvice<long> Size =
        new() { HistogramBucketBoundaries = [64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216] };

    static readonly Counter<long> Requests =
        Meter.CreateCounter<long>("rest_client_requests_total", description: "Number of HTTP requests, partitioned by status code, method, and host.");

    static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("rest_client_request_retries_total", description: "Number of request retries, partitioned by status code, verb, and host.");

    static readonly Histogram<double> Duration =
        Meter.CreateHistogram("rest_client_request_duration_seconds", null, "Request latency in seconds, by verb and host.", null, Latency);

    static readonly Histogram<long> ResponseSize =
        Meter.CreateHistogram("rest_client_response_size_bytes", null, "Response size in bytes, by verb and host.", null, Size);

    // 10 minutes to 4 years.
    static readonly InstrumentAdvice<double> Age = new()
    {
        HistogramBucketBoundaries = [600, 1800, 3600, 14400, 86400, 604800, 2592000, 7776000, 15552000, 31104000, 124416000],
    };

    static readonly Histogram<double> RateLimited = Meter.CreateHistogram(
        "rest_client_rate_limiter_duration_seconds", null, "Client side rate limiter latency in seconds, by verb and host.", null, Latency);

    static readonly Histogram<double> RotationAge = Meter.CreateHistogram(
        "rest_client_exec_plugin_certificate_rotation_age", null,
        "Number of seconds the last client certificate of an exec plugin lived before it was rotated.", null, Age);

    static readonly ConcurrentDictionary<object, Func<TimeSpan?>> ExecPlugins = new();

    static KubernetesMetrics() => Meter.CreateObservableGauge(
        "rest_client_exec_plugin_ttl_seconds",
        () => ExecPlugins.Values.Select(left => left()?.TotalSeconds ?? double.PositiveInfinity).Append(double.PositiveInfinity).Min(),
        description: "Shortest time to live of credentials from exec plugins in seconds; +Inf when none is in use.");

    /// <summary>Counts in the shortest time to live until <see cref="ExecEnds"/>.</summary>
    internal static void ExecBegins(object plugin, Func<TimeSpan?> left) => ExecPlugins[plugin] = left;

    internal static void ExecEnds(object plugin) => ExecPlugins.TryRemove(plugin, out _);

    internal static void ExecRotated(TimeSpan age) => RotationAge.Record(Math.Max(0, age.TotalSeconds));

    internal static void Waited(TimeSpan time, string verb, string host) =>
        RateLimited.Record(time.TotalSeconds, new KeyValuePair<string, object?>("verb", verb), new("host", host));

    internal static void Answered(string code, string method, string host) =>
        Requests.Add(1, new KeyValuePair<string, object?>("code", code), new("method", method), new("host", host));

    internal static void Retried(string code, string verb, string host) =>
        Retries.Add(1, new KeyValuePair<string, object?>("code", code), new("verb", verb), new("host", host));

    internal static void Took(TimeSpan duration, string verb, string host) =>
        Duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("verb", verb), new("host", host));

    internal static void Received(long bytes, string verb, string host) =>
        ResponseSize.Record(bytes, new KeyValuePair<string, object?>("verb", verb), new("host", host));
}
