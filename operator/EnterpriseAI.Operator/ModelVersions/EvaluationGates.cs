using System.Globalization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>What came of holding a model's figures against its gates.</summary>
/// <param name="Failures">One sentence for each gate that is not passed.</param>
/// <param name="LeftOut">One sentence for each gate that left out slices or groups because they are too small.</param>
internal sealed record GateResult(IReadOnlyList<string> Failures, IReadOnlyList<string> LeftOut);

/// <summary>Holds a model's measured figures against its gates.</summary>
/// <remarks>
/// Guarantees: a figure that is missing, NaN, or of a group whose size nobody told where a smallest size is asked for, never passes.
/// </remarks>
internal static class EvaluationGates
{
    private const string Every = "*";

    public static GateResult Judge(IReadOnlyList<EvaluationGate> gates, IReadOnlyList<EvaluationResult> evaluation)
    {
        List<string> failures = [], leftOut = [];
        foreach (var gate in gates)
        {
            var results = evaluation.Where(e => gate.Dataset is null || gate.Dataset == e.Dataset).ToList();
            var failure = gate.GroupBy is { } attribute ? Groups(gate, attribute, results, leftOut) : Figures(gate, results, leftOut);
            if (failure is not null)
                failures.Add(failure);
        }
        return new GateResult(failures, leftOut);
    }

    /// <summary>Every figure of the gate's metric and slices must lie within its bounds.</summary>
    private static string? Figures(EvaluationGate gate, IReadOnlyList<EvaluationResult> results, List<string> leftOut)
    {
        var measured = results.Where(e => e.Metric == gate.Metric && IsMeant(gate.Slice, e.Slice)).ToList();
        if (measured.Count == 0)
            return $"{Named(gate)} was not measured; evaluate the model for it or drop the gate";
        if (Small(gate, measured.Select(e => (e.Slice ?? "the whole data", e.Count)), leftOut) is not { } small)
            return Unsized(gate);
        var judged = measured.Where(e => !small.Contains(e.Slice ?? "the whole data")).ToList();
        return judged.Count == 0
            ? $"{Named(gate)} was measured only on fewer rows than minGroupSize {gate.MinGroupSize}; evaluate the model on more data"
            : judged.Select(e => OutOfBounds(gate, e.Slice is null || e.Slice == gate.Slice ? Named(gate) : $"{gate.Metric} for {e.Slice}", e.Value)).FirstOrDefault(text => text is not null);
    }

    /// <summary>The groups of an attribute are compared with each other, dataset by dataset.</summary>
    private static string? Groups(EvaluationGate gate, string attribute, IReadOnlyList<EvaluationResult> results, List<string> leftOut)
    {
        var needed = FairnessMetrics.Needs(gate.Metric);
        var datasets = results.Where(e => needed.Contains(e.Metric) && GroupOf(attribute, e.Slice) is not null).GroupBy(e => e.Dataset).ToList();
        if (datasets.Count == 0)
            return $"{Named(gate)} needs {string.Join(" and ", needed)} for slices such as '{attribute}=…', and there are none; evaluate the model for them";
        foreach (var dataset in datasets)
        {
            var groups = dataset.GroupBy(e => GroupOf(attribute, e.Slice)!, StringComparer.Ordinal)
                .Select(g => new EvaluatedGroup(g.Key, g.Min(e => e.Count), g.GroupBy(e => e.Metric).ToDictionary(m => m.Key, m => m.Last().Value))).ToList();
            if (groups.FirstOrDefault(g => needed.Any(metric => !g.Metrics.ContainsKey(metric))) is { } incomplete)
                return $"{Named(gate)} needs {string.Join(" and ", needed)} for every group, and '{attribute}={incomplete.Name}' lacks one";
            if (Small(gate, groups.Select(g => (g.Name, g.Count)), leftOut) is not { } small)
                return Unsized(gate);
            groups.RemoveAll(g => small.Contains(g.Name));
            if (groups.Count < 2)
                return $"{Named(gate)} has {groups.Count} groups of at least {gate.MinGroupSize ?? 1} rows, and comparing needs two; evaluate the model on more data";
            if (OutOfBounds(gate, Named(gate), FairnessMetrics.Compare(gate.Metric, groups)) is { } failure)
                return failure;
        }
        return null;
    }

    /// <summary>The names of those that are too small to be judged; null when a size that is needed is not known.</summary>
    private static HashSet<string>? Small(EvaluationGate gate, IEnumerable<(string Name, long? Count)> sized, List<string> leftOut)
    {
        if (gate.MinGroupSize is not { } smallest)
            return [];
        var all = sized.ToList();
        if (all.Any(s => s.Count is null))
            return null;
        var small = all.Where(s => s.Count < smallest).ToList();
        if (small.Count > 0)
            leftOut.Add($"{Named(gate)} leaves out {string.Join(", ", small.Select(s => $"{s.Name} ({s.Count} rows)"))}");
        return small.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
    }

    private static bool IsMeant(string? asked, string? slice) => asked switch
    {
        null => slice is null,
        Every => slice is not null,
        _ when asked.EndsWith("=*", StringComparison.Ordinal) => slice?.StartsWith(asked[..^1], StringComparison.Ordinal) is true,
        _ => asked == slice,
    };

    private static string? GroupOf(string attribute, string? slice) =>
        slice is not null && slice.StartsWith(attribute, StringComparison.Ordinal) && slice.Length > attribute.Length + 1 && slice[attribute.Length] == '='
            ? slice[(attribute.Length + 1)..]
            : null;

    private static string? OutOfBounds(EvaluationGate gate, string name, double figure) =>
        double.IsNaN(figure) ? $"{name} is not a number"
        : gate.Minimum is { } minimum && figure < minimum ? $"{name} is {Text(figure)}, below the minimum {Text(minimum)}"
        : gate.Maximum is { } maximum && figure > maximum ? $"{name} is {Text(figure)}, above the maximum {Text(maximum)}"
        : null;

    private static string Unsized(EvaluationGate gate) => $"{Named(gate)} asks for at least {gate.MinGroupSize} rows, and a result does not say its count";

    private static string Named(EvaluationGate gate) =>
        gate.Metric + (gate.Dataset is null ? "" : $" on {gate.Dataset}") + (gate.Slice is null ? "" : $" for {gate.Slice}") + (gate.GroupBy is null ? "" : $" by {gate.GroupBy}");

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
