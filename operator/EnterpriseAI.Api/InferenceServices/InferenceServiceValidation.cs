using System.Text.RegularExpressions;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>Checks an <see cref="InferenceService"/>.</summary>
internal static partial class InferenceServiceValidation
{
    public static IReadOnlyList<FieldError> Check(InferenceService service)
    {
        var checks = new FieldChecks();
        checks.Name(service);
        var spec = service.Spec;
        checks.ObjectName("spec.modelVersion", spec.ModelVersion);
        Runtime(checks, spec.Runtime);
        Scaling(checks, spec.Scaling);
        Rollout(checks, spec);
        Routing(checks, spec.Routing);
        if (spec.Access is { } access)
            Access(checks, access);
        Protection(checks, spec.Protection);
        checks.Range("spec.monitoring.payloadSampleRate", spec.Monitoring?.PayloadSampleRate, 0, 1);
        checks.ObjectName("spec.monitoring.drift.dataSource", spec.Monitoring?.Drift?.DataSource);
        if (spec.HumanOversight is { } oversight)
            checks.Required("spec.humanOversight.overseer", oversight.Overseer);
        return checks.Errors;
    }

    private static void Runtime(FieldChecks checks, ModelRuntime runtime)
    {
        checks.Range("spec.runtime.batching.maxBatchSize", runtime.Batching?.MaxBatchSize, 1, 65536);
        checks.Duration("spec.runtime.batching.maxDelay", runtime.Batching?.MaxDelay, zero: true);
        checks.Resources("spec.runtime.resources", runtime.Resources);
    }

    private static void Scaling(FieldChecks checks, ServiceScaling scaling)
    {
        checks.Range("spec.scaling.minReplicas", scaling.MinReplicas, 0, 10000);
        checks.Range("spec.scaling.maxReplicas", scaling.MaxReplicas, 1, 10000);
        checks.Unless(
            scaling.MaxReplicas is not { } maximum || scaling.MinReplicas <= maximum, "spec.scaling.minReplicas",
            $"is {scaling.MinReplicas}; must not exceed maxReplicas, which is {scaling.MaxReplicas}");
        checks.Range("spec.scaling.target.concurrency", scaling.Target?.Concurrency, 0, double.PositiveInfinity, exclusive: true);
        checks.Duration("spec.scaling.scaleToZeroAfter", scaling.ScaleToZeroAfter);
    }

    private static void Rollout(FieldChecks checks, InferenceServiceSpec spec)
    {
        var rollout = spec.Rollout;
        checks.Unless(
            rollout.Strategy != RolloutStrategy.Canary || rollout.Steps.Count > 0, "spec.rollout.steps",
            "at least one step is needed for Canary; for none use the strategy Immediate");
        for (var i = 0; i < rollout.Steps.Count; i++)
        {
            checks.Range($"spec.rollout.steps[{i}]", rollout.Steps[i], 1, 100);
            checks.Unless(
                i == 0 || rollout.Steps[i] > rollout.Steps[i - 1], $"spec.rollout.steps[{i}]",
                $"is {rollout.Steps[i]} after {(i == 0 ? 0 : rollout.Steps[i - 1])}; steps must ascend");
        }

        checks.Duration("spec.rollout.interval", rollout.Interval);
        checks.Duration("spec.rollout.revocationDeadline", rollout.RevocationDeadline, zero: true);
        checks.Range("spec.rollout.analysis.minRequests", rollout.Analysis.MinRequests, 1, double.PositiveInfinity);
        checks.Range("spec.rollout.analysis.errorRate.toleratedRelativeRisk", rollout.Analysis.ErrorRate.ToleratedRelativeRisk, 1, 100);
        checks.Range("spec.rollout.analysis.latency.percentile", rollout.Analysis.Latency?.Percentile, 0, 100, exclusive: true);
        checks.Range("spec.rollout.analysis.latency.toleratedRelativeRisk", rollout.Analysis.Latency?.ToleratedRelativeRisk, 1, 100);
        checks.Range("spec.rollout.analysis.falseRejectionRate", rollout.Analysis.FalseRejectionRate, 0, 1, exclusive: true);
        checks.Duration("spec.rollout.onInconclusive.after", rollout.OnInconclusive.After);
        checks.ObjectName("spec.rollout.override.modelVersion", rollout.Override?.ModelVersion);
        checks.Unless(
            rollout.Strategy != RolloutStrategy.ABTest || spec.Routing?.MatchHeaders.Count > 0, "spec.routing.matchHeaders",
            "at least one header is needed for the strategy ABTest: it says which requests reach the candidate");
    }

    private static void Routing(FieldChecks checks, ServiceRouting? routing)
    {
        checks.Unique("spec.routing.hosts", "host", routing?.Hosts ?? []);
        for (var i = 0; i < (routing?.Hosts.Count ?? 0); i++)
            checks.ObjectName($"spec.routing.hosts[{i}]", routing!.Hosts[i]);
        foreach (var header in routing?.MatchHeaders.Keys ?? [])
            checks.Unless(HeaderName().IsMatch(header), "spec.routing.matchHeaders", $"'{header}' is not the name of a header: use letters, digits and '-'");
    }

    private static void Access(FieldChecks checks, ServiceAccess access)
    {
        checks.ObjectName("spec.access.apiKeys.secretRef.name", access.ApiKeys?.SecretRef.Name);
        if (access.Jwt is { } jwt)
        {
            checks.Required("spec.access.jwt.issuer", jwt.Issuer);
            checks.Url("spec.access.jwt.jwksUri", jwt.JwksUri, httpsOnly: true);
        }

        if (access.RateLimit is { } limit)
        {
            checks.Range("spec.access.rateLimit.requests", limit.Requests, 1, double.PositiveInfinity);
            checks.Duration("spec.access.rateLimit.interval", limit.Interval);
            checks.Unless(
                limit.By != RateLimitKey.Subject || access.ApiKeys is not null || access.Jwt is not null, "spec.access.rateLimit.by",
                "is Subject, but neither apiKeys nor jwt says who calls; set one of them, or by: ClientIP or Service");
        }
    }

    private static void Protection(FieldChecks checks, ServiceProtection protection)
    {
        checks.Range("spec.protection.outlier.threshold", protection.Outlier?.Threshold, 0, double.PositiveInfinity, exclusive: true);
        const long largest = 2L * 1024 * 1024 * 1024;
        checks.Unless(
            Quantity.TryParse(protection.MaxRequestBytes, out var bytes) && bytes is >= 1 and <= largest, "spec.protection.maxRequestBytes",
            $"'{protection.MaxRequestBytes}' is not allowed: use a size from 1 to 2Gi, such as 4Mi");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z")]
    private static partial Regex HeaderName();
}
