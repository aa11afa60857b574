using System.Globalization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary>Something that is otherwise in one model version than in another.</summary>
/// <param name="Group">Part of the version, such as <c>evaluation</c>.</param>
/// <param name="Field">What differs.</param>
/// <param name="Left">How it is in the one; null when it is not there.</param>
/// <param name="Right">How it is in the other.</param>
/// <param name="Note">By how much, and whether that is better.</param>
internal sealed record Difference(string Group, string Field, string? Left, string? Right, string? Note = null);

/// <summary>Compares two model versions. Their names and version numbers are what tells them apart, and no difference.</summary>
internal static class ModelDifferences
{
    public static IReadOnlyList<Difference> Between(ModelVersion a, ModelVersion b, DateTimeOffset now) =>
    [
        .. State(a, b),
        .. Artifact(a, b),
        .. Interface(a.Status?.Interface, b.Status?.Interface),
        .. Graph(a.Status?.Graph, b.Status?.Graph),
        .. Card(a.Spec.Card, b.Spec.Card),
        .. Evaluation(a.Spec, b.Spec),
        .. Keyed("gates", a.Spec.Gates, b.Spec.Gates, GateText.Name, GateText.Bounds),
        .. Provenance(a.Spec.Provenance, b.Spec.Provenance),
        .. Approvals(a.Spec.Approvals, b.Spec.Approvals, now),
    ];

    private static IEnumerable<Difference> State(ModelVersion a, ModelVersion b) => Fields("state",
        ("model", a.Spec.Model, b.Spec.Model),
        ("stage", a.Spec.Stage.ToString(), b.Spec.Stage.ToString()),
        ("phase", ModelText.Phase(a), ModelText.Phase(b)),
        ("revoked because", Revoked(a), Revoked(b)));

    private static IEnumerable<Difference> Artifact(ModelVersion a, ModelVersion b) => Fields("artifact",
        ("uri", a.Spec.Artifact.Uri, b.Spec.Artifact.Uri),
        ("format", a.Spec.Artifact.Format.ToString(), b.Spec.Artifact.Format.ToString()),
        ("digest", ModelText.ShortDigest(a.Spec.Artifact.Digest), ModelText.ShortDigest(b.Spec.Artifact.Digest)),
        ("expected signer", ModelText.Expected(a.Spec.Signature), ModelText.Expected(b.Spec.Signature)),
        ("signed by", ModelText.Signer(a.Status?.Signer), ModelText.Signer(b.Status?.Signer)));

    private static IEnumerable<Difference> Interface(ModelInterface? a, ModelInterface? b) =>
    [
        .. Keyed("interface", a?.Inputs ?? [], b?.Inputs ?? [], t => $"input {t.Name}", t => t.Datatype + ModelText.Shape(t)),
        .. Keyed("interface", a?.Outputs ?? [], b?.Outputs ?? [], t => $"output {t.Name}", t => t.Datatype + ModelText.Shape(t)),
    ];

    private static IEnumerable<Difference> Graph(ModelGraph? a, ModelGraph? b) =>
    [
        .. Fields("graph",
            ("IR version", a?.IrVersion?.ToString(CultureInfo.InvariantCulture), b?.IrVersion?.ToString(CultureInfo.InvariantCulture)),
            ("producer", a?.Producer, b?.Producer)),
        .. Keyed("graph", a?.OperatorSets ?? [], b?.OperatorSets ?? [], s => $"operator set {s.Domain}", s => s.Version.ToString(CultureInfo.InvariantCulture)),
        .. Sets("graph", "operators", a?.Operators ?? [], b?.Operators ?? []),
        .. Sets("graph", "external data", a?.ExternalData ?? [], b?.ExternalData ?? []),
    ];

    private static IEnumerable<Difference> Card(ModelCard? a, ModelCard? b) => Fields("card",
        ("intended use", a?.IntendedUse, b?.IntendedUse),
        ("limitations", a?.Limitations, b?.Limitations),
        ("licence", a?.License, b?.License),
        ("owner", a?.Owner, b?.Owner),
        ("risk class", a?.RiskClass?.ToString(), b?.RiskClass?.ToString()));

    private static IEnumerable<Difference> Evaluation(ModelVersionSpec a, ModelVersionSpec b)
    {
        // A metric may be measured twice under one name; the last one counts, as for the gates.
        var (left, right) = (Results(a), Results(b));
        foreach (var key in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal))
        {
            var (before, after) = (left.GetValueOrDefault(key), right.GetValueOrDefault(key));
            if (before?.Value == after?.Value && before?.Count == after?.Count)
                continue;
            yield return new Difference("evaluation", key, Figure(before), Figure(after),
                before is null || after is null ? null : Change(after.Value - before.Value, [.. b.Gates, .. a.Gates], after.Metric));
        }
    }

    private static IEnumerable<Difference> Provenance(ModelProvenance? a, ModelProvenance? b) =>
    [
        .. Fields("provenance",
            ("training job", a?.TrainingJob, b?.TrainingJob),
            ("source code", a?.Source?.Repository, b?.Source?.Repository),
            ("commit", a?.Source?.Commit, b?.Source?.Commit)),
        .. Keyed("provenance", a?.DataSources ?? [], b?.DataSources ?? [], d => $"data source {d.Name}", d => ModelText.ShortDigest(d.Digest)),
    ];

    private static IEnumerable<Difference> Approvals(ModelApprovals? a, ModelApprovals? b, DateTimeOffset now)
    {
        var (left, right) = (ApprovalStanding.Of(a, now), ApprovalStanding.Of(b, now));
        return
        [
            .. Fields("approvals",
                ("required", left.Required.ToString(CultureInfo.InvariantCulture), right.Required.ToString(CultureInfo.InvariantCulture)),
                ("valid for", a?.ValidFor?.Text, b?.ValidFor?.Text)),
            .. Sets("approvals", "approved by", left.Approving, right.Approving),
            .. Sets("approvals", "rejected by", left.Rejecting, right.Rejecting),
        ];
    }

    private static IEnumerable<Difference> Fields(string group, params (string Name, string? Left, string? Right)[] fields) =>
        fields.Where(f => f.Left != f.Right).Select(f => new Difference(group, f.Name, f.Left, f.Right));

    /// <summary>What only one side has.</summary>
    private static IEnumerable<Difference> Sets(string group, string field, IReadOnlyList<string> a, IReadOnlyList<string> b)
    {
        string? Only(IReadOnlyList<string> these, IReadOnlyList<string> others) => these.Except(others).ToList() is { Count: > 0 } only ? string.Join(", ", only) : null;
        return (Only(a, b), Only(b, a)) is (null, null) ? [] : [new Difference(group, field, Only(a, b), Only(b, a), "only in one")];
    }

    /// <summary>Things of the same name, by what they are.</summary>
    private static IEnumerable<Difference> Keyed<T>(string group, IReadOnlyList<T> a, IReadOnlyList<T> b, Func<T, string> name, Func<T, string> text)
    {
        var (left, right) = (Texts(a), Texts(b));
        return left.Keys.Union(right.Keys)
            .Select(key => new Difference(group, key, left.GetValueOrDefault(key), right.GetValueOrDefault(key)))
            .Where(d => d.Left != d.Right);

        // Two gates of one metric are one line.
        Dictionary<string, string> Texts(IReadOnlyList<T> items) => items.GroupBy(name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => string.Join(" and ", g.Select(text)), StringComparer.Ordinal);
    }

    private static string? Revoked(ModelVersion version) => version.Spec.Revoked ? version.Spec.RevokedReason ?? "no reason given" : null;

    private static Dictionary<string, EvaluationResult> Results(ModelVersionSpec spec) =>
        spec.Evaluation.GroupBy(GateText.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);

    private static string? Figure(EvaluationResult? result) =>
        result is null ? null : ModelText.Figure(result.Value) + (result.Count is { } rows ? string.Create(CultureInfo.InvariantCulture, $" ({rows} rows)") : "");

    // Which way is better only the gates tell: a metric with a minimum should be high, one with a maximum low.
    private static string Change(double by, IReadOnlyList<EvaluationGate> gates, string metric)
    {
        if (by == 0)
            return "same figure";
        var gate = gates.FirstOrDefault(g => g.Metric == metric);
        var judged = gate switch
        {
            { Minimum: not null, Maximum: null } => by > 0 ? ", better" : ", worse",
            { Minimum: null, Maximum: not null } => by < 0 ? ", better" : ", worse",
            _ => "",
        };
        return $"{(by > 0 ? "+" : "")}{ModelText.Figure(by)}{judged}";
    }
}
