using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Operator.InferenceServices.Analysis;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>
/// Decides how a candidate goes on: it starts, gets its weights step by step, and is promoted, held or rolled back.
/// </summary>
/// <remarks>
/// Guarantees: no weight without a ready pod; no further step without enough requests and without the interval; silence
/// of a gateway, no traffic and missing figures are inconclusive, and hold. A reason to reject acts at once, at any step.
/// The evidence is summed up anew from the gateways' counters each time: a gateway that restarts forgets its part, which delays
/// a judgement and never makes one.
/// </remarks>
internal static class RolloutDecision
{
    /// <summary>How long a candidate's pods may take to become ready before it is rolled back.</summary>
    public static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(10);

    /// <summary>The status after the next move, with the transitions it makes.</summary>
    /// <param name="wanted">The model version that the spec names; it is ready to be served.</param>
    /// <param name="revision">Its revision.</param>
    public static InferenceServiceStatus Next(
        InferenceServiceObservation observation, InferenceServiceStatus status, ModelVersion wanted, string revision, List<Transition> transitions, DateTimeOffset now)
    {
        if (status.Candidate is { } running && running.Revision != revision)
        {
            transitions.Add(new Transition("RolloutWithdrawn", $"{running.Revision}/{observation.Resource.Metadata.Generation}", $"the rollout of {running.ModelVersion} was withdrawn: the spec names {wanted.Metadata.Name} now"));
            status = status with { Candidate = null };
        }
        if (revision == status.Stable!.Revision || status.RejectedRevisions.Contains(revision))
            return status;
        return status.Candidate is null ? Start(observation, status, wanted, revision, transitions, now) : Continue(observation, status, transitions, now);
    }

    private static InferenceServiceStatus Start(
        InferenceServiceObservation observation, InferenceServiceStatus status, ModelVersion wanted, string revision, List<Transition> transitions, DateTimeOffset now)
    {
        // The same revision may be tried again later: the spec that asked for it and the rollout before it tell the tries apart.
        transitions.Add(new Transition("RolloutStarted", $"{revision}/{observation.Resource.Metadata.Generation}/{status.LastRollout?.FinishedAt?.ToUnixTimeSeconds()}", $"{wanted.Metadata.Name} is tried against {status.Stable!.ModelVersion}")
        {
            Details = new Dictionary<string, string> { ["revision"] = revision, ["digest"] = wanted.Spec.Artifact.Digest },
        });
        return status with
        {
            Candidate = new CandidateRevision
            {
                ModelVersion = wanted.Metadata.Name!,
                Revision = revision,
                Step = 0,
                Weight = 0,
                Verdict = RolloutVerdict.None,
                StartedAt = Second(now),
                Reason = "its model server is starting",
            },
        };
    }

    private static InferenceServiceStatus Continue(
        InferenceServiceObservation observation, InferenceServiceStatus status, List<Transition> transitions, DateTimeOffset now)
    {
        var candidate = status.Candidate!;
        var rollout = observation.Resource.Spec.Rollout;
        var order = rollout.Override is { } given && given.ModelVersion == candidate.ModelVersion ? given.Action : (OverrideAction?)null;
        if (order == OverrideAction.Abort)
            return RollBack(status, candidate, "aborted by spec.rollout.override", transitions, now);

        var pods = observation.Pods[candidate.Revision].ToList();
        var isReady = pods.Any(RevisionPods.IsReady);
        var failure = RevisionPods.Failure(pods);
        if (failure is { } refused && RevisionPods.IsVerificationFailure(refused.Reason))
            return RollBack(status, candidate, $"{refused.Reason}: {refused.Message}", transitions, now);
        if (order == OverrideAction.Promote && isReady)
            return Promote(status, candidate, "promoted by spec.rollout.override", transitions, now);

        if (candidate.Weight == 0)
        {
            if (!isReady)
            {
                return now - candidate.StartedAt > StartDeadline
                    ? RollBack(status, candidate, $"no model server became ready within {StartDeadline.TotalMinutes} minutes: {failure?.Message ?? "see its pods"}", transitions, now)
                    : status with { Candidate = candidate with { Reason = failure?.Message ?? "its model server is starting" } };
            }
            return rollout.Strategy == RolloutStrategy.Immediate
                ? Promote(status, candidate, "the strategy is Immediate", transitions, now)
                : Step(status, candidate, 0, rollout.Steps, transitions, now);
        }

        var judgement = CandidateAnalysis.Judge(observation.Traffic.Compare(candidate.Revision, status.Stable!.Revision), candidate.Weight, Parameters(rollout.Analysis));
        candidate = Measured(candidate, judgement, observation.Traffic);
        if (judgement.Rejection is { } reason)
            return RollBack(status, candidate with { Verdict = RolloutVerdict.Fail }, reason, transitions, now);

        var inStep = now - candidate.StepStartedAt!.Value;
        if (rollout.Paused)
            return Hold(status, candidate, "spec.rollout.paused is set", transitions);
        if (inStep < rollout.Interval.ToTimeSpan())
            return status with { Candidate = candidate with { Verdict = RolloutVerdict.Progressing, Reason = $"step {candidate.Step + 1} of {rollout.Steps.Count}; {judgement.RequestsAtThisWeight} requests at this weight, no reason to reject" } };
        if (!judgement.HasEnoughRequests || candidate.ObservedWeight is null)
            return Inconclusive(observation, status, candidate, judgement, transitions, now);
        if (candidate.Step + 1 < rollout.Steps.Count)
            return Step(status, candidate, candidate.Step + 1, rollout.Steps, transitions, now);
        return rollout.AutomaticPromotion
            ? Promote(status, candidate with { Verdict = RolloutVerdict.Pass }, $"{judgement.Requests} requests, {judgement.Errors} errors, no reason to reject at any step", transitions, now)
            : Hold(status, candidate with { Verdict = RolloutVerdict.Pass }, "passed; waits for spec.rollout.override because automaticPromotion is false", transitions);
    }

    private static InferenceServiceStatus Inconclusive(
        InferenceServiceObservation observation, InferenceServiceStatus status, CandidateRevision candidate, CandidateJudgement judgement, List<Transition> transitions, DateTimeOffset now)
    {
        var rollout = observation.Resource.Spec.Rollout;
        var why = candidate.ObservedWeight is null
            ? $"{observation.Traffic.Answered} of {observation.Traffic.Gateways} gateways report, or they do not all give the weight yet"
            : $"{judgement.RequestsAtThisWeight} of {rollout.Analysis.MinRequests} requests at this weight";
        var waited = now - candidate.StepStartedAt!.Value - rollout.Interval.ToTimeSpan();
        var action = rollout.OnInconclusive.Action;
        if (action == InconclusiveAction.Hold && waited >= rollout.OnInconclusive.After.ToTimeSpan())
            action = rollout.OnInconclusive.Then;
        return action switch
        {
            InconclusiveAction.Rollback => RollBack(status, candidate with { Verdict = RolloutVerdict.Inconclusive }, $"inconclusive: {why}", transitions, now),
            InconclusiveAction.Promote when candidate.Step + 1 < rollout.Steps.Count => Step(status, candidate, candidate.Step + 1, rollout.Steps, transitions, now),
            InconclusiveAction.Promote => Promote(status, candidate, $"inconclusive ({why}), and spec.rollout.onInconclusive says Promote", transitions, now),
            _ => Hold(status, candidate with { Verdict = RolloutVerdict.Inconclusive }, why, transitions),
        };
    }

    private static InferenceServiceStatus Hold(InferenceServiceStatus status, CandidateRevision candidate, string why, List<Transition> transitions)
    {
        var present = status.Candidate!;
        if (present.Verdict != candidate.Verdict && candidate.Verdict == RolloutVerdict.Inconclusive)
            transitions.Add(new Transition("RolloutHeld", $"{candidate.Revision}/{Attempt(candidate)}/{candidate.Step}", $"{candidate.ModelVersion} is held at {candidate.Weight} %: {why}") { IsWarning = true });
        return status with { Candidate = candidate with { Reason = why } };
    }

    private static InferenceServiceStatus Step(InferenceServiceStatus status, CandidateRevision candidate, int step, IReadOnlyList<int> steps, List<Transition> transitions, DateTimeOffset now)
    {
        var weight = steps[step];
        transitions.Add(new Transition("RolloutStepped", $"{candidate.Revision}/{Attempt(candidate)}/{step}", $"{candidate.ModelVersion} gets {weight} % of the traffic")
        {
            Details = Figures(candidate, ("weight", weight.ToString(CultureInfo.InvariantCulture))),
        });
        return status with
        {
            Candidate = candidate with
            {
                Step = step,
                Weight = weight,
                ObservedWeight = null,
                Verdict = RolloutVerdict.Progressing,
                StepStartedAt = Second(now),
                Reason = $"step {step + 1} of {steps.Count}",
            },
        };
    }

    private static InferenceServiceStatus Promote(InferenceServiceStatus status, CandidateRevision candidate, string reason, List<Transition> transitions, DateTimeOffset now)
    {
        transitions.Add(new Transition("RolloutPromoted", $"{candidate.Revision}/{Attempt(candidate)}", $"{candidate.ModelVersion} serves all traffic: {reason}") { Details = Figures(candidate) });
        return status with
        {
            History = RevocationDecision.Remember(status, now),
            Stable = new StableRevision { ModelVersion = candidate.ModelVersion, Revision = candidate.Revision },
            Candidate = null,
            LastRollout = Record(candidate, RolloutOutcome.Promoted, reason, now),
        };
    }

    internal static InferenceServiceStatus RollBack(InferenceServiceStatus status, CandidateRevision candidate, string reason, List<Transition> transitions, DateTimeOffset now)
    {
        transitions.Add(new Transition("RolloutRolledBack", $"{candidate.Revision}/{Attempt(candidate)}", $"{candidate.ModelVersion} was rolled back to {status.Stable!.ModelVersion}: {reason}")
        {
            IsWarning = true,
            Details = Figures(candidate),
        });
        return status with
        {
            Candidate = null,
            LastRollout = Record(candidate, RolloutOutcome.RolledBack, reason, now),
            RejectedRevisions = [.. status.RejectedRevisions.Where(r => r != candidate.Revision).TakeLast(31), candidate.Revision],
        };
    }

    private static RolloutRecord Record(CandidateRevision candidate, RolloutOutcome outcome, string reason, DateTimeOffset now) => new()
    {
        ModelVersion = candidate.ModelVersion,
        Revision = candidate.Revision,
        Outcome = outcome,
        Reason = reason,
        Requests = candidate.Requests,
        Errors = candidate.Errors,
        FinishedAt = Second(now),
    };

    private static CandidateRevision Measured(CandidateRevision candidate, CandidateJudgement judgement, ServiceTraffic traffic) => candidate with
    {
        ObservedWeight = traffic.ObservedWeight(candidate.Revision),
        Requests = judgement.Requests,
        Errors = judgement.Errors,
        StableRequests = judgement.StableRequests,
        StableErrors = judgement.StableErrors,
        Evidence = new RolloutEvidence
        {
            ErrorRate = Math.Round(judgement.ErrorEvidence, 3),
            Latency = Math.Round(judgement.LatencyEvidence, 3),
            Threshold = Math.Round(judgement.Threshold, 3),
            P95Seconds = judgement.LatencySeconds,
            StableP95Seconds = judgement.StableLatencySeconds,
        },
    };

    private static AnalysisParameters Parameters(RolloutAnalysis analysis)
    {
        var latency = analysis.Latency;
        return new AnalysisParameters
        {
            MinimumRequests = analysis.MinRequests,
            ToleratedErrorRisk = analysis.ErrorRate.ToleratedRelativeRisk,
            LatencyQuantile = (latency?.Percentile ?? 95) / 100,
            ToleratedSlowRisk = latency?.ToleratedRelativeRisk,
            FalseRejectionRate = analysis.FalseRejectionRate,
        };
    }

    private static Dictionary<string, string> Figures(CandidateRevision candidate, params ReadOnlySpan<(string Key, string Value)> more)
    {
        var details = new Dictionary<string, string>
        {
            ["revision"] = candidate.Revision,
            ["requests"] = candidate.Requests.ToString(CultureInfo.InvariantCulture),
            ["errors"] = candidate.Errors.ToString(CultureInfo.InvariantCulture),
            ["stableRequests"] = candidate.StableRequests.ToString(CultureInfo.InvariantCulture),
            ["stableErrors"] = candidate.StableErrors.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (key, value) in more)
            details[key] = value;
        return details;
    }

    // A revision may be tried more than once; the time its try began, kept in the status, tells the tries apart.
    private static string Attempt(CandidateRevision candidate) => candidate.StartedAt?.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture) ?? "";

    private static DateTimeOffset Second(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
