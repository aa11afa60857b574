using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.Agent.Training;

/// <summary>Everything a worker needs before the first step, the same on every worker.</summary>
internal sealed record TrainingSet(
    TrainingTable Table,
    LabelledRows Labels,
    Preprocessing Preprocessing,
    float[][] TrainingInputs,
    int[] TrainingLabels,
    float[][] HeldOutInputs,
    int[] HeldOutLabels)
{
    // Apart from the split's seed: the same seed must not tie the shuffled labels to the order of the split.
    private const int ShuffleSeedOffset = 7919;

    /// <exception cref="AgentFailure">The label or a feature cannot be used.</exception>
    public static TrainingSet Prepare(TrainingTable table, TrainOptions options)
    {
        var labels = LabelledRows.Of(table, options.Label);
        var (training, heldOut) = labels.Split(options.Holdout, options.Seed);
        var preprocessing = Preprocessing.Fit(table, options.Label, options.Features, training);
        int[] trainingLabels = [.. training.Select(row => labels.ClassOf[row])];
        if (options.ShuffleLabels)
        {
            new Random(options.Seed + ShuffleSeedOffset).Shuffle(trainingLabels);
        }

        return new TrainingSet(
            table,
            labels,
            preprocessing,
            [.. training.Select(row => preprocessing.Input(table, row))],
            trainingLabels,
            [.. heldOut.Select(row => preprocessing.Input(table, row))],
            [.. heldOut.Select(row => labels.ClassOf[row])]);
    }

    /// <summary>SHA-256 over the data and every option that changes the result.</summary>
    public byte[] Fingerprint(TrainOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Epochs}|{options.LearningRate:R}|{options.Hidden}|{options.BatchSize}|{options.SyncEvery}|{options.Seed}|{options.Holdout:R}|{options.ShuffleLabels}")));
        foreach (var name in Labels.Classes.Concat(Preprocessing.Features.Select(feature => feature.Name)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData([0]);
        }

        hash.AppendData(MemoryMarshal.AsBytes(TrainingLabels.AsSpan()));
        foreach (var input in TrainingInputs)
        {
            hash.AppendData(MemoryMarshal.AsBytes(input.AsSpan()));
        }

        return hash.GetHashAndReset();
    }
}
