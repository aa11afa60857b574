using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Verifies and loads the model after start, so that the liveness probe is answered meanwhile; stops the process when it is refused.</summary>
internal sealed class ModelLoading(ModelServerOptions options, ModelRepository repository, IHostApplicationLifetime lifetime) : BackgroundService
{
    /// <summary>Why the model was refused; null while that is open and when it was not.</summary>
    public ModelRefusedException? Refusal { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await repository.StartAsync(stoppingToken).ConfigureAwait(false);
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
}
