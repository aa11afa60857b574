namespace EnterpriseAI.ModelServer.Serving;

/// <summary>How a request ended, for the metrics of one model.</summary>
/// <param name="Queue">Time it waited for the model.</param>
/// <param name="Input">Time to read and check it.</param>
/// <param name="Infer">Time the model ran.</param>
/// <param name="Output">Time to write the response.</param>
internal readonly record struct InferTimes(TimeSpan Queue, TimeSpan Input, TimeSpan Infer, TimeSpan Output);

/// <summary>Counts what happens to one version of a model.</summary>
internal sealed class ModelMetrics(ModelServerMetrics metrics, string model, string version)
{
    private readonly KeyValuePair<string, object?> _modelName = new("model_name", model);
    private int _pending;

    /// <summary>The labels <c>model</c> and <c>version</c>.</summary>
    public KeyValuePair<string, object?>[] Labels { get; } = [new("model", model), new("version", version)];

    /// <summary>Requests that wait for the model now.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>More requests wait for the model, or fewer.</summary>
    public void PendingChanged(int by) => Interlocked.Add(ref _pending, by);

    /// <summary>The model ran.</summary>
    /// <param name="rows">The rows of its batch.</param>
    public void Executed(long rows)
    {
        metrics.Executions.Add(1, Labels);
        metrics.BatchSize.Record(rows, Labels);
    }

    public void Succeeded(long batch, InferTimes times)
    {
        metrics.Success.Add(1, Labels);
        metrics.Inferences.Add(batch, Labels);
        metrics.RequestTime.Add(Microseconds(times.Queue + times.Input + times.Infer + times.Output), Labels);
        metrics.QueueTime.Add(Microseconds(times.Queue), Labels);
        metrics.InputTime.Add(Microseconds(times.Input), Labels);
        metrics.InferTime.Add(Microseconds(times.Infer), Labels);
        metrics.OutputTime.Add(Microseconds(times.Output), Labels);
        metrics.Preprocess.Record(times.Input.TotalSeconds, _modelName);
        metrics.Predict.Record(times.Infer.TotalSeconds, _modelName);
        metrics.Postprocess.Record(times.Output.TotalSeconds, _modelName);
    }

    /// <param name="reason"><c>REJECTED</c> (the request's fault), <c>BACKEND</c> (the model's) or <c>CANCELED</c>.</param>
    public void Failed(string reason) => metrics.Failure.Add(1, [.. Labels, new("reason", reason)]);

    private static long Microseconds(TimeSpan time) => (long)time.TotalMicroseconds;
}
