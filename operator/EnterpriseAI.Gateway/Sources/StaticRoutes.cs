using EnterpriseAI.Gateway.Forwarding;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Sources;

/// <summary>Keeps the table in line with a routes file. A change that cannot be used is logged, and the table before it stays.</summary>
/// <remarks>
/// The file is read again every second and compared by content: notifications miss what a mounted ConfigMap does, which is to swap a link.
/// </remarks>
internal sealed partial class StaticRoutes(string path, Router router, GatewayMetrics metrics, TimeProvider time, ILogger<StaticRoutes> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private byte[] _seen = [];
    private string _unreadable = "";

    /// <summary>Loads the file for the first time.</summary>
    /// <exception cref="RouteFileException">It cannot be read or used.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            _seen = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            Apply();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RouteFileException($"{path}: {failure.Message}");
        }
        catch (RouteFileException failure)
        {
            throw new RouteFileException($"{path}: {failure.Message}");
        }
    }

    /// <summary>Reads the file again and applies it if it changed.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
            _unreadable = "";
            if (content.AsSpan().SequenceEqual(_seen)) return;
            _seen = content;
            Apply();
            LogReloaded(path, router.Services.Length);
        }
        catch (RouteFileException failure)
        {
            metrics.TableRejected();
            LogRejected(path, failure.Message);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (_unreadable != failure.Message) LogRejected(path, failure.Message);
            _unreadable = failure.Message;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await ReloadAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Apply() => router.Apply(RouteFile.Parse(_seen));

    [LoggerMessage(Level = LogLevel.Information, Message = "loaded {File}: {Services} services")]
    private partial void LogReloaded(string file, int services);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File} cannot be used, the routes before it stay: {Cause}")]
    private partial void LogRejected(string file, string cause);
}
