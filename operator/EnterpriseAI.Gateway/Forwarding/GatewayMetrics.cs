using System.Diagnostics.Metrics;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>What the gateway tells Prometheus.</summary>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "EnterpriseAI.Gateway";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _rejectedTables;

    public GatewayMetrics(Router router)
    {
        _requests = _meter.CreateCounter<long>("enterpriseai_gateway_requests_total",
            description: "Requests by the status sent to the client; 499 when the client went away first. Labels are empty where no service was found.");
        _duration = _meter.CreateHistogram("enterpriseai_gateway_request_duration_seconds",
            description: "Time from the request's headers to the end of its response.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
            });
        _retries = _meter.CreateCounter<long>("enterpriseai_gateway_upstream_retries_total",
            description: "Requests sent to a second endpoint because no connection to the first could be made.");
        _rejectedTables = _meter.CreateCounter<long>("enterpriseai_gateway_rejected_tables_total",
            description: "Routing tables that were refused because they are not valid; the one before stays.");
        _meter.CreateObservableGauge("enterpriseai_gateway_in_flight_requests", () => InFlight(router),
            description: "Requests a revision works on now.");
        _meter.CreateObservableGauge("enterpriseai_gateway_endpoints", () => Endpoints(router),
            description: "Model servers a revision can be asked at.");
    }

    public void Finished(LiveService? service, LiveRevision? revision, int code, TimeSpan duration)
    {
        var @namespace = KeyValuePair.Create<string, object?>("namespace", service?.Route.Namespace ?? "");
        var name = KeyValuePair.Create<string, object?>("service", service?.Route.Name ?? "");
        var revisionName = KeyValuePair.Create<string, object?>("revision", revision?.Route.Name ?? "");
        _requests.Add(1, [@namespace, name, revisionName, KeyValuePair.Create<string, object?>("code", code)]);
        _duration.Record(duration.TotalSeconds, [@namespace, name, revisionName]);
    }

    public void Retried(LiveService service, LiveRevision revision) => _retries.Add(1, Labels(service, revision));

    public void TableRejected() => _rejectedTables.Add(1);

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> InFlight(Router router) =>
        Revisions(router).Select(r => new Measurement<int>(r.Revision.Observations.InFlight, Labels(r.Service, r.Revision)));

    private static IEnumerable<Measurement<int>> Endpoints(Router router) =>
        Revisions(router).Select(r => new Measurement<int>(r.Revision.Endpoints.Length, Labels(r.Service, r.Revision)));

    private static IEnumerable<(LiveService Service, LiveRevision Revision)> Revisions(Router router) =>
        from service in router.Services
        from revision in new[] { service.Stable, service.Candidate }
        where revision is not null
        select (service, revision);

    private static KeyValuePair<string, object?>[] Labels(LiveService service, LiveRevision revision) =>
    [
        new("namespace", service.Route.Namespace),
        new("service", service.Route.Name),
        new("revision", revision.Route.Name),
    ];
}
