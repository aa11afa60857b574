using System.Runtime;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Verifies a version of a model, loads it and tries it, so that it is ready when requests see it.</summary>
internal sealed partial class VersionLoader(ModelServerOptions options, ModelServerMetrics metrics, TimeProvider time, ILogger<VersionLoader> logger)
{
    private const int FurtherRuns = 2;

    // Only until the first model is there does no request suffer from a pause.
    private volatile bool _serving;

    /// <exception cref="ModelRefusedException">It may not or cannot be served.</exception>
    public async Task<ServedModel> LoadAsync(string name, VersionLocation location, ModelConfig config, CancellationToken cancellationToken)
    {
        if (location.Problem is { } problem)
            throw new ModelRefusedException(nameof(SupplyChain.SupplyChainReason.ArtifactInvalid), problem);
        var start = time.GetTimestamp();
        var model = await ModelLoader.LoadAsync(options.Model with { Model = location.Path }, cancellationToken, time).ConfigureAwait(false);
        try
        {
            if (model.Session.Fallback is { } reason)
                LogFallback(name, reason);
            if (model.Session.OtherOutputs is { Count: > 0 } others)
                LogOutputsLeftOut(name, string.Join(", ", others));
            WarmUp(name, model, 1);
            var scheduling = WithFurtherRuns(config, model.Session, BatchDecision.Decide(name, model.Session, Scheduling(config), logger));
            if (scheduling.MaxBatchSize > 1)
                WarmUp(name, model, scheduling.MaxBatchSize);
            CollectGarbage();
            LogReady(name, location.Version ?? "none", model.Digest.ToString(), model.Signer?.KeyId ?? "none", model.Session.Provider.ToString(), time.GetElapsedTime(start).TotalSeconds);
            return new ServedModel(name, location.Version, model, scheduling, metrics.Of(name, location.Version), time, logger);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private void WarmUp(string name, LoadedModel model, int rows)
    {
        if (ModelLoader.WarmUp(model.Session, rows) is { } failure)
            LogWarmUpFailed(name, rows, failure);
    }

    private SchedulingOptions Scheduling(ModelConfig config) => new()
    {
        Instances = InstancesOf(config) ?? Math.Max(1, Environment.ProcessorCount / options.Model.Session.IntraOpThreads),
        // One that is over before others of its threads would wake up has a processor for itself.
        BriefInstances = InstancesOf(config) ?? 2 * Environment.ProcessorCount,
        MaxPendingRequests = options.MaxPendingRequests,
        RequestTimeout = options.RequestTimeout,
        MaxBatchSize = config.MaxBatchSize ?? options.MaxBatchSize,
        MaxBatchDelay = config.MaxBatchDelayUs is { } delay ? TimeSpan.FromMicroseconds(delay) : options.MaxBatchDelay,
    };

    /// <summary>
    /// One run cannot keep its threads busy: at the end of each operator they wait for the slowest. Others take those moments: a second
    /// one gave resnet50 a third more requests on two processors, a third one 2 to 3 % more, and a single client the same time. Rows of a batch
    /// are better off in one run, and a device has no such threads.
    /// </summary>
    private SchedulingOptions WithFurtherRuns(ModelConfig config, OrtSession session, SchedulingOptions scheduling) =>
        InstancesOf(config) is null && scheduling.MaxBatchSize <= 1 && session.Provider == ExecutionProvider.Cpu ? scheduling with { Instances = scheduling.Instances + FurtherRuns } : scheduling;

    private int? InstancesOf(ModelConfig config) => (config.Instances ?? options.Instances) is > 0 and var instances ? instances : null;

    /// <summary>The artifact's bytes are in ONNX Runtime's own memory now: gives the copy back.</summary>
    private void CollectGarbage()
    {
        if (_serving)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
            return;
        }
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _serving = true;
    }

    [LoggerMessage(LogLevel.Information, "model {Model} is ready: version {Version}, digest {Digest}, signed by {KeyId}, on {Provider}, after {Seconds} s")]
    private partial void LogReady(string model, string version, string digest, string keyId, string provider, double seconds);

    [LoggerMessage(LogLevel.Warning, "model {Model} runs on the CPU although there is a GPU or its library: {Reason}")]
    private partial void LogFallback(string model, string reason);

    [LoggerMessage(LogLevel.Warning, "outputs of model {Model} that the protocol cannot carry are left out: {Outputs}")]
    private partial void LogOutputsLeftOut(string model, string outputs);

    [LoggerMessage(LogLevel.Warning, "warm-up of model {Model} with {Rows} rows of zeros failed: {Error}")]
    private partial void LogWarmUpFailed(string model, int rows, string error);
}
