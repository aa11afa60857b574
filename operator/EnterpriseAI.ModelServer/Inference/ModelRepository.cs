using System.Runtime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>All models that this server has: finds, loads, unloads and reloads them.</summary>
internal sealed partial class ModelRepository(ModelServerOptions options, ModelServerMetrics metrics, TimeProvider time, ILogger<ModelRepository> logger) : IAsyncDisposable
{
    private readonly SemaphoreSlim _changes = new(1, 1);
    private volatile ServedModel? _current;
    private volatile ModelIndexEntry _index = new(options.ModelName, options.ModelVersion, ModelState.Loading, "");
    private volatile bool _draining;

    /// <summary>Why no traffic should come now; null when it may.</summary>
    public string? NotReady => _draining ? "shutting down" : _current is not null ? null
        : _index is { Reason: { Length: > 0 } reason } ? $"model '{options.ModelName}' is not loaded: {reason}" : "the model is being verified and loaded";

    /// <summary>Says "not ready" from now on; requests are still answered.</summary>
    public void Drain() => _draining = true;

    /// <summary>Loads what is served from the start.</summary>
    /// <exception cref="ModelRefusedException">The model may not or cannot be served.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ReplaceAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <param name="name">The model's name.</param>
    /// <param name="version">One version of it; null for the one that is served by default.</param>
    /// <returns>A hold on the model; the caller disposes it.</returns>
    /// <exception cref="RequestException">404 for another model or version, 503 while it is not loaded.</exception>
    public ModelLease Acquire(string name, string? version)
    {
        Check(name, version);
        while (_current is { } model)
        {
            if (model.TryUse())
                return new ModelLease(model);
        }
        throw new RequestException(StatusCodes.Status503ServiceUnavailable, _index is { Reason: { Length: > 0 } reason }
            ? $"model '{name}' is not loaded: {reason}"
            : $"model '{name}' is being verified and loaded");
    }

    /// <exception cref="RequestException">404 for another model or version.</exception>
    public bool IsReady(string name, string? version)
    {
        Check(name, version);
        return NotReady is null;
    }

    public IReadOnlyList<ModelIndexEntry> Index(bool readyOnly) => _index is { } entry && (!readyOnly || entry.State == ModelState.Ready) ? [entry] : [];

    /// <exception cref="RequestException">404 for another model.</exception>
    public IReadOnlyList<string> VersionsOf(string name)
    {
        Check(name, null);
        return options.ModelVersion is { } version ? [version] : [];
    }

    /// <summary>Verifies and loads the model again and then lets new requests use it; those that run end on the old one.</summary>
    /// <exception cref="RequestException">404 for another model, 400 when it was refused; the old one is served on.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellationToken)
    {
        Check(name, null);
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ReplaceAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelRefusedException e)
        {
            throw RequestException.BadRequest($"model '{name}' cannot be loaded: {e.Message}", e);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Takes the model out of service; returns when no request uses it any more.</summary>
    /// <exception cref="RequestException">404 for another model.</exception>
    public async Task UnloadAsync(string name, CancellationToken cancellationToken)
    {
        Check(name, null);
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_current is not { } model)
                return;
            Set(ModelState.Unloading, "unloading");
            _current = null;
            model.Release();
            await model.Freed.WaitAsync(cancellationToken).ConfigureAwait(false);
            Set(ModelState.Unavailable, "unloaded");
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task ReplaceAsync(CancellationToken cancellationToken)
    {
        var old = _current;
        if (old is null)
            Set(ModelState.Loading, "");
        try
        {
            _current = await LoadAsync(cancellationToken).ConfigureAwait(false);
            Set(ModelState.Ready, "");
            old?.Release();
        }
        catch (Exception e)
        {
            Set(old is null ? ModelState.Unavailable : ModelState.Ready, e.Message);
            throw;
        }
    }

    private async Task<ServedModel> LoadAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var model = await ModelLoader.LoadAsync(options.Model, cancellationToken).ConfigureAwait(false);
        if (model.Session.Fallback is { } reason)
            LogFallback(reason);
        if (model.Session.OtherOutputs is { Count: > 0 } others)
            LogOutputsLeftOut(string.Join(", ", others));
        if (ModelLoader.WarmUp(model.Session) is { } failure)
            LogWarmUpFailed(failure);
        var scheduling = BatchDecision.Decide(options.ModelName, model.Session, Scheduling(), logger);
        if (scheduling.MaxBatchSize > 1 && ModelLoader.WarmUp(model.Session, scheduling.MaxBatchSize) is { } batchFailure)
            LogWarmUpFailed(batchFailure);
        // The artifact's bytes are in ONNX Runtime's own memory now: give the copy back before traffic comes.
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        LogReady(options.ModelName, model.Digest.ToString(), model.Signer?.KeyId ?? "none", model.Session.Provider.ToString(), time.GetElapsedTime(start).TotalSeconds);
        return new ServedModel(options.ModelName, options.ModelVersion, model, scheduling, metrics.Of(options.ModelName, options.ModelVersion), time, logger);
    }

    private SchedulingOptions Scheduling() => new()
    {
        // One run keeps its threads busy; more at once would only take turns on the same processors.
        Instances = options.Instances > 0 ? options.Instances : Math.Max(1, Environment.ProcessorCount / options.Model.Session.IntraOpThreads),
        MaxPendingRequests = options.MaxPendingRequests,
        RequestTimeout = options.RequestTimeout,
        MaxBatchSize = options.MaxBatchSize,
        MaxBatchDelay = options.MaxBatchDelay,
    };

    private void Set(string state, string reason) => _index = _index with { State = state, Reason = reason };

    private void Check(string name, string? version)
    {
        if (name != options.ModelName)
            throw new RequestException(StatusCodes.Status404NotFound, $"model '{name}' is unknown: this server has '{options.ModelName}'");
        if (version is not null && version != options.ModelVersion)
            throw new RequestException(StatusCodes.Status404NotFound, options.ModelVersion is { } only
                ? $"version '{version}' of model '{name}' is unknown: this server has '{only}'"
                : $"model '{name}' is served without a version: leave '/versions/{version}' out");
    }

    public ValueTask DisposeAsync()
    {
        var model = _current;
        _current = null;
        model?.Release();
        _changes.Dispose();
        return ValueTask.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "model {Model} is ready: digest {Digest}, signed by {KeyId}, on {Provider}, after {Seconds} s")]
    private partial void LogReady(string model, string digest, string keyId, string provider, double seconds);

    [LoggerMessage(LogLevel.Warning, "the model runs on the CPU although there is a GPU or its library: {Reason}")]
    private partial void LogFallback(string reason);

    [LoggerMessage(LogLevel.Warning, "outputs that the protocol cannot carry are left out: {Outputs}")]
    private partial void LogOutputsLeftOut(string outputs);

    [LoggerMessage(LogLevel.Warning, "warm-up with zeros failed: {Error}")]
    private partial void LogWarmUpFailed(string error);
}
