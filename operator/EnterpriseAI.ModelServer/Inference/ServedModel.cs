using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One loaded version of a model; lets as many requests run at once as there are processors for its threads.</summary>
internal sealed class ServedModel
{
    private readonly LoadedModel _model;
    private readonly SemaphoreSlim _slots;
    private readonly int _maxPending;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One use is the repository's own: what it no longer offers ends with the last lease.
    private int _uses = 1;

    public ServedModel(LoadedModel model, ModelServerOptions options, ModelMetrics metrics, TimeProvider time)
    {
        _model = model;
        Name = options.ModelName;
        Version = options.ModelVersion;
        Metrics = metrics;
        // One run keeps its threads busy; more at once would only take turns on the same processors.
        _slots = new SemaphoreSlim(Math.Max(1, Environment.ProcessorCount / options.Model.Threads));
        _maxPending = options.MaxPendingRequests;
        _time = time;
    }

    public string Name { get; }

    public string? Version { get; }

    /// <summary>The framework and format in the protocol's words.</summary>
    public string Platform => "onnx_onnxv1";

    public IReadOnlyList<TensorDescription> Inputs => _model.Session.Inputs;

    public IReadOnlyList<TensorDescription> Outputs => _model.Session.Outputs;

    /// <summary>Counts this model's requests.</summary>
    public ModelMetrics Metrics { get; }

    /// <summary>Done when the model was taken out of service and no request uses it any more.</summary>
    public Task Released => _released.Task;

    /// <summary>Runs the model on inputs that were checked against <see cref="Inputs"/>.</summary>
    /// <param name="inputs">Every input once. They are disposed here, however it ends.</param>
    /// <param name="outputs">Names of the outputs to compute.</param>
    /// <param name="cancellationToken">Ends the wait for the model.</param>
    /// <returns>The outputs in the order asked for; the caller disposes them.</returns>
    /// <exception cref="RequestException">503: too many requests wait already.</exception>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public async Task<InferenceResult> InferAsync(IReadOnlyList<InputTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        try
        {
            var start = _time.GetTimestamp();
            if (!await _slots.WaitAsync(0, cancellationToken).ConfigureAwait(false))
                await WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var begun = _time.GetTimestamp();
                var results = _model.Session.Run(inputs, outputs);
                return new InferenceResult(results, _time.GetElapsedTime(start, begun), _time.GetElapsedTime(begun), 1);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            foreach (var input in inputs)
                input.Tensor.Dispose();
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Metrics.Waiting() > _maxPending)
                throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"{_maxPending} requests wait already: try again later");
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Metrics.WaitedEnough();
        }
    }

    /// <summary>Takes a use of the model; false when it was taken out of service.</summary>
    public bool TryUse()
    {
        for (var uses = Volatile.Read(ref _uses); uses > 0;)
        {
            var before = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
            if (before == uses)
                return true;
            uses = before;
        }
        return false;
    }

    /// <summary>Gives back a use; the last one frees the model.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _uses) > 0)
            return;
        _model.Dispose();
        _slots.Dispose();
        _released.SetResult();
    }
}
