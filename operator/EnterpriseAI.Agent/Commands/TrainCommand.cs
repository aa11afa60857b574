using System.CommandLine;
using EnterpriseAI.Agent.Parallel;
using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent.Commands;

/// <summary><c>agent train</c>.</summary>
internal static class TrainCommand
{
    private const int MaxHidden = 4096;
    private const string TrainDescription =
        """
        Trains a softmax classifier (one hidden layer) and writes model.onnx, evaluation.json and holdout.json.

        Data-parallel over the environment MASTER_ADDR, MASTER_PORT, WORLD_SIZE and RANK: every worker trains on its share of the rows, and the parameters are averaged after each epoch. Without these variables one process trains alone. The same seed and number of workers give the same bytes.

        Numeric features are standardised; words become one input per category (in the model: the word's place in its list of categories). A missing value counts as the training mean, or the most frequent word. Rows without a label are left out.
        """;

    public static Command Create(AgentHost host)
    {
        var data = Arguments.RequiredText("--data", "FILE", $"The rows: {TableReader.Formats}.");
        var label = Arguments.RequiredText("--label", "COLUMN", "The column to predict.");
        var output = Arguments.RequiredText("--output", "FOLDER", "Where rank 0 writes the model.");
        var features = new Option<string[]>("--features")
        {
            Description = $"Columns to predict from, separated by commas; may be given several times. 'auto' is every other column with numbers or with 2 to {Preprocessing.MaxCategories} distinct words.",
            HelpName = "A,B,C|auto",
            DefaultValueFactory = _ => ["auto"],
        };
        var epochs = Arguments.WholeNumber("--epochs", "How often each row is used.", 60, 1, 100_000);
        var learningRate = Arguments.Number("--learning-rate", "Size of a gradient step.", 0.05, 0, 100);
        var hidden = Arguments.WholeNumber("--hidden", "Width of the hidden layer; 0 for none.", 16, 0, MaxHidden);
        var batchSize = Arguments.WholeNumber("--batch-size", "Rows per gradient step on each worker.", 16, 1, 1_000_000);
        var syncEvery = Arguments.WholeNumber("--sync-every", "Steps between two averagings; 0 for one per epoch.", 0, 0, 1_000_000);
        var seed = Arguments.WholeNumber("--seed", "Decides the split, the starting parameters and the order of rows.", 42, 0, int.MaxValue / 64);
        var holdout = Arguments.Number("--holdout", "Share of each class kept for evaluation.", 0.25, 0, 0.9);
        var shuffleLabels = Arguments.Flag(
            "--shuffle-labels", "Trains on labels dealt out at random, evaluates on the true ones: a model that is worthless on purpose.");
        var defect = Arguments.Choice(
            "--defect",
            "A fault built into the exported model on purpose, so that a canary has something real to catch. The model loads, verifies and is evaluated as usual. "
            + "IndexOutOfRange: about a third of real inputs fail at run time. Slow: every inference takes 150 ms or more.",
            ModelDefect.None);
        var datasetName = Arguments.Text("--dataset-name", "NAME", "Name of the data in evaluation.json. Default: the file's name without suffix.");
        var rendezvous = Arguments.Duration("--rendezvous-timeout", "How long the workers look for each other. [default: 120s]");
        var peer = Arguments.Duration("--peer-timeout", "How long a worker waits for another's parameters; longer than the slowest worker's epoch. [default: 60s]");
        var terminationLog = TerminationLog.Option();
        var command = new Command("train", TrainDescription)
        {
            data, label, output, features, epochs, learningRate, hidden, batchSize, syncEvery, seed, holdout,
            shuffleLabels, defect, datasetName, rendezvous, peer, terminationLog,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(data);
            var options = new TrainOptions
            {
                Data = path,
                Label = parsed.GetRequiredValue(label),
                Output = parsed.GetRequiredValue(output),
                Features = SplitNames(parsed.GetRequiredValue(features)),
                Epochs = (int)parsed.GetValue(epochs),
                LearningRate = parsed.GetValue(learningRate),
                Hidden = (int)parsed.GetValue(hidden),
                BatchSize = (int)parsed.GetValue(batchSize),
                SyncEvery = (int)parsed.GetValue(syncEvery),
                Seed = (int)parsed.GetValue(seed),
                Holdout = parsed.GetValue(holdout),
                ShuffleLabels = parsed.GetValue(shuffleLabels),
                Defect = parsed.GetValue(defect),
                DatasetName = parsed.GetValue(datasetName) ?? Path.GetFileNameWithoutExtension(path),
            };
            var timeouts = new GroupTimeouts(
                parsed.GetValue(rendezvous) ?? TimeSpan.FromSeconds(120), parsed.GetValue(peer) ?? TimeSpan.FromSeconds(60), host.Time);
            return CommandRun.RunAsync(
                host,
                parsed.GetValue(terminationLog),
                AgentJson.Readable.TrainResult,
                token => new TrainingRun(host, options, timeouts).RunAsync(token),
                cancellationToken);
        });
        return command;
    }

    private static string[] SplitNames(string[] values)
        => [.. values.SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal)];
}
