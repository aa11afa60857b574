namespace EnterpriseAI.Gateway;

/// <summary>
/// On SIGTERM keeps the listeners open for the drain time, unready: endpoints and load balancers forget a pod later than it is told to stop.
/// After it the host stops taking connections and waits for the requests in flight.
/// </summary>
internal sealed partial class DrainOnShutdown(DrainState drain, GatewayOptions options, TimeProvider time, ILogger<DrainOnShutdown> logger)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        drain.Begin();
        LogDraining(options.Drain.TotalSeconds);
        await Task.Delay(options.Drain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "told to stop: not ready from now on, taking requests for another {Seconds} s")]
    private partial void LogDraining(double seconds);
}
