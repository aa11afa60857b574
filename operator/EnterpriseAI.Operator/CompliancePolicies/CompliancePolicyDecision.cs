using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>Turns the results of a policy's checks into its status: score, summary, violations and what to do about them.</summary>
/// <remarks>
/// Score = pass / (pass + fail + error). What could not be assessed counts against it, what does not apply and what is only
/// recommended counts not at all. Risk = the gravest violation; its score sums the violations' weights (Info 0, Low 1,
/// Medium 3, High 7, Critical 15), at most 100.
/// </remarks>
public static class CompliancePolicyDecision
{
    // Statuses live in etcd; the whole list is counted, the gravest are shown.
    private const int Shown = 100;

    public static CompliancePolicyPlan Decide(CompliancePolicyObservation observation, DateTimeOffset now)
    {
        var policy = observation.Resource;
        var present = policy.Status ?? new CompliancePolicyStatus();
        var conditions = new ConditionSet(present.Conditions, policy, now);
        if (SpecValidation.Validate(policy) is [var error, ..])
        {
            return new CompliancePolicyPlan
            {
                Status = present with
                {
                    ObservedGeneration = policy.Metadata.Generation,
                    Phase = CompliancePolicyPhase.Failed,
                    Conditions = conditions.False("Ready", "InvalidSpec", $"{error.Path}: {error.Message}").ToList(),
                },
            };
        }

        var results = PolicyEvaluation.Evaluate(policy, observation.Evidence, now);
        var summary = Summarise(results);
        var bad = results.Where(r => r.Finding.Outcome is Outcome.Fail or Outcome.Error)
            .OrderByDescending(r => r.Severity).ThenBy(r => r.Control, StringComparer.Ordinal).ThenBy(r => r.ResourceName, StringComparer.Ordinal).ToList();
        conditions.True("Ready", "Evaluated", $"{results.Count} checks of {observation.Evidence.All.Count()} resources");
        if (bad.Count == 0)
            conditions.True("Compliant", "NoViolation", $"{summary.Pass} checks pass, {summary.Warn} warn");
        else
            conditions.False("Compliant", "Violations", $"{summary.Fail} checks fail and {summary.Error} could not be assessed; first: {bad[0].Control} of {bad[0].ResourceName}: {bad[0].Finding.Message}; to do: {bad[0].Finding.Remediation}");

        var status = new CompliancePolicyStatus
        {
            ObservedGeneration = policy.Metadata.Generation,
            Phase = bad.Count == 0 ? CompliancePolicyPhase.Compliant : CompliancePolicyPhase.NonCompliant,
            Score = Score(summary),
            Summary = summary,
            Frameworks = [.. results.GroupBy(r => r.Framework).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => Framework(g.Key, Summarise(g)))],
            Passed = [.. results.Where(r => r.Finding.Outcome == Outcome.Pass).OrderBy(r => r.Control, StringComparer.Ordinal).ThenBy(r => r.ResourceName, StringComparer.Ordinal).Take(Shown).Select(ToResult)],
            Violations = [.. bad.Concat(results.Where(r => r.Finding.Outcome == Outcome.Warn)).Take(Shown).Select(ToResult)],
            Risk = Risk(bad),
            LastEvaluated = present.LastEvaluated,
            Conditions = conditions.ToList(),
        };
        var occurrence = Occurrence(present, Fingerprint(results));
        var changed = present.LastEvaluated is null || present.ObservedGeneration != policy.Metadata.Generation || Fingerprint(present) != Fingerprint(status)
            // The log may have heard of other results since.
            || present.PendingEvaluation is not null;
        return new CompliancePolicyPlan
        {
            Before = changed ? present with { PendingEvaluation = occurrence } : null,
            // The time moves only with the results: a status that says the same is not written again.
            Status = changed ? status with { LastEvaluated = TrainingJobs.TrainingJobDecision.Second(now) } : status,
            Transitions = changed
                ? [new Transition("ComplianceEvaluated", occurrence, conditions.MessageOf("Compliant"))
                {
                    IsWarning = bad.Count > 0,
                    Details = new Dictionary<string, string>
                    {
                        ["score"] = status.Score?.ToString("0.###", CultureInfo.InvariantCulture) ?? "none",
                        ["pass"] = Text(summary.Pass), ["fail"] = Text(summary.Fail), ["warn"] = Text(summary.Warn), ["error"] = Text(summary.Error), ["skip"] = Text(summary.Skip),
                    },
                }]
                : [],
            RequeueAfter = NextEnd(policy, observation.Evidence, now) - now,
        };
    }

    /// <summary>
    /// Results may come back to what they were: the time of those before tells the occurrences apart, and so does an evaluation in between
    /// that may have been recorded before a crash. One that is tried again keeps its own.
    /// </summary>
    private static string Occurrence(CompliancePolicyStatus present, string results) => present.PendingEvaluation switch
    {
        null => $"{present.LastEvaluated?.ToUnixTimeSeconds()}/{results}",
        { } pending when pending.EndsWith($"/{results}", StringComparison.Ordinal) => pending,
        { } other => $"{ObjectNames.Hash(other)}/{results}",
    };

    /// <summary>When a result may change by the clock alone; null when none does. All else is watched.</summary>
    private static DateTimeOffset? NextEnd(CompliancePolicy policy, Evidence evidence, DateTimeOffset now)
    {
        if (!evidence.All.Any())
            return null;
        var exceptions = policy.Spec.Exceptions.Select(exception => (DateTimeOffset?)exception.Expires);
        var approvals = evidence.ModelVersions.SelectMany(version => version.Spec.Approvals is { } given ? given.Granted.Select(given.EndOf) : []);
        return exceptions.Concat(approvals).Where(end => end > now).Min();
    }

    private static ResultSummary Summarise(IEnumerable<CheckResult> results)
    {
        var counts = results.CountBy(r => r.Finding.Outcome).ToDictionary();
        return new ResultSummary
        {
            Pass = counts.GetValueOrDefault(Outcome.Pass),
            Fail = counts.GetValueOrDefault(Outcome.Fail),
            Warn = counts.GetValueOrDefault(Outcome.Warn),
            Error = counts.GetValueOrDefault(Outcome.Error),
            Skip = counts.GetValueOrDefault(Outcome.Skip),
        };
    }

    private static double? Score(ResultSummary summary) =>
        summary.Pass + summary.Fail + summary.Error is var assessed and > 0 ? Math.Round((double)summary.Pass / assessed, 3) : null;

    private static FrameworkScore Framework(string name, ResultSummary summary) => new() { Name = name, Score = Score(summary), Summary = summary };

    private static RiskAssessment Risk(List<CheckResult> bad) => new()
    {
        Level = bad.Count == 0 ? RiskLevel.Low : bad.Max(r => r.Severity) switch
        {
            Severity.Critical => RiskLevel.Critical,
            Severity.High => RiskLevel.High,
            Severity.Medium => RiskLevel.Medium,
            _ => RiskLevel.Low,
        },
        Score = Math.Min(100, bad.Sum(r => r.Severity switch { Severity.Info => 0, Severity.Low => 1, Severity.Medium => 3, Severity.High => 7, _ => 15 })),
    };

    private static ControlResult ToResult(CheckResult result) => new()
    {
        Framework = result.Framework,
        Control = result.Control,
        Resource = new ResourceReference { Kind = result.Resource.Kind, Namespace = result.Resource.Metadata.Namespace, Name = result.Resource.Metadata.Name! },
        Severity = result.Severity,
        Message = result.Finding.Outcome == Outcome.Pass ? null : result.Finding.Message,
        Remediation = result.Finding.Remediation is { Length: > 0 } todo ? todo : null,
        Evidence = result.Finding.Outcome == Outcome.Pass ? result.Finding.Message : null,
    };

    private static string Fingerprint(IReadOnlyList<CheckResult> results) => ObjectNames.Hash(
        [.. results.OrderBy(r => r.Control, StringComparer.Ordinal).ThenBy(r => r.ResourceName, StringComparer.Ordinal).Select(r => $"{r.Control}|{r.ResourceName}|{r.Resource.Metadata.Uid}|{r.Finding.Outcome}|{r.Finding.Message}")]);

    private static string Fingerprint(CompliancePolicyStatus status) => ObjectNames.Hash(
        [.. status.Passed.Concat(status.Violations).Select(r => $"{r.Control}|{r.Resource}|{r.Message}|{r.Evidence}"), $"{status.Summary}"]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
