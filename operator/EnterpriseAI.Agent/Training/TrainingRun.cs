using System.Globalization;
using System.Text.Json;
using EnterpriseAI.Agent.Onnx;
using EnterpriseAI.Agent.Parallel;

namespace EnterpriseAI.Agent.Training;

/// <summary>One worker's part of <c>agent train</c>, from the data to the files.</summary>
internal sealed class TrainingRun(AgentHost host, TrainOptions options, GroupTimeouts timeouts)
{
    /// <exception cref="AgentFailure">Bad input, a lost worker, or an output that cannot be written.</exception>
    public async Task<TrainResult> RunAsync(CancellationToken cancellationToken)
    {
        var environment = RankEnvironment.Read(host.Environment);
        var table = await TableReader.ReadAsync(options.Data, cancellationToken);
        var set = TrainingSet.Prepare(table, options);
        var trainer = new DataParallelTrainer(set, options, environment.Rank, environment.WorldSize);
        if (trainer.Classifier.ParameterCount > Classifier.MaxParameters)
        {
            throw AgentFailure.BadInput(
                "ModelTooLarge", $"--hidden: the model would have {trainer.Classifier.ParameterCount} parameters, allowed are {Classifier.MaxParameters}; lower --hidden or name fewer --features");
        }

        host.Say($"rank {environment.Rank} of {environment.WorldSize}: {set.TrainingInputs.Length} training rows, {set.HeldOutInputs.Length} held out, "
                 + $"classes {string.Join(", ", set.Labels.Classes)}; features {string.Join(", ", set.Preprocessing.Features.Select(feature => feature.Name))}");
        await using var group = await JoinAsync(environment, trainer.VectorLength, set, cancellationToken);
        try
        {
            var model = await trainer.TrainAsync(group, Report, cancellationToken);
            var evaluation = environment.Rank == 0 ? await PublishAsync(model, set, cancellationToken) : null;
            await group.FinishAsync(cancellationToken);
            return new TrainResult(
                environment.Rank,
                environment.WorldSize,
                environment.Rank == 0 ? options.Output : null,
                set.TrainingInputs.Length,
                set.HeldOutInputs.Length,
                [.. set.Preprocessing.Features.Select(feature => feature.Name)],
                set.Labels.Classes,
                evaluation);
        }
        catch (Exception exception)
        {
            await group.AbortAsync(exception is OperationCanceledException ? "it was told to stop" : exception.Message);
            throw;
        }
    }

    private async Task<IParameterGroup> JoinAsync(RankEnvironment environment, int vectorLength, TrainingSet set, CancellationToken cancellationToken)
    {
        if (environment.WorldSize == 1)
        {
            return new SingleProcessGroup();
        }

        var hello = new Hello(environment.Rank, environment.WorldSize, vectorLength, set.Fingerprint(options));
        return environment.Rank == 0
            ? await CoordinatorGroup.GatherAsync(environment, hello, timeouts, host.Say, cancellationToken)
            : await WorkerGroup.JoinAsync(environment, hello, timeouts, host.Say, cancellationToken);
    }

    private void Report(EpochSummary summary)
    {
        var report = new ProgressReport(new ProgressDetails(
            Math.Round(100.0 * summary.Epoch / summary.Epochs, 1),
            new Dictionary<string, double>
            {
                ["epoch"] = summary.Epoch,
                ["loss"] = Math.Round(summary.Loss, 6),
                ["accuracy"] = Math.Round(summary.Accuracy, 6),
            }));
        host.Say(JsonSerializer.Serialize(report, AgentJson.Readable.ProgressReport));
    }

    private async Task<EvaluationMetric[]> PublishAsync(TrainedModel model, TrainingSet set, CancellationToken cancellationToken)
    {
        var evaluation = Evaluation.Measure(
            [.. set.HeldOutInputs.Select(input => model.Predict(input))], set.HeldOutLabels, model.LabelColumn, model.Classes, options.DatasetName);
        var holdout = new HoldoutFile(
            [.. set.Preprocessing.Features.Select(feature => feature.Name)],
            model.Classes,
            [.. set.HeldOutInputs.Zip(set.HeldOutLabels, (input, expected) => new HoldoutRow(set.Preprocessing.Imputed(input), expected))]);
        var graph = ClassifierGraph.Build(model, set.TrainingInputs, options.Defect);
        var written = await ModelFolder.WriteAsync(
            options.Output,
            new Dictionary<string, byte[]>
            {
                [ModelFolder.EvaluationFile] = JsonSerializer.SerializeToUtf8Bytes(evaluation, AgentJson.Readable.EvaluationMetricArray),
                [ModelFolder.HoldoutFile] = JsonSerializer.SerializeToUtf8Bytes(holdout, AgentJson.Readable.HoldoutFile),
                [ModelFolder.ModelFile] = OnnxWriter.Write(graph),
            },
            cancellationToken);
        host.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"rank 0: held-out accuracy {evaluation[0].Value:0.####}, macro F1 {evaluation[1].Value:0.####}; {(written ? "written to" : "nothing changed in")} {options.Output}"));
        return evaluation;
    }
}
