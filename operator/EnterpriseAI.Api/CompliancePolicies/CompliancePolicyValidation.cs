using System.Globalization;

namespace EnterpriseAI.Api;

/// <summary>Checks a <see cref="CompliancePolicy"/>.</summary>
internal static class CompliancePolicyValidation
{
    private static readonly string[] Operators = ["In", "NotIn", "Exists", "DoesNotExist"];

    public static IReadOnlyList<FieldError> Check(CompliancePolicy policy)
    {
        var checks = new FieldChecks();
        checks.Name(policy);
        var spec = policy.Spec;
        Selector(checks, spec);
        checks.Range("spec.require.approvals", spec.Require?.Approvals, 0, 10);
        for (var i = 0; i < (spec.Require?.Regions.Count ?? 0); i++)
            checks.Required($"spec.require.regions[{i}]", spec.Require!.Regions[i]);
        for (var i = 0; i < (spec.Require?.Builders.Count ?? 0); i++)
            checks.Required($"spec.require.builders[{i}]", spec.Require!.Builders[i]);
        checks.Unique("spec.rules", "rule", spec.Rules.Select(r => r.Name));
        for (var i = 0; i < spec.Rules.Count; i++)
            Rule(checks, spec.Rules[i], $"spec.rules[{i}]");
        for (var i = 0; i < spec.Exceptions.Count; i++)
            Exception(checks, spec.Exceptions[i], $"spec.exceptions[{i}]");
        for (var i = 0; i < spec.Distrust.Count; i++)
            Distrust(checks, $"spec.distrust[{i}]", spec.Distrust[i]);
        checks.Duration("spec.audit.retention", spec.Audit?.Retention);
        return checks.Errors;
    }

    private static void Selector(FieldChecks checks, CompliancePolicySpec spec)
    {
        var expressions = spec.NamespaceSelector?.MatchExpressions ?? [];
        for (var i = 0; i < expressions.Count; i++)
        {
            var (expression, path) = (expressions[i], $"spec.namespaceSelector.matchExpressions[{i}]");
            checks.Required($"{path}.key", expression.Key);
            checks.Unless(Operators.Contains(expression.Operator), $"{path}.operator", $"'{expression.Operator}' is not allowed: use {string.Join(", ", Operators)}");
            var valued = expression.Operator is "In" or "NotIn";
            checks.Unless(valued == (expression.Values ?? []).Count > 0, $"{path}.values", "are needed for In and NotIn, and not allowed for the others");
        }
    }

    private static void Distrust(FieldChecks checks, string path, Distrust distrust)
    {
        checks.ExactlyOne(path, ("keyId", distrust.KeyId is not null), ("identity", distrust.Identity is not null), ("dataSource", distrust.DataSource is not null));
        checks.Unless(
            distrust.KeyId is not { } key || (key.Length == 64 && key.All(char.IsAsciiHexDigitLower)), $"{path}.keyId",
            $"'{distrust.KeyId}' is no fingerprint: use the 64 lower-case hexadecimal digits of status.signer.keyId");
        checks.ObjectName($"{path}.dataSource.name", distrust.DataSource?.Name);
        checks.Digest($"{path}.dataSource.digest", distrust.DataSource?.Digest);
        checks.Required($"{path}.reason", distrust.Reason);
    }

    private static void Rule(FieldChecks checks, PolicyRule rule, string path)
    {
        checks.Label($"{path}.name", rule.Name);
        checks.Unless(rule.Kinds.Count > 0, $"{path}.kinds", "at least one kind is needed");
        checks.Unless(rule.Conditions.Count > 0, $"{path}.conditions", "at least one condition is needed");
        checks.Required($"{path}.message", rule.Message);
        for (var i = 0; i < rule.Conditions.Count; i++)
            Condition(checks, rule.Conditions[i], $"{path}.conditions[{i}]");
    }

    private static void Condition(FieldChecks checks, RuleCondition condition, string path)
    {
        if (!FieldPath.TryParse(condition.Path, out _, out var error))
            checks.Add($"{path}.path", error);
        var count = condition.Values.Count;
        var (fits, needed) = condition.Operator switch
        {
            RuleOperator.Exists or RuleOperator.DoesNotExist => (count == 0, "no value"),
            RuleOperator.In or RuleOperator.NotIn => (count > 0, "at least one value"),
            _ => (count == 1, "exactly one value"),
        };
        checks.Unless(fits, $"{path}.values", $"has {count} values; {condition.Operator} takes {needed}");
        if (condition is { Operator: RuleOperator.Matches, Values: [var pattern] })
            checks.Expression($"{path}.values[0]", pattern);
        if (condition is { Operator: RuleOperator.GreaterThan or RuleOperator.LessThan, Values: [var number] })
        {
            checks.Unless(
                double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value),
                $"{path}.values[0]", $"'{number}' is not a number");
        }
    }

    private static void Exception(FieldChecks checks, PolicyException exception, string path)
    {
        checks.Required($"{path}.control", exception.Control);
        checks.Required($"{path}.reason", exception.Reason);
        checks.Required($"{path}.approvedBy", exception.ApprovedBy);
        var parts = exception.Resource.Split('/');
        checks.Unless(
            parts.Length == 3 && Enum.TryParse<PolicyKind>(parts[0], out var kind) && kind.ToString() == parts[0] && parts[1].Length > 0 && parts[2].Length > 0,
            $"{path}.resource", $"'{exception.Resource}' is not a resource: use Kind/namespace/name with one of {string.Join(", ", Enum.GetNames<PolicyKind>())}");
    }
}
