namespace EnterpriseAI.Agent.Training;

/// <summary>One entry of <c>evaluation.json</c>.</summary>
/// <param name="Metric"><c>accuracy</c>, <c>macro_f1</c>, <c>log_loss</c> (nats) or <c>recall</c>.</param>
/// <param name="Value">Rounded to six decimals.</param>
/// <param name="Dataset">The name of the data it was measured on.</param>
/// <param name="Slice">The part of the data, as <c>label=class</c>; null for all of it.</param>
public sealed record EvaluationMetric(string Metric, double Value, string Dataset, string? Slice);

/// <summary>Measures a classifier on rows it was not trained on.</summary>
internal static class Evaluation
{
    // A class that was given no probability at all would make the mean infinite, which JSON cannot carry.
    private const double SmallestProbability = 1e-15;

    public static EvaluationMetric[] Measure(
        IReadOnlyList<double[]> probabilities, IReadOnlyList<int> labels, string labelColumn, IReadOnlyList<string> classes, string dataset)
    {
        var correct = new int[classes.Count];
        var actual = new int[classes.Count];
        var predicted = new int[classes.Count];
        var lossSum = 0.0;
        for (var i = 0; i < labels.Count; i++)
        {
            var prediction = Classifier.ArgMax(probabilities[i]);
            actual[labels[i]]++;
            predicted[prediction]++;
            correct[prediction] += prediction == labels[i] ? 1 : 0;
            lossSum -= Math.Log(Math.Max(probabilities[i][labels[i]], SmallestProbability));
        }

        var present = Enumerable.Range(0, classes.Count).Where(c => actual[c] > 0).ToArray();
        return
        [
            Metric("accuracy", (double)correct.Sum() / labels.Count, null),
            Metric("macro_f1", present.Average(c => 2.0 * correct[c] / (actual[c] + predicted[c])), null),
            Metric("log_loss", lossSum / labels.Count, null),
            .. present.Select(c => Metric("recall", (double)correct[c] / actual[c], $"{labelColumn}={classes[c]}")),
        ];

        EvaluationMetric Metric(string name, double value, string? slice) => new(name, Math.Round(value, 6), dataset, slice);
    }
}
