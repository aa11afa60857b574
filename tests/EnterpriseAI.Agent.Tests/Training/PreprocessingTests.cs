using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent.Tests.Training;

public sealed class PreprocessingTests
{
    private static readonly TrainingTable Table = new(
        "rows.json",
        [
            new TextColumn("label", ["a", "b", "a", "b", null]),
            new NumericColumn("size", [1, 3, double.NaN, 100, 5]),
            new TextColumn("colour", ["red", null, "red", "blue", "green"]),
            new NumericColumn("constant", [7, 7, 7, 7, 7]),
        ],
        5);

    [Test]
    public void Only_training_rows_are_learned_from()
    {
        var features = Preprocessing.Fit(Table, "label", ["size", "colour"], [0, 1, 2]).Features;

        Assert.That(features[0], Is.EqualTo(new NumericFeature("size", 2, 1)));
        Assert.That(((CategoricalFeature)features[1]).Categories, Is.EqualTo((string[])["red"]));
    }

    [Test]
    public void A_missing_number_counts_as_the_mean_and_a_missing_word_as_the_most_frequent()
    {
        var preprocessing = Preprocessing.Fit(Table, "label", ["size", "colour"], [0, 1, 2, 3]);

        Assert.That(preprocessing.Encode([float.NaN, float.NaN]), Is.EqualTo((double[])[0, 0, 1]));
        Assert.That(preprocessing.Imputed([float.NaN, float.NaN]), Is.EqualTo((float[])[104f / 3, 1]));
    }

    [Test]
    public void A_word_that_training_never_saw_is_no_category()
    {
        var preprocessing = Preprocessing.Fit(Table, "label", ["colour"], [0, 1, 2, 3]);

        Assert.That(preprocessing.Encode(preprocessing.Input(Table, 4)), Is.EqualTo((double[])[0, 0]));
    }

    [Test]
    public void A_constant_column_does_not_divide_by_zero()
        => Assert.That(Preprocessing.Fit(Table, "label", ["constant"], [0, 1]).Encode([7]), Is.EqualTo((double[])[0]));

    [Test]
    public void Auto_takes_every_usable_column_but_the_label()
        => Assert.That(
            Preprocessing.Fit(Table, "label", ["auto"], [0, 1, 2, 3]).Features.Select(feature => feature.Name),
            Is.EqualTo((string[])["size", "colour", "constant"]));

    [Test]
    public void An_unknown_feature_is_named_together_with_those_there_are()
        => Assert.That(
            () => Preprocessing.Fit(Table, "label", ["seize"], [0]),
            Throws.TypeOf<AgentFailure>().With.Message.Contain("'seize'").And.Message.Contain("'size'").And.Message.Contain("--features"));

    [Test]
    public void The_label_cannot_be_a_feature()
        => Assert.That(() => Preprocessing.Fit(Table, "label", ["label"], [0]), Throws.TypeOf<AgentFailure>().With.Message.Contain("is the label"));

    [Test]
    public void Every_class_is_held_out_in_its_proportion_and_rows_without_a_label_are_left_out()
    {
        string?[] labels = [.. Enumerable.Repeat("rare", 8), .. Enumerable.Repeat("common", 40), null, null];
        var table = new TrainingTable("rows.json", [new TextColumn("label", labels)], labels.Length);

        var rows = LabelledRows.Of(table, "label");
        var (training, heldOut) = rows.Split(0.25, 3);

        Assert.That(heldOut.Count(row => labels[row] == "rare"), Is.EqualTo(2));
        Assert.That(heldOut.Count(row => labels[row] == "common"), Is.EqualTo(10));
        Assert.That(training.Concat(heldOut).Order(), Is.EqualTo(Enumerable.Range(0, 48)));
        Assert.That(rows.Split(0.25, 3).HeldOut, Is.EqualTo(heldOut));
    }

    [Test]
    public void A_label_with_one_value_is_no_label()
        => Assert.That(
            () => LabelledRows.Of(new TrainingTable("rows.json", [new TextColumn("label", ["a", "a"])], 2), "label"),
            Throws.TypeOf<AgentFailure>().With.Message.Contain("'label' of rows.json has 1 distinct values"));

    [Test]
    public void Metrics_are_those_of_the_confusion_matrix()
    {
        double[][] probabilities = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]];

        var metrics = Evaluation.Measure(probabilities, [0, 0, 1, 1], "kind", ["x", "y"], "rows").ToDictionary(metric => (metric.Metric, metric.Slice), metric => metric.Value);

        Assert.That(metrics[("accuracy", null)], Is.EqualTo(0.75));
        Assert.That(metrics[("macro_f1", null)], Is.EqualTo(((2.0 / 3) + 0.8) / 2).Within(1e-6));
        Assert.That(metrics[("log_loss", null)], Is.EqualTo(-(Math.Log(0.9) + Math.Log(0.4) + Math.Log(0.8) + Math.Log(0.7)) / 4).Within(1e-6));
        Assert.That(metrics[("recall", "kind=x")], Is.EqualTo(0.5));
        Assert.That(metrics[("recall", "kind=y")], Is.EqualTo(1));
    }
}
