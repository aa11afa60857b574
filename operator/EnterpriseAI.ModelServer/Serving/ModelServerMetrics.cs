using System.Diagnostics.Metrics;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>How a request ended, for the metrics of one model.</summary>
/// <param name="Queue">Time it waited for the model.</param>
/// <param name="Input">Time to read and check it.</param>
/// <param name="Infer">Time the model ran.</param>
/// <param name="Output">Time to write the response.</param>
internal readonly record struct InferTimes(TimeSpan Queue, TimeSpan Input, TimeSpan Infer, TimeSpan Output);

/// <summary>Metrics under the names that dashboards for KServe's and Triton's model servers read.</summary>
internal sealed class ModelServerMetrics : IDisposable
{
    public const string MeterName = "EnterpriseAI.ModelServer";

    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
    };

    private readonly Meter _meter = new(MeterName);
    private readonly KeyValuePair<string, object?>[] _model;
    private readonly KeyValuePair<string, object?> _modelName;
    private readonly Histogram<double> _preprocess, _predict, _postprocess;
    private readonly Counter<long> _success, _failure, _inferences, _executions, _requestTime, _queueTime, _inputTime, _inferTime, _outputTime;

    /// <param name="model">The value of the labels <c>model</c> and <c>model_name</c>.</param>
    /// <param name="version">The value of the label <c>version</c>.</param>
    /// <param name="pending">How many requests wait now.</param>
    public ModelServerMetrics(string model, string? version, Func<int> pending)
    {
        _model = [new("model", model), new("version", version ?? "")];
        _modelName = new("model_name", model);
        _preprocess = _meter.CreateHistogram("request_preprocess_seconds", "s", "Time to read and check a request.", advice: Seconds);
        _predict = _meter.CreateHistogram("request_predict_seconds", "s", "Time the model ran.", advice: Seconds);
        _postprocess = _meter.CreateHistogram("request_postprocess_seconds", "s", "Time to write a response.", advice: Seconds);
        _success = _meter.CreateCounter<long>("nv_inference_request_success", description: "Requests that were answered.");
        _failure = _meter.CreateCounter<long>("nv_inference_request_failure", description: "Requests that failed, by reason.");
        _inferences = _meter.CreateCounter<long>("nv_inference_count", description: "Inferences, a batch of n counted n times.");
        _executions = _meter.CreateCounter<long>("nv_inference_exec_count", description: "Executions of the model.");
        _requestTime = _meter.CreateCounter<long>("nv_inference_request_duration_us", description: "Sum of the times of requests, in microseconds.");
        _queueTime = _meter.CreateCounter<long>("nv_inference_queue_duration_us", description: "Sum of the times requests waited for the model, in microseconds.");
        _inputTime = _meter.CreateCounter<long>("nv_inference_compute_input_duration_us", description: "Sum of the times to read requests, in microseconds.");
        _inferTime = _meter.CreateCounter<long>("nv_inference_compute_infer_duration_us", description: "Sum of the times the model ran, in microseconds.");
        _outputTime = _meter.CreateCounter<long>("nv_inference_compute_output_duration_us", description: "Sum of the times to write responses, in microseconds.");
        _meter.CreateObservableGauge("nv_inference_pending_request_count", () => new Measurement<int>(pending(), _model), description: "Requests that wait for the model.");
    }

    public void Succeeded(long batch, InferTimes times)
    {
        _success.Add(1, _model);
        _inferences.Add(batch, _model);
        _executions.Add(1, _model);
        _requestTime.Add(Microseconds(times.Queue + times.Input + times.Infer + times.Output), _model);
        _queueTime.Add(Microseconds(times.Queue), _model);
        _inputTime.Add(Microseconds(times.Input), _model);
        _inferTime.Add(Microseconds(times.Infer), _model);
        _outputTime.Add(Microseconds(times.Output), _model);
        _preprocess.Record(times.Input.TotalSeconds, _modelName);
        _predict.Record(times.Infer.TotalSeconds, _modelName);
        _postprocess.Record(times.Output.TotalSeconds, _modelName);
    }

    /// <param name="reason"><c>REJECTED</c> (the request's fault), <c>BACKEND</c> (the model's) or <c>CANCELED</c>.</param>
    public void Failed(string reason) => _failure.Add(1, [.. _model, new("reason", reason)]);

    private static long Microseconds(TimeSpan time) => (long)time.TotalMicroseconds;

    public void Dispose() => _meter.Dispose();
}
