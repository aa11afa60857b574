using System.Globalization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary>Gates and figures as short texts.</summary>
internal static class GateText
{
    /// <summary>What is measured: metric, data and part of the data. The operator's messages begin with it.</summary>
    public static string Name(EvaluationGate gate) =>
        gate.Metric + (gate.Dataset is null ? "" : $" on {gate.Dataset}") + (gate.Slice is null ? "" : $" for {gate.Slice}") + (gate.GroupBy is null ? "" : $" by {gate.GroupBy}");

    public static string Name(EvaluationResult result) => Name(new EvaluationGate { Metric = result.Metric, Dataset = result.Dataset, Slice = result.Slice });

    public static string Bounds(EvaluationGate gate) => string.Create(CultureInfo.InvariantCulture, $"{gate switch
    {
        { Minimum: { } minimum, Maximum: { } maximum } => $"{ModelText.Figure(minimum)} to {ModelText.Figure(maximum)}",
        { Minimum: { } minimum } => $"at least {ModelText.Figure(minimum)}",
        { Maximum: { } maximum } => $"at most {ModelText.Figure(maximum)}",
        _ => "-",
    }}{(gate.MinGroupSize is { } size ? $", groups of {size} rows or more" : "")}");
}
