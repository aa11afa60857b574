using System.Runtime;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Verifies and loads the model after start, so that the liveness probe is answered meanwhile; stops the process when it is refused.</summary>
internal sealed partial class ModelLoading(ModelServerOptions options, ModelRunner runner, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ModelLoading> logger)
    : BackgroundService
{
    /// <summary>Why the model was refused; null while that is open and when it was not.</summary>
    public ModelRefusedException? Refusal { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var start = time.GetTimestamp();
            var model = await ModelLoader.LoadAsync(options.Model, stoppingToken).ConfigureAwait(false);
            if (model.Session.OtherOutputs is { Count: > 0 } others)
                LogOutputsLeftOut(string.Join(", ", others));
            if (ModelLoader.WarmUp(model.Session) is { } failure)
                LogWarmUpFailed(failure);
            // The artifact's bytes are in ONNX Runtime's own memory now: give the copy back before traffic comes.
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            runner.Serve(model);
            LogReady(options.ModelName, model.Digest.ToString(), model.Signer?.KeyId ?? "none", model.Session.Provider.ToString(), time.GetElapsedTime(start).TotalSeconds);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            Refusal = e as ModelRefusedException ?? new ModelRefusedException("LoadFailed", $"'{options.Model.Model}' cannot be loaded: {e.Message}", mayPass: true, e);
            await StartedAsync(stoppingToken).ConfigureAwait(false);
            lifetime.StopApplication();
        }
    }

    /// <summary>A host that is told to stop while it starts fails to start, which would hide why the model was refused.</summary>
    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(LogLevel.Information, "model {Model} is ready: digest {Digest}, signed by {KeyId}, on {Provider}, after {Seconds} s")]
    private partial void LogReady(string model, string digest, string keyId, string provider, double seconds);

    [LoggerMessage(LogLevel.Warning, "outputs that are no tensors are left out: {Outputs}")]
    private partial void LogOutputsLeftOut(string outputs);

    [LoggerMessage(LogLevel.Warning, "warm-up with zeros failed: {Error}")]
    private partial void LogWarmUpFailed(string error);
}
