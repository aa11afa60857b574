namespace EnterpriseAI.Operator.InferenceServices.Analysis;

/// <summary>What happened to one revision's requests while the candidate had one weight, summed over all gateways.</summary>
public sealed record RevisionCounts(long Requests, long Errors, LatencyHistogram Latency)
{
    public static RevisionCounts None { get; } = new(0, 0, LatencyHistogram.Empty);

    public RevisionCounts Plus(RevisionCounts other) => new(Requests + other.Requests, Errors + other.Errors, Latency.Plus(other.Latency));
}

/// <summary>Both revisions while the candidate had one weight.</summary>
/// <param name="CandidateWeight">Percent of the traffic that went to the candidate.</param>
public sealed record ComparisonWindow(int CandidateWeight, RevisionCounts Candidate, RevisionCounts Stable);

/// <summary>How a candidate is judged.</summary>
public sealed record AnalysisParameters
{
    /// <summary>Requests the candidate must have answered at the present weight before the absence of evidence counts.</summary>
    public required int MinimumRequests { get; init; }

    /// <summary>How many times as often as the stable revision the candidate may fail.</summary>
    public required double ToleratedErrorRisk { get; init; }

    /// <summary>A request is slow when it takes longer than this quantile of the stable revision's latency, such as 0.95.</summary>
    public required double LatencyQuantile { get; init; }

    /// <summary>How many times as often as the stable revision the candidate may be slow; null when no latency is too long.</summary>
    public required double? ToleratedSlowRisk { get; init; }

    /// <summary>Probability that a candidate which is no worse than tolerated is rejected, over both tests and all looks.</summary>
    public required double FalseRejectionRate { get; init; }
}

/// <summary>The judgement, and the figures it rests on.</summary>
public sealed record CandidateJudgement
{
    /// <summary>Null: no reason to reject.</summary>
    public string? Rejection { get; init; }

    /// <summary>The candidate answered enough requests at the present weight, with no reason to reject it.</summary>
    public required bool HasEnoughRequests { get; init; }

    /// <summary>Base-10 logarithm of the evidence against the error rate; rejected at <see cref="Threshold"/>.</summary>
    public required double ErrorEvidence { get; init; }

    /// <summary>Base-10 logarithm of the evidence against the latency; rejected at <see cref="Threshold"/>.</summary>
    public required double LatencyEvidence { get; init; }

    /// <summary>Base-10 logarithm at which either evidence rejects.</summary>
    public required double Threshold { get; init; }

    public required long Requests { get; init; }

    public required long Errors { get; init; }

    public required long StableRequests { get; init; }

    public required long StableErrors { get; init; }

    /// <summary>Requests of the candidate at the present weight.</summary>
    public required long RequestsAtThisWeight { get; init; }

    /// <summary>Upper bound of the latency quantile in seconds; null without requests.</summary>
    public required double? LatencySeconds { get; init; }

    /// <summary>The same of the stable revision.</summary>
    public required double? StableLatencySeconds { get; init; }
}

/// <summary>Judges a candidate by what the gateways counted. A pure function of the counts.</summary>
public static class CandidateAnalysis
{
    /// <param name="windows">All windows of this rollout, in any order, one per weight.</param>
    /// <param name="presentWeight">The candidate's weight now.</param>
    /// <remarks>
    /// A latency is compared only over windows in which both revisions answered: what is slow is measured by the stable
    /// revision's own quantile over the whole rollout, so that a slow hour of the machine slows both.
    /// </remarks>
    public static CandidateJudgement Judge(IReadOnlyList<ComparisonWindow> windows, int presentWeight, AnalysisParameters parameters)
    {
        var candidate = windows.Aggregate(RevisionCounts.None, (sum, window) => sum.Plus(window.Candidate));
        var stable = windows.Aggregate(RevisionCounts.None, (sum, window) => sum.Plus(window.Stable));
        var here = windows.FirstOrDefault(w => w.CandidateWeight == presentWeight)?.Candidate.Requests ?? 0;

        var errors = FailureStreamTest.LogEvidence(
            windows.Select(w => new FailureWindow(w.CandidateWeight / 100.0, w.Candidate.Errors, w.Stable.Errors)),
            parameters.ToleratedErrorRisk);

        var slowBound = stable.Latency.UpperBoundOfQuantile(parameters.LatencyQuantile);
        var latency = slowBound is { } bound && parameters.ToleratedSlowRisk is { } toleratedSlowRisk
            ? FailureStreamTest.LogEvidence(
                windows.Select(w => new FailureWindow(w.CandidateWeight / 100.0, w.Candidate.Latency.SlowerThan(bound), w.Stable.Latency.SlowerThan(bound))),
                toleratedSlowRisk)
            : 0;

        // Two tests share the rate of false rejections (Bonferroni).
        var threshold = FailureStreamTest.LogThreshold(parameters.FalseRejectionRate / 2);
        var candidateLatency = candidate.Latency.UpperBoundOfQuantile(parameters.LatencyQuantile);
        return new CandidateJudgement
        {
            Rejection =
                errors >= threshold ? $"{candidate.Errors} of {candidate.Requests} requests to the candidate failed, against {stable.Errors} of {stable.Requests} to the stable version"
                : latency >= threshold ? $"{parameters.LatencyQuantile:P0} of the stable version's requests take at most {slowBound * 1000:0.##} ms; the candidate exceeds that too often"
                : null,
            HasEnoughRequests = here >= parameters.MinimumRequests,
            ErrorEvidence = errors / Math.Log(10),
            LatencyEvidence = latency / Math.Log(10),
            Threshold = threshold / Math.Log(10),
            Requests = candidate.Requests,
            Errors = candidate.Errors,
            StableRequests = stable.Requests,
            StableErrors = stable.Errors,
            RequestsAtThisWeight = here,
            LatencySeconds = candidateLatency,
            StableLatencySeconds = slowBound,
        };
    }
}
