using System.Collections.Concurrent;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>Asks every ready gateway, again and again, what it routes and what it counted. The newest answers are what a reconcile sees.</summary>
/// <remarks>
/// A gateway that does not answer counts as silent at once: an old answer must not let a revision look unrouted, nor a
/// candidate look well.
/// </remarks>
public sealed partial class GatewayObserver(Informer<V1Pod> pods, string ns, HttpClient http, TimeProvider time, ILogger<GatewayObserver> logger)
{
    private const int AdminPort = 9090;
    private const string ComponentLabel = "app.kubernetes.io/component";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, GatewayReport> _reports = [];

    /// <summary>The traffic of one service as the gateways last told.</summary>
    public ServiceTraffic TrafficOf(string serviceNamespace, string name) =>
        ServiceTraffic.Of(serviceNamespace, name, [.. Gateways().Select(pod => _reports.GetValueOrDefault(pod.Metadata.Uid!))]);

    /// <summary>Polls until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var gateways = Gateways();
            await Task.WhenAll(gateways.Select(pod => AskAsync(pod, cancellationToken)));
            foreach (var gone in _reports.Keys.Except(gateways.Select(pod => pod.Metadata.Uid!)).ToList())
                _reports.TryRemove(gone, out _);
        }
    }

    private List<V1Pod> Gateways() =>
        [.. pods.List(ns).Where(pod => pod.Label(ComponentLabel) == "gateway" && pod.Status?.PodIP is { Length: > 0 } && RevisionPods.IsReady(pod))];

    private async Task AskAsync(V1Pod pod, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var host = pod.Status!.PodIP!.Contains(':') ? $"[{pod.Status.PodIP}]" : pod.Status.PodIP;
            var report = await http.GetFromJsonAsync($"http://{host}:{AdminPort}/v1/observations", GatewayJson.Default.GatewayReport, patience.Token);
            if (report is null || !report.IsConsistent())
                throw new System.Text.Json.JsonException("the report has negative counts, or parts of it are missing");
            _reports[pod.Metadata.Uid!] = report;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException or InvalidOperationException or NotSupportedException)
        {
            if (_reports.TryRemove(pod.Metadata.Uid!, out _))
                Silent(logger, pod.Metadata.Name!, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Gateway {Pod} does not tell what it observes: {Reason}")]
    private static partial void Silent(ILogger logger, string pod, string reason);
}
