namespace EnterpriseAI.Agent.Training;

/// <summary>One line of progress on standard output, read by the operator from the end of the log.</summary>
/// <param name="Progress">How far the training is.</param>
public sealed record ProgressReport(ProgressDetails Progress);

/// <summary>How far a training is.</summary>
/// <param name="Percent">0 to 100.</param>
/// <param name="Metrics"><c>epoch</c>, <c>loss</c> (nats) and <c>accuracy</c> on the training rows.</param>
public sealed record ProgressDetails(double Percent, IReadOnlyDictionary<string, double> Metrics);

/// <summary>The result of <c>agent train</c>.</summary>
/// <param name="Rank">Which worker says so; only rank 0 writes the model.</param>
/// <param name="WorldSize">How many workers trained.</param>
/// <param name="Output">The folder with the model; null on the other ranks.</param>
/// <param name="TrainingRows">How many labelled rows the workers trained on together.</param>
/// <param name="HeldOutRows">How many labelled rows the evaluation is measured on.</param>
/// <param name="Features">The columns of the model's input, in order.</param>
/// <param name="Classes">The classes, by index.</param>
/// <param name="Evaluation">As in <c>evaluation.json</c>; null on the other ranks.</param>
public sealed record TrainResult(
    int Rank,
    int WorldSize,
    string? Output,
    int TrainingRows,
    int HeldOutRows,
    IReadOnlyList<string> Features,
    IReadOnlyList<string> Classes,
    IReadOnlyList<EvaluationMetric>? Evaluation);

/// <summary>The held-out rows as they can be sent to the model, with what it should answer.</summary>
/// <param name="Features">Names of the numbers of a row, in order.</param>
/// <param name="Classes">The classes, by index.</param>
/// <param name="Rows">The rows; a missing value is already replaced, as the model itself would.</param>
public sealed record HoldoutFile(IReadOnlyList<string> Features, IReadOnlyList<string> Classes, IReadOnlyList<HoldoutRow> Rows);

/// <summary>One held-out row.</summary>
/// <param name="Features">One number per feature; for a word its place in the model's <c>categories</c>.</param>
/// <param name="Label">The index of the true class.</param>
public sealed record HoldoutRow(IReadOnlyList<float> Features, int Label);
