using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.ModelVersions;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>One check of one resource, as it came out.</summary>
public sealed record CheckResult(string Framework, string Control, IKubernetesObject Resource, Severity Severity, Finding Finding)
{
    /// <summary>As exceptions name it: <c>Kind/namespace/name</c>.</summary>
    public string ResourceName => $"{Resource.Kind}/{Resource.Metadata.Namespace}/{Resource.Metadata.Name}";
}

/// <summary>Evaluates a policy against resources. Pure: the same evidence at the same time gives the same results.</summary>
public static class PolicyEvaluation
{
    /// <summary>The framework under which a policy's own requirements and rules are listed.</summary>
    public const string OwnRules = "Policy";

    // A pattern comes from a user: a slow one must not hold up the others.
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>Every check of the policy for every resource it applies to.</summary>
    public static IReadOnlyList<CheckResult> Evaluate(CompliancePolicy policy, Evidence evidence, DateTimeOffset now) =>
        [.. evidence.All.SelectMany(resource => Evaluate(policy, resource, evidence, now))];

    /// <summary>Every check of the policy for one resource.</summary>
    public static IEnumerable<CheckResult> Evaluate(CompliancePolicy policy, IKubernetesObject resource, Evidence evidence, DateTimeOffset now)
    {
        var results = Frameworks(policy, resource, evidence).Concat(Requirements(policy, resource, now)).Concat(Rules(policy, resource));
        foreach (var result in results)
        {
            var exception = policy.Spec.Exceptions.FirstOrDefault(e => Covers(e, result) && e.Expires > now);
            yield return exception is null || result.Finding.Outcome is Outcome.Pass or Outcome.Skip
                ? result
                : result with { Finding = Finding.Skip($"excepted until {exception.Expires.UtcDateTime:yyyy-MM-dd} by {exception.ApprovedBy}: {exception.Reason}") };
        }
    }

    private static Finding License(string? license, IReadOnlyList<string> allowed)
    {
        if (string.IsNullOrWhiteSpace(license))
            return Finding.Fail("the licence is not stated", "set spec.card.license");
        try
        {
            return Finding.Of(SpdxExpression.IsAllowed(license, allowed), $"licence {license}", $"licence {license} is not among {string.Join(", ", allowed)}", "do not use this model here, or change the policy");
        }
        catch (FormatException e)
        {
            return Finding.Fail(e.Message, "set spec.card.license to an SPDX expression");
        }
    }

    /// <summary>A <c>*</c> as namespace or name stands for all; a rule of the policy may be named <c>rule/NAME</c>.</summary>
    private static bool Covers(PolicyException exception, CheckResult result)
    {
        if (exception.Control != result.Control && (result.Framework != OwnRules || exception.Control != $"rule/{result.Control}"))
            return false;
        return exception.Resource.Split('/') is [var kind, var ns, var name]
            && kind == result.Resource.Kind
            && (ns == "*" || ns == result.Resource.Metadata.Namespace)
            && (name == "*" || name == result.Resource.Metadata.Name);
    }

    private static IEnumerable<CheckResult> Frameworks(CompliancePolicy policy, IKubernetesObject resource, Evidence evidence)
    {
        foreach (var control in ControlCatalogue.All)
        {
            if (policy.Spec.Frameworks.Contains(control.Framework) && control.Check(resource, evidence) is { } finding)
                yield return new CheckResult(Control.Label(control.Framework), control.Name, resource, control.Severity, finding);
        }
    }

    private static IEnumerable<CheckResult> Requirements(CompliancePolicy policy, IKubernetesObject resource, DateTimeOffset now)
    {
        if (policy.Spec.Require is not { } require)
            yield break;
        switch (resource)
        {
            case ModelVersion version:
                if (require.Signature)
                    yield return Own("require.signature", Severity.High, ControlCatalogue.Signed(version));
                if (require.Card)
                    yield return Own("require.card", Severity.Medium, ControlCatalogue.Card(version));
                if (require.Approvals is { } needed)
                {
                    var given = ApprovalTally.Of(version.Spec.Approvals, now).Approving.Count;
                    yield return Own("require.approvals", Severity.High, Finding.Of(given >= needed, $"{given} approvals", $"{given} of {needed} approvals", "have more people approve"));
                }
                if (require.Provenance)
                {
                    yield return Own("require.provenance", Severity.High, Finding.Of(
                        Conditions.IsTrue(version.Status?.Conditions, ProvenanceCheck.Condition), Conditions.Find(version.Status?.Conditions, ProvenanceCheck.Condition)?.Message ?? "",
                        Conditions.Find(version.Status?.Conditions, ProvenanceCheck.Condition)?.Message ?? "the provenance was not looked at yet",
                        "train by a TrainingJob with inputs and an output"));
                }
                if (require.Attestations.Count > 0)
                    yield return Own("require.attestations", Severity.High, AttestationRules.Kinds(version, require.Attestations));
                if (require.Builders.Count > 0)
                    yield return Own("require.builders", Severity.High, AttestationRules.Builders(version, builder => require.Builders.Any(pattern => Glob(pattern, builder))));
                if (require.Licenses.Count > 0)
                    yield return Own("require.licenses", Severity.High, License(version.Spec.Card?.License, require.Licenses));
                if (require.MaxRiskClass is { } most)
                {
                    yield return Own("require.maxRiskClass", Severity.High, version.Spec.Card?.RiskClass is not { } risk
                        ? Finding.Fail("the risk class is not stated", "set spec.card.riskClass")
                        : Finding.Of(risk <= most, $"risk class {risk}", $"risk class {risk} is above {most}", "do not use this model here, or change the policy"));
                }
                else if (version.Spec.Card?.RiskClass == RiskClass.Unacceptable)
                    yield return Own("require.maxRiskClass", Severity.High, Finding.Fail("risk class Unacceptable", "do not use this model, or allow it by spec.require.maxRiskClass of the policy"));
                break;
            case DataSource source:
                if (require.Encryption)
                    yield return Own("require.encryption", Severity.High, ControlCatalogue.Encryption(source));
                if (require.Regions.Count > 0)
                {
                    var region = source.Spec.Governance?.Region;
                    yield return Own("require.regions", Severity.High, region is null
                        ? Finding.Fail("no region is declared", "set spec.governance.region")
                        : Finding.Of(require.Regions.Any(pattern => Glob(pattern, region)), $"region {region}", $"region {region} is none of {string.Join(", ", require.Regions)}", "move the data, or change the policy"));
                }
                break;
        }

        CheckResult Own(string control, Severity severity, Finding finding) => new(OwnRules, control, resource, severity, finding);
    }

    private static IEnumerable<CheckResult> Rules(CompliancePolicy policy, IKubernetesObject resource)
    {
        var rules = policy.Spec.Rules.Where(r => r.Kinds.Any(kind => kind.ToString() == resource.Kind)).ToList();
        if (rules.Count == 0)
            yield break;
        var json = ToJson(resource);
        foreach (var rule in rules)
        {
            var broken = rule.Conditions.FirstOrDefault(condition => !Holds(condition, json));
            var finding = broken is null
                ? Finding.Pass("every condition holds")
                : new Finding(rule.Severity == Severity.Info ? Outcome.Warn : Outcome.Fail, $"{broken.Path} {broken.Operator} {string.Join(", ", broken.Values)} does not hold".Replace("  ", " "), rule.Message);
            yield return new CheckResult(OwnRules, rule.Name, resource, rule.Severity, finding);
        }
    }

    internal static bool Holds(RuleCondition condition, JsonNode? resource)
    {
        if (!FieldPath.TryParse(condition.Path, out var path, out _))
            return false;
        var node = resource;
        foreach (var name in path.Names)
            node = (node as JsonObject)?[name];
        var text = node is JsonValue value ? value.ToString() : node?.ToJsonString();
        var present = node is not null and not JsonArray { Count: 0 } && text is not "";
        return condition.Operator switch
        {
            RuleOperator.Exists => present,
            RuleOperator.DoesNotExist => !present,
            RuleOperator.Equals => text == condition.Values[0],
            RuleOperator.NotEquals => text != condition.Values[0],
            RuleOperator.In => text is not null && condition.Values.Contains(text),
            RuleOperator.NotIn => text is null || !condition.Values.Contains(text),
            RuleOperator.GreaterThan => Number(text) > Number(condition.Values[0]),
            RuleOperator.LessThan => Number(text) < Number(condition.Values[0]),
            _ => text is not null && Regex.IsMatch(text, $@"\A(?:{condition.Values[0]})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, PatternTimeout),
        };
    }

    // A comparison with null is false: a missing figure never passes.
    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool Glob(string pattern, string text) =>
        // \z, not $: a line feed at the end is part of the text.
        Regex.IsMatch(text, @"\A" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + @"\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, PatternTimeout);

    private static JsonNode? ToJson(IKubernetesObject resource) => resource switch
    {
        DataSource source => JsonSerializer.SerializeToNode(source, ApiJsonContext.Default.DataSource),
        TrainingJob job => JsonSerializer.SerializeToNode(job, ApiJsonContext.Default.TrainingJob),
        ModelVersion version => JsonSerializer.SerializeToNode(version, ApiJsonContext.Default.ModelVersion),
        InferenceService service => JsonSerializer.SerializeToNode(service, ApiJsonContext.Default.InferenceService),
        _ => null,
    };
}
