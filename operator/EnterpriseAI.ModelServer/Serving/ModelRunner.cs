using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Holds the model once it is loaded and lets as many requests run at once as there are processors for its threads.</summary>
internal sealed class ModelRunner : IDisposable
{
    private readonly SemaphoreSlim _slots;
    private readonly int _maxPending;
    private readonly TimeProvider _time;
    private LoadedModel? _model;
    private volatile bool _draining;
    private int _pending;

    public ModelRunner(ModelServerOptions options, TimeProvider time)
    {
        // One run keeps its threads busy; more at once would only take turns on the same processors.
        _slots = new SemaphoreSlim(Math.Max(1, Environment.ProcessorCount / options.Model.Threads));
        _maxPending = options.MaxPendingRequests;
        _time = time;
    }

    /// <summary>The model; null while it is being verified and loaded.</summary>
    public LoadedModel? Model => Volatile.Read(ref _model);

    public int Pending => Volatile.Read(ref _pending);

    /// <summary>Why no traffic should come now; null when it may.</summary>
    public string? NotReady => Model is null ? "the model is being verified and loaded" : _draining ? "shutting down" : null;

    public void Serve(LoadedModel model) => Volatile.Write(ref _model, model);

    public void Drain() => _draining = true;

    /// <summary>Waits for a slot and runs the model.</summary>
    /// <exception cref="RequestException">503: too many requests wait already.</exception>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public async Task<(OrtTensor[] Outputs, TimeSpan Queue, TimeSpan Infer)> RunAsync(LoadedModel model,
        IReadOnlyList<(string Name, OrtTensor Tensor)> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        if (!await _slots.WaitAsync(0, cancellationToken).ConfigureAwait(false))
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var begun = _time.GetTimestamp();
            var results = model.Session.Run(inputs, outputs);
            return (results, _time.GetElapsedTime(start, begun), _time.GetElapsedTime(begun));
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _pending) > _maxPending)
                throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"{_maxPending} requests wait already: try again later");
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        Model?.Dispose();
    }
}
