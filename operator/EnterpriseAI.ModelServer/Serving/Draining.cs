using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>On SIGTERM says "not ready" at once, but takes requests a little longer, until those who send them have seen it.</summary>
internal sealed class Draining(ModelServerOptions options, ModelRepository repository, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(repository.Drain);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        repository.Drain();
        return options.Drain > TimeSpan.Zero && repository.Index(readyOnly: true).Count > 0 ? Task.Delay(options.Drain, time, cancellationToken) : Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
