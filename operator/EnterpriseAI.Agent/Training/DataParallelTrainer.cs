using EnterpriseAI.Agent.Parallel;

namespace EnterpriseAI.Agent.Training;

/// <summary>How far a training is, over all workers.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Epochs">How many there will be.</param>
/// <param name="Loss">Mean cross-entropy on the training rows, in nats, as met during the epoch.</param>
/// <param name="Accuracy">Share of the training rows classified correctly, as met during the epoch.</param>
internal readonly record struct EpochSummary(int Epoch, int Epochs, double Loss, double Accuracy);

/// <summary>
/// Trains by stochastic gradient descent with momentum on this worker's share of the rows, and averages the
/// parameters with the other workers after each epoch, or every few steps.
/// </summary>
/// <remarks>Guarantees: the same data, options and number of workers give the same parameters, bit for bit.</remarks>
internal sealed class DataParallelTrainer(TrainingSet set, TrainOptions options, int rank, int worldSize)
{
    private const double Momentum = 0.9;
    private const double WeightDecay = 1e-4;

    // Summed loss, correct rows and rows travel with the parameters: the mean over workers keeps their ratios.
    private const int StatisticsLength = 3;

    private readonly double[][] _rows = [.. set.TrainingInputs.Select(input => set.Preprocessing.Encode(input))];

    public Classifier Classifier { get; } = new(set.Preprocessing.Width, options.Hidden, set.Labels.Classes.Length);

    /// <summary>How many numbers are averaged each time.</summary>
    public int VectorLength => Classifier.ParameterCount + StatisticsLength;

    /// <exception cref="AgentFailure">A worker was lost, or the training diverged.</exception>
    public async Task<TrainedModel> TrainAsync(IParameterGroup group, Action<EpochSummary> report, CancellationToken cancellationToken)
    {
        var count = Classifier.ParameterCount;
        var vector = new double[VectorLength];
        Classifier.Initialize(new Random(options.Seed)).CopyTo(vector, 0);
        var velocity = new double[count];
        var gradient = new double[count];
        var random = new Random(unchecked((options.Seed * 31) + rank));
        int[] shard = [.. Enumerable.Range(0, _rows.Length).Where(row => row % worldSize == rank)];

        // Counted on the largest share, so that every worker averages equally often.
        var steps = Math.Max(1, (int)Math.Ceiling(Math.Ceiling((double)_rows.Length / worldSize) / options.BatchSize));
        for (var epoch = 1; epoch <= options.Epochs; epoch++)
        {
            random.Shuffle(shard);
            vector.AsSpan(count).Clear();
            for (var step = 0; step < steps; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var from = Math.Min(step * options.BatchSize, shard.Length);
                var batch = shard.AsMemory(from, Math.Min(options.BatchSize, shard.Length - from));
                if (!batch.IsEmpty)
                {
                    Step(vector, velocity, gradient, batch.Span);
                }

                var last = step == steps - 1;
                if (last || (options.SyncEvery > 0 && (step + 1) % options.SyncEvery == 0))
                {
                    await AverageAsync(group, vector, last, cancellationToken);
                }
            }

            var (loss, correct, rows) = (vector[count], vector[count + 1], vector[count + 2]);
            report(new EpochSummary(epoch, options.Epochs, loss / rows, correct / rows));
        }

        return new TrainedModel(set.Preprocessing, Classifier, vector[..count], set.Labels.Column, set.Labels.Classes);
    }

    private void Step(double[] vector, double[] velocity, double[] gradient, ReadOnlySpan<int> batch)
    {
        var count = gradient.Length;
        var parameters = vector.AsSpan(0, count);
        var (lossSum, correct) = Classifier.Gradient(parameters, _rows, set.TrainingLabels, batch, WeightDecay, gradient);
        for (var i = 0; i < count; i++)
        {
            velocity[i] = (Momentum * velocity[i]) - (options.LearningRate * gradient[i]);
            parameters[i] += velocity[i];
        }

        vector[count] += lossSum;
        vector[count + 1] += correct;
        vector[count + 2] += batch.Length;
    }

    private async Task AverageAsync(IParameterGroup group, double[] vector, bool last, CancellationToken cancellationToken)
    {
        var count = Classifier.ParameterCount;
        if (!Array.TrueForAll(vector, double.IsFinite))
        {
            throw AgentFailure.BadInput("Diverged", $"--learning-rate: the training diverged at {options.LearningRate:R}; lower it");
        }

        // Within an epoch the statistics stay this worker's own sums; averaged twice they would count double.
        var own = vector[count..];
        await group.AverageAsync(vector, cancellationToken);
        if (!last)
        {
            own.CopyTo(vector, count);
        }
    }
}
