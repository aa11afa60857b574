using System.Text.Json.Serialization;
using EnterpriseAI.Operator.InferenceServices.Analysis;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>What one gateway answers at <c>/v1/observations</c>: its routes and its counters, cumulative per rollout.</summary>
public sealed record GatewayReport
{
    /// <summary>Changes when the gateway restarts, and its counters start again.</summary>
    public string Instance { get; init; } = "";

    public IReadOnlyList<GatewayServiceReport> Services { get; init; } = [];

    /// <summary>No part is null, no count is negative, every histogram has a count for each of its buckets.</summary>
    internal bool IsConsistent() => Services.All(service => service is not null && service.Revisions.All(revision =>
        revision is { InFlight: >= 0, Weight: null or >= 0 and <= 100 } && revision.Windows.All(window =>
            window is { Requests: >= 0, Errors: >= 0 }
            && (window.Latency is not { } latency || latency is { BoundsSeconds: not null, Counts: not null } && latency.Counts.Count == latency.BoundsSeconds.Count + 1 && latency.Counts.All(c => c >= 0)))));
}

/// <summary>One service as a gateway routes it.</summary>
public sealed record GatewayServiceReport
{
    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    public IReadOnlyList<GatewayRevisionReport> Revisions { get; init; } = [];
}

/// <summary>One revision as a gateway routes it.</summary>
public sealed record GatewayRevisionReport
{
    public string Name { get; init; } = "";

    /// <summary>Share of the traffic in percent; null or 0 when the gateway sends it nothing any more.</summary>
    public int? Weight { get; init; }

    /// <summary>Requests that it still answers.</summary>
    public long InFlight { get; init; }

    public IReadOnlyList<GatewayWindow> Windows { get; init; } = [];
}

/// <summary>Counters of one revision while the candidate had one weight.</summary>
public sealed record GatewayWindow
{
    public int CandidateWeight { get; init; }

    public long Requests { get; init; }

    /// <summary>Answers 5xx, failed connections and timeouts; not what a client did wrong.</summary>
    public long Errors { get; init; }

    public LatencyHistogram? Latency { get; init; }
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GatewayReport))]
internal sealed partial class GatewayJson : JsonSerializerContext;
