using EnterpriseAI.Agent.Onnx;
using EnterpriseAI.Agent.Parallel;
using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent.Tests.Onnx;

public sealed class ClassifierGraphTests
{
    [Test]
    public async Task The_graph_predicts_what_the_trained_classifier_predicts([Values(0, 8)] int hidden)
    {
        var (model, set) = await TrainAsync(hidden);

        var parsed = ParsedModel.Parse(OnnxWriter.Write(ClassifierGraph.Build(model, set.TrainingInputs, ModelDefect.None)));

        foreach (var input in set.HeldOutInputs.Concat([[float.NaN, float.NaN, float.NaN], [5, 99, 0]]))
        {
            var expected = model.Predict(input);
            var (label, probabilities) = RowEvaluator.Run(parsed, input);
            Assert.That(probabilities, Is.EqualTo(expected).Within(1e-5));
            Assert.That(label, Is.EqualTo(Classifier.ArgMax(expected)));
        }
    }

    [Test]
    public async Task The_file_has_the_documented_interface()
    {
        var (model, set) = await TrainAsync(hidden: 4);

        var parsed = ParsedModel.Parse(OnnxWriter.Write(ClassifierGraph.Build(model, set.TrainingInputs, ModelDefect.None)));

        Assert.That((parsed.IrVersion, parsed.OperatorSet), Is.EqualTo((8L, 17L)));
        Assert.That(parsed.Inputs.Select(Describe), Is.EqualTo((string[])["input:1[N,3]"]));
        Assert.That(parsed.Outputs.Select(Describe), Is.EqualTo((string[])["label:7[N]", "probabilities:1[N,2]"]));
        Assert.That(parsed.Metadata["feature_names"], Is.EqualTo("""["size","colour","weight"]"""));
        Assert.That(parsed.Metadata["class_names"], Is.EqualTo("""["large","small"]"""));
        Assert.That(parsed.Metadata["categories"], Is.EqualTo("""{"colour":["blue","red"]}"""));
        Assert.That(parsed.Metadata["label_name"], Is.EqualTo("label"));
        Assert.That(parsed.Metadata, Does.ContainKey("missing_value_substitutes"));
        Assert.That(parsed.Constants.Values, Has.All.Matches<ParsedTensor?>(tensor => tensor is not null
            && tensor.Data.Length == tensor.Dimensions.Aggregate(1L, (product, length) => product * length) * (tensor.Type switch { 1 => 4, 7 => 8, _ => 1 })));
        string[] known = [.. parsed.Constants.Keys, "input"];
        Assert.That(parsed.Nodes.SelectMany(node => node.Inputs).Except(parsed.Nodes.SelectMany(node => node.Outputs)), Is.SubsetOf(known));

        static string Describe(ParsedValue value) => $"{value.Name}:{value.Type}[{string.Join(',', value.Shape)}]";
    }

    [Test]
    public async Task The_lookup_defect_fails_for_a_good_part_of_real_rows_and_changes_nothing_for_the_others()
    {
        var (model, set) = await TrainAsync(hidden: 4);

        var parsed = ParsedModel.Parse(OnnxWriter.Write(ClassifierGraph.Build(model, set.TrainingInputs, ModelDefect.IndexOutOfRange)));

        var failed = 0;
        foreach (var input in set.HeldOutInputs)
        {
            try
            {
                Assert.That(RowEvaluator.Run(parsed, input).Probabilities, Is.EqualTo(model.Predict(input)).Within(1e-5));
            }
            catch (IndexOutOfRangeException)
            {
                failed++;
            }
        }

        Assert.That((double)failed / set.HeldOutInputs.Length, Is.InRange(0.2, 0.4));
    }

    [Test]
    public async Task The_slow_defect_multiplies_large_matrices_that_depend_on_the_input()
    {
        var (model, set) = await TrainAsync(hidden: 0);

        var parsed = ParsedModel.Parse(OnnxWriter.Write(ClassifierGraph.Build(model, set.TrainingInputs, ModelDefect.Slow)));

        Assert.That(parsed.Nodes.Count(node => node.Operator == "MatMul"), Is.GreaterThanOrEqualTo(4));
        Assert.That(parsed.Nodes.Single(node => node.Operator == "ReduceMean" && node.Outputs[0] == "slow_mean").Inputs, Is.EqualTo((string[])["slow_bounded"]));
    }

    private static async Task<(TrainedModel Model, TrainingSet Set)> TrainAsync(int hidden)
    {
        var random = new Random(5);
        const int Rows = 400;
        double[] sizes = [.. Enumerable.Range(0, Rows).Select(_ => random.NextDouble() * 10)];
        var table = new TrainingTable(
            "rows.json",
            [
                new NumericColumn("size", [.. sizes.Select(size => random.Next(20) == 0 ? double.NaN : size)]),
                new TextColumn("colour", [.. sizes.Select(_ => random.Next(10) == 0 ? null : random.Next(2) == 0 ? "red" : "blue")]),
                new NumericColumn("weight", [.. sizes.Select(_ => random.NextDouble())]),
                new TextColumn("label", [.. sizes.Select(size => size > 5 ? "large" : "small")]),
            ],
            Rows);
        var options = new TrainOptions { Data = "rows.json", Label = "label", Output = "unused", DatasetName = "rows", Hidden = hidden, Epochs = 15 };
        var set = TrainingSet.Prepare(table, options);
        await using var alone = new SingleProcessGroup();
        return (await new DataParallelTrainer(set, options, 0, 1).TrainAsync(alone, _ => { }, CancellationToken.None), set);
    }
}
