namespace EnterpriseAI.Operator.InferenceServices.Analysis;

/// <summary>Failures seen while a candidate had one share of the traffic.</summary>
/// <param name="CandidateShare">Probability that a request went to the candidate; between 0 and 1, both excluded.</param>
/// <param name="CandidateFailures">Failed requests of the candidate.</param>
/// <param name="StableFailures">Failed requests of the stable revision in the same time.</param>
public readonly record struct FailureWindow(double CandidateShare, long CandidateFailures, long StableFailures);

/// <summary>
/// A sequential test of "the candidate fails at most r0 times as often as the stable revision", which may be looked at
/// after every request without raising its false rejections.
/// </summary>
/// <remarks>
/// <para>Requests are assigned at random, the candidate getting the share w. If both revisions fail equally often, each
/// failure belongs to the candidate with probability w, whatever the rate of failures does over time. At relative risk r
/// that probability is q(r) = w·r / (w·r + 1 − w). The evidence is the mixture, over the multiples g of the tolerated
/// risk r0, of the likelihood ratios of q(r0·g) against q(r0): an e-process (Lindon and Malek, NeurIPS 2022).</para>
/// <para>Guarantees: for every relative risk up to r0 the probability that the evidence ever reaches 1/α is at most α
/// (Ville's inequality). The share may change between windows. The evidence is a function of the counts alone, so
/// nothing is lost when the operator restarts.</para>
/// <para>Assumptions: each request is assigned independently. With sticky clients one bad client counts many times, and
/// the guarantee does not hold.</para>
/// <para>Caveats: it never accepts. Absence of evidence after enough requests is what promotes a candidate; how many are
/// enough is <c>minRequests</c>.</para>
/// </remarks>
public static class FailureStreamTest
{
    /// <summary>The alternatives: how many times worse than tolerated the candidate might be.</summary>
    private static readonly double[] Multiples = [1.25, 1.5, 2, 3, 5, 10, 20];

    /// <summary>Natural logarithm of the evidence that the candidate is worse than tolerated; 0 with no failures.</summary>
    /// <param name="windows">One per share; windows whose share is 0 or 1 hold no comparison and are passed over.</param>
    /// <param name="toleratedRelativeRisk">r0, at least 1.</param>
    public static double LogEvidence(IEnumerable<FailureWindow> windows, double toleratedRelativeRisk)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(toleratedRelativeRisk, 1);
        Span<double> logs = stackalloc double[Multiples.Length];
        logs.Clear();
        foreach (var (share, candidate, stable) in windows)
        {
            if (share is <= 0 or >= 1)
                continue;
            var q0 = CandidateProbability(share, toleratedRelativeRisk);
            for (var k = 0; k < Multiples.Length; k++)
            {
                var q = CandidateProbability(share, toleratedRelativeRisk * Multiples[k]);
                logs[k] += candidate * Math.Log(q / q0) + stable * Math.Log((1 - q) / (1 - q0));
            }
        }
        return LogMeanExp(logs);
    }

    /// <summary>The logarithm that <see cref="LogEvidence"/> must reach to reject with false rejection rate <paramref name="alpha"/>.</summary>
    public static double LogThreshold(double alpha) => -Math.Log(alpha);

    private static double CandidateProbability(double share, double relativeRisk) => share * relativeRisk / (share * relativeRisk + 1 - share);

    // Subtracting the largest term first keeps exp() in range for any count of failures.
    private static double LogMeanExp(ReadOnlySpan<double> logs)
    {
        var largest = double.NegativeInfinity;
        foreach (var value in logs)
            largest = Math.Max(largest, value);
        var sum = 0.0;
        foreach (var value in logs)
            sum += Math.Exp(value - largest);
        return largest + Math.Log(sum / logs.Length);
    }
}
