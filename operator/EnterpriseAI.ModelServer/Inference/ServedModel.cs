using System.Collections.Frozen;
using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One loaded version of a model.</summary>
internal sealed class ServedModel
{
    private readonly FrozenDictionary<string, int> _inputs;
    private readonly FrozenDictionary<string, int> _outputs;
    private readonly int[] _allOutputs;
    private readonly RequestScheduler _scheduler;
    private readonly UseCount _uses;
    private readonly bool _joins, _dependsOnValues;

    /// <param name="name">The model's name in requests.</param>
    /// <param name="version">The version; null when there is none.</param>
    /// <param name="model">The verified model, which this one owns.</param>
    /// <param name="options">How its requests are run.</param>
    /// <param name="metrics">Counts its requests.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is said that requests cannot run together.</param>
    public ServedModel(string name, string? version, LoadedModel model, SchedulingOptions options, ModelMetrics metrics, TimeProvider time, ILogger logger)
    {
        _joins = options.MaxBatchSize > 1;
        _dependsOnValues = ValueDependence.Of(model.Description);
        (Name, Version, Inputs, Outputs, Metrics) = (name, version, model.Session.Inputs, model.Session.Outputs, metrics);
        _inputs = PositionsOf(Inputs);
        _outputs = PositionsOf(Outputs);
        _allOutputs = [.. Enumerable.Range(0, Outputs.Count)];
        Func<long> memory = () => model.Session.MemoryBytes is > 0 and var bytes ? bytes : model.Bytes;
        _uses = new UseCount(() =>
        {
            metrics.Freed(memory);
            _scheduler!.Dispose();
            model.Dispose();
        });
        _scheduler = new RequestScheduler(model.Session, options, _uses, metrics, time, logger);
        metrics.Loaded(memory);
    }

    public string Name { get; }

    public string? Version { get; }

    /// <summary>The framework and format in the protocol's words.</summary>
    public string Platform => "onnx_onnxv1";

    public IReadOnlyList<TensorDescription> Inputs { get; }

    public IReadOnlyList<TensorDescription> Outputs { get; }

    /// <summary>Counts this model's requests.</summary>
    public ModelMetrics Metrics { get; }

    /// <summary>Whether a small request is over at once, whatever it holds: the thread that read it may answer it, though others wait for that thread too.</summary>
    public bool AnswersAtOnce => _scheduler.IsBrief && !_dependsOnValues;

    /// <summary>Done when the model was taken out of service and nothing uses it any more.</summary>
    public Task Freed => _uses.Freed;

    /// <summary>Runs the model on inputs that were checked against <see cref="Inputs"/>.</summary>
    /// <param name="inputs">Every input once. They are disposed here, however it ends.</param>
    /// <param name="outputs">Names of the outputs to compute.</param>
    /// <param name="cancellationToken">Takes the request out of the queue, or ends its run.</param>
    /// <returns>The outputs in the order asked for; the caller disposes them.</returns>
    /// <exception cref="RequestException">429: too many requests wait already; 503: shutting down; 504: it took too long.</exception>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    /// <exception cref="OperationCanceledException">The client does not wait any more.</exception>
    public Task<InferenceResult> InferAsync(IReadOnlyList<InputTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        InferenceCall call;
        try
        {
            var ordered = InOrder(inputs);
            var joined = _joins ? BatchAxis.RowsOf(ordered) : 0;
            call = new InferenceCall(ordered, Select(outputs), joined > 0 ? joined : RowsOf(ordered), joined > 0);
        }
        catch
        {
            for (var i = 0; i < inputs.Count; i++)
                inputs[i].Tensor.Dispose();
            throw;
        }
        _scheduler.Submit(call, cancellationToken);
        return call.Answer;
    }

    /// <summary>What native code gets must be complete and of the right types, even if a protocol forgot to check.</summary>
    private OrtTensor[] InOrder(IReadOnlyList<InputTensor> inputs)
    {
        var ordered = new OrtTensor[Inputs.Count];
        for (var i = 0; i < inputs.Count; i++)
        {
            var (name, tensor) = inputs[i];
            if (!_inputs.TryGetValue(name, out var position) || ordered[position] is not null || tensor.Type != Inputs[position].Type)
                throw new ArgumentException($"input '{name}' is unknown, there twice or of another type", nameof(inputs));
            ordered[position] = tensor;
        }
        return inputs.Count == ordered.Length ? ordered : throw new ArgumentException("an input is missing", nameof(inputs));
    }

    /// <summary>The size of the first dimension where the model leaves it open, which is how a batch is given.</summary>
    private long RowsOf(OrtTensor[] inputs) => Inputs is [{ Shape: [< 0, ..] }, ..] ? inputs[0].Shape[0] : 1;

    private int[] Select(IReadOnlyList<string> outputs)
    {
        if (IsAll(outputs))
            return _allOutputs;
        var positions = new int[outputs.Count];
        for (var i = 0; i < positions.Length; i++)
            positions[i] = _outputs.TryGetValue(outputs[i], out var position) ? position : throw new ArgumentException($"output '{outputs[i]}' is unknown", nameof(outputs));
        return positions;
    }

    private bool IsAll(IReadOnlyList<string> outputs)
    {
        if (outputs.Count != Outputs.Count)
            return false;
        for (var i = 0; i < outputs.Count; i++)
        {
            if (outputs[i] != Outputs[i].Name)
                return false;
        }
        return true;
    }

    private static FrozenDictionary<string, int> PositionsOf(IReadOnlyList<TensorDescription> tensors) =>
        tensors.Select(static (tensor, position) => (tensor.Name, position)).ToFrozenDictionary(static pair => pair.Name, static pair => pair.position, StringComparer.Ordinal);

    /// <summary>Takes a use of the model; false when it was taken out of service.</summary>
    public bool TryUse() => _uses.TryTake();

    /// <summary>Answers 503 to all that waits and runs, and to what comes.</summary>
    public void Stop() => _scheduler.Stop();

    /// <summary>Gives back a use; the last one frees the model.</summary>
    public void Release() => _uses.Release();
}
