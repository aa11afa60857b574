using EnterpriseAI.Agent.Training;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Agent.Tests.Training;

public sealed class ClassifierTests
{
    [Test]
    public void The_gradient_equals_finite_differences_of_the_loss()
        => Prop.ForAll(
                Gen.Choose(1, 5).SelectMany(inputs => Gen.Choose(0, 4).SelectMany(hidden => Gen.Choose(2, 4).SelectMany(classes =>
                    Gen.Choose(0, 100_000).Select(seed => (inputs, hidden, classes, seed))))).ToArbitrary(),
                shape => GradientError(shape.inputs, shape.hidden, shape.classes, shape.seed) < 1e-5)
            .QuickCheckThrowOnFailure();

    [Test]
    public void Parameters_are_split_into_ranges_without_gap_or_overlap([Values(0, 1, 7)] int hidden)
    {
        var classifier = new Classifier(3, hidden, 4);
        int[] places = [.. Enumerable.Range(0, classifier.ParameterCount)];

        Assert.That(
            (int[])[.. places[classifier.HiddenWeights], .. hidden > 0 ? places[classifier.HiddenBiases] : [], .. places[classifier.OutputWeights], .. places[classifier.OutputBiases]],
            Is.EqualTo(places));
    }

    [Test]
    public void Probabilities_are_finite_and_sum_to_one_even_for_extreme_inputs()
    {
        var classifier = new Classifier(2, 3, 3);
        var parameters = classifier.Initialize(new Random(1));

        var probabilities = classifier.Predict(parameters, [1e6, -1e6]);

        Assert.That(probabilities, Has.All.Matches<double>(double.IsFinite));
        Assert.That(probabilities.Sum(), Is.EqualTo(1).Within(1e-12));
    }

    // The largest difference, relative to the gradient's size. Rows are kept off the kink of the rectifier, where
    // there is no derivative to compare with.
    private static double GradientError(int inputs, int hidden, int classes, int seed)
    {
        const double Decay = 0.01;
        const double Step = 1e-6;
        var random = new Random(seed);
        var classifier = new Classifier(inputs, hidden, classes);
        var parameters = classifier.Initialize(random);
        double[][] rows = [.. Enumerable.Range(0, 6).Select(_ => Enumerable.Range(0, inputs).Select(_ => (random.NextDouble() * 4) - 2).ToArray())];
        int[] labels = [.. rows.Select(_ => random.Next(classes))];
        int[] batch = [0, 1, 2, 3, 4, 5];
        var gradient = new double[classifier.ParameterCount];
        classifier.Gradient(parameters, rows, labels, batch, Decay, gradient);
        var worst = 0.0;
        for (var i = 0; i < parameters.Length; i++)
        {
            var kept = parameters[i];
            parameters[i] = kept + Step;
            var above = Loss();
            parameters[i] = kept - Step;
            var below = Loss();
            parameters[i] = kept;
            worst = Math.Max(worst, Math.Abs(((above - below) / (2 * Step)) - gradient[i]) / Math.Max(1, Math.Abs(gradient[i])));
        }

        return worst;

        double Loss()
        {
            var (sum, _) = classifier.Gradient(parameters, rows, labels, batch, Decay, new double[classifier.ParameterCount]);
            var squares = parameters[classifier.HiddenWeights].Concat(parameters[classifier.OutputWeights]).Sum(weight => weight * weight);
            return (sum / batch.Length) + (Decay / 2 * squares);
        }
    }
}
