using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>How a request ended, for the metrics of one model.</summary>
/// <param name="Queue">Time it waited for the model.</param>
/// <param name="Input">Time to read and check it.</param>
/// <param name="Infer">Time the model ran.</param>
/// <param name="Output">Time to write the response.</param>
internal readonly record struct InferTimes(TimeSpan Queue, TimeSpan Input, TimeSpan Infer, TimeSpan Output);

/// <summary>Counts what happens to one version of a model.</summary>
/// <remarks>Counters are read when they are scraped: to record each change takes longer than a small model's other bookkeeping together.</remarks>
internal sealed class ModelMetrics(ModelServerMetrics metrics, string model, string version)
{
    private readonly KeyValuePair<string, object?> _modelName = new("model_name", model);
    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);
    private long _success, _inferences, _executions, _requestTime, _queueTime, _inputTime, _inferTime, _outputTime;
    private int _pending;
    private volatile Func<long>? _memory;

    public long Success => Interlocked.Read(ref _success);

    public long Inferences => Interlocked.Read(ref _inferences);

    public long Executions => Interlocked.Read(ref _executions);

    public long RequestTime => Interlocked.Read(ref _requestTime);

    public long QueueTime => Interlocked.Read(ref _queueTime);

    public long InputTime => Interlocked.Read(ref _inputTime);

    public long InferTime => Interlocked.Read(ref _inferTime);

    public long OutputTime => Interlocked.Read(ref _outputTime);

    /// <summary>The labels <c>model</c> and <c>version</c>.</summary>
    public KeyValuePair<string, object?>[] Labels { get; } = [new("model", model), new("version", version)];

    /// <summary>Requests that wait for the model now.</summary>
    public int Pending => Volatile.Read(ref _pending);

    /// <summary>The bytes that the loaded model holds; null while none is loaded.</summary>
    public long? Memory => _memory?.Invoke();

    /// <summary>From now on this tells what the model holds.</summary>
    public void Loaded(Func<long> memory) => _memory = memory;

    /// <summary>This does not tell it any more, unless a later one does already.</summary>
    public void Freed(Func<long> memory) => Interlocked.CompareExchange(ref _memory, null, memory);

    /// <summary>More requests wait for the model, or fewer.</summary>
    public void PendingChanged(int by) => Interlocked.Add(ref _pending, by);

    /// <summary>The model ran.</summary>
    /// <param name="rows">The rows of its batch.</param>
    public void Executed(long rows)
    {
        Interlocked.Increment(ref _executions);
        metrics.BatchSize.Record(rows, Labels);
    }

    public void Succeeded(long batch, InferTimes times)
    {
        Interlocked.Increment(ref _success);
        Interlocked.Add(ref _inferences, batch);
        Interlocked.Add(ref _requestTime, Microseconds(times.Queue + times.Input + times.Infer + times.Output));
        Interlocked.Add(ref _queueTime, Microseconds(times.Queue));
        Interlocked.Add(ref _inputTime, Microseconds(times.Input));
        Interlocked.Add(ref _inferTime, Microseconds(times.Infer));
        Interlocked.Add(ref _outputTime, Microseconds(times.Output));
        metrics.Preprocess.Record(times.Input.TotalSeconds, _modelName);
        metrics.Predict.Record(times.Infer.TotalSeconds, _modelName);
        metrics.Postprocess.Record(times.Output.TotalSeconds, _modelName);
    }

    /// <param name="reason"><c>REJECTED</c> (the request's fault), <c>BACKEND</c> (the model's) or <c>CANCELED</c>.</param>
    public void Failed(string reason) =>
        Interlocked.Increment(ref _failures.GetOrAdd(reason, static (reason, labels) => new Failures([.. labels, new("reason", reason)]), Labels).Count);

    /// <summary>Failed requests by reason.</summary>
    public IEnumerable<Measurement<long>> FailuresByReason => _failures.Values.Select(static failures => new Measurement<long>(Interlocked.Read(ref failures.Count), failures.Labels));

    private sealed class Failures(KeyValuePair<string, object?>[] labels)
    {
        public long Count;

        public KeyValuePair<string, object?>[] Labels { get; } = labels;
    }

    private static long Microseconds(TimeSpan time) => (long)time.TotalMicroseconds;
}
