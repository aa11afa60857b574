using System.Globalization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Holds a model's measured figures against its gates.</summary>
internal static class EvaluationGates
{
    /// <summary>One sentence for each gate that is not passed. A figure that is missing or NaN never passes.</summary>
    public static IReadOnlyList<string> Failures(IReadOnlyList<EvaluationGate> gates, IReadOnlyList<EvaluationResult> evaluation) =>
        [.. gates.Select(gate => Failure(gate, evaluation)).OfType<string>()];

    private static string? Failure(EvaluationGate gate, IReadOnlyList<EvaluationResult> evaluation)
    {
        var figures = evaluation
            .Where(e => e.Metric == gate.Metric && (gate.Dataset is null || gate.Dataset == e.Dataset) && gate.Slice == e.Slice)
            .Select(e => e.Value)
            .ToList();
        if (figures.Count == 0)
            return $"{Named(gate)} was not measured; evaluate the model for it or drop the gate";
        foreach (var figure in figures)
        {
            if (double.IsNaN(figure))
                return $"{Named(gate)} is not a number";
            if (gate.Minimum is { } minimum && figure < minimum)
                return $"{Named(gate)} is {Text(figure)}, below the minimum {Text(minimum)}";
            if (gate.Maximum is { } maximum && figure > maximum)
                return $"{Named(gate)} is {Text(figure)}, above the maximum {Text(maximum)}";
        }
        return null;
    }

    private static string Named(EvaluationGate gate) =>
        gate.Metric + (gate.Dataset is null ? "" : $" on {gate.Dataset}") + (gate.Slice is null ? "" : $" for {gate.Slice}");

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
