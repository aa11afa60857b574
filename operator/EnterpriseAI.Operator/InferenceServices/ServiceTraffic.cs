using EnterpriseAI.Operator.InferenceServices.Analysis;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>The traffic of one service, summed over all gateways.</summary>
public sealed record ServiceTraffic
{
    /// <summary>Ready gateways.</summary>
    public required int Gateways { get; init; }

    /// <summary>Gateways whose latest report is at hand. While one is silent, nothing is known to have stopped.</summary>
    public required int Answered { get; init; }

    /// <summary>The weights that gateways give each revision, one per gateway that routes it.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<int>> Weights { get; init; }

    /// <summary>Requests in flight per revision.</summary>
    public required IReadOnlyDictionary<string, long> InFlight { get; init; }

    /// <summary>Counters per revision and candidate weight.</summary>
    public required IReadOnlyDictionary<(string Revision, int CandidateWeight), RevisionCounts> Counts { get; init; }

    /// <summary>No gateway at all: nothing is routed.</summary>
    public static ServiceTraffic None { get; } = Of("", "", []);

    /// <param name="reports">One per ready gateway; null for one that did not answer.</param>
    public static ServiceTraffic Of(string ns, string name, IReadOnlyCollection<GatewayReport?> reports)
    {
        var revisions = reports
            .OfType<GatewayReport>()
            .SelectMany(report => report.Services.Where(s => s.Namespace == ns && s.Name == name))
            .SelectMany(service => service.Revisions)
            .ToList();
        return new ServiceTraffic
        {
            Gateways = reports.Count,
            Answered = reports.Count(report => report is not null),
            Weights = revisions.Where(r => r.Weight is not null).GroupBy(r => r.Name)
                .ToDictionary(g => g.Key, g => (IReadOnlyList<int>)[.. g.Select(r => r.Weight!.Value)]),
            InFlight = revisions.GroupBy(r => r.Name).ToDictionary(g => g.Key, g => g.Sum(r => r.InFlight)),
            Counts = revisions
                .SelectMany(r => r.Windows.Select(w => (Key: (r.Name, w.CandidateWeight), Counts: new RevisionCounts(w.Requests, w.Errors, w.Latency ?? LatencyHistogram.Empty))))
                .GroupBy(w => w.Key)
                .ToDictionary(g => g.Key, g => g.Aggregate(RevisionCounts.None, (sum, w) => sum.Plus(w.Counts))),
        };
    }

    /// <summary>Every gateway answered, and none sends the revision anything or waits for it. Silence is no such answer.</summary>
    public bool IsUnrouted(string revision) =>
        Answered == Gateways
        && (!Weights.TryGetValue(revision, out var weights) || weights.All(weight => weight == 0))
        && InFlight.GetValueOrDefault(revision) == 0;

    /// <summary>The weight that all gateways give the revision; null while they differ or one is silent.</summary>
    public int? ObservedWeight(string revision) =>
        Answered == Gateways && Gateways > 0 && Weights.TryGetValue(revision, out var weights) && weights.Count == Gateways && weights.Distinct().Count() == 1
            ? weights[0]
            : null;

    /// <summary>What both revisions did while the candidate had each weight.</summary>
    public IReadOnlyList<ComparisonWindow> Compare(string candidate, string stable) =>
        [.. Counts.Keys.Where(k => k.Revision == candidate || k.Revision == stable).Select(k => k.CandidateWeight).Distinct().Order()
            .Where(weight => weight > 0)
            .Select(weight => new ComparisonWindow(
                weight,
                Counts.GetValueOrDefault((candidate, weight), RevisionCounts.None),
                Counts.GetValueOrDefault((stable, weight), RevisionCounts.None)))];
}
