using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Metrics under the names that dashboards for KServe's and Triton's model servers read.</summary>
internal sealed class ModelServerMetrics : IDisposable
{
    public const string MeterName = "EnterpriseAI.ModelServer";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<long> Rows = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] };

    private readonly Meter _meter = new(MeterName);
    private readonly ConcurrentDictionary<(string Model, string Version), ModelMetrics> _models = new();

    public ModelServerMetrics()
    {
        Preprocess = _meter.CreateHistogram("request_preprocess_seconds", "s", "Time to read and check a request.", advice: Seconds);
        Predict = _meter.CreateHistogram("request_predict_seconds", "s", "Time the model ran.", advice: Seconds);
        Postprocess = _meter.CreateHistogram("request_postprocess_seconds", "s", "Time to write a response.", advice: Seconds);
        Count("nv_inference_request_success", "Requests that were answered.", static model => model.Success);
        _meter.CreateObservableCounter("nv_inference_request_failure", () => _models.Values.SelectMany(static model => model.FailuresByReason), description: "Requests that failed, by reason.");
        Count("nv_inference_count", "Inferences, a batch of n counted n times.", static model => model.Inferences);
        Count("nv_inference_exec_count", "Executions of the model.", static model => model.Executions);
        BatchSize = _meter.CreateHistogram("inference_batch_size", description: "Rows of the batches that the model ran.", advice: Rows);
        Count("nv_inference_request_duration_us", "Sum of the times of requests, in microseconds.", static model => model.RequestTime);
        Count("nv_inference_queue_duration_us", "Sum of the times requests waited for the model, in microseconds.", static model => model.QueueTime);
        Count("nv_inference_compute_input_duration_us", "Sum of the times to read requests, in microseconds.", static model => model.InputTime);
        Count("nv_inference_compute_infer_duration_us", "Sum of the times the model ran, in microseconds.", static model => model.InferTime);
        Count("nv_inference_compute_output_duration_us", "Sum of the times to write responses, in microseconds.", static model => model.OutputTime);
        _meter.CreateObservableGauge("nv_inference_pending_request_count",
            () => _models.Values.Select(static model => new Measurement<int>(model.Pending, model.Labels)), description: "Requests that wait for the model.");
        _meter.CreateObservableGauge("inference_session_memory_bytes", SessionMemory, description: "Memory that ONNX Runtime holds for a model's weights and runs on the CPU; the size of its files where that is not counted.");
    }

    private void Count(string name, string description, Func<ModelMetrics, long> read) =>
        _meter.CreateObservableCounter(name, () => _models.Values.Select(model => new Measurement<long>(read(model), model.Labels)), description: description);

    private IEnumerable<Measurement<long>> SessionMemory()
    {
        foreach (var model in _models.Values)
        {
            if (model.Memory is { } bytes)
                yield return new Measurement<long>(bytes, model.Labels);
        }
    }

    internal Histogram<double> Preprocess { get; }
    internal Histogram<double> Predict { get; }
    internal Histogram<double> Postprocess { get; }
    internal Histogram<long> BatchSize { get; }

    /// <summary>The metrics of one model, the same ones however often it is loaded.</summary>
    public ModelMetrics Of(string model, string? version) =>
        _models.GetOrAdd((model, version ?? ""), static (key, metrics) => new ModelMetrics(metrics, key.Model, key.Version), this);

    public void Dispose() => _meter.Dispose();
}
