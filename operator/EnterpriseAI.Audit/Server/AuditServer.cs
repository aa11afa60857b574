using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Telemetry;

namespace EnterpriseAI.Audit.Server;

/// <summary>The process <c>audit-log</c>: one log in one directory, over HTTP.</summary>
public sealed partial class AuditServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly DirectoryLock _lock;
    private readonly LogAppender _appender;

    private AuditServer(WebApplication application, DirectoryLock @lock, LogAppender appender, LogVerifierKey key)
    {
        _application = application;
        _lock = @lock;
        _appender = appender;
        Key = key;
    }

    /// <summary>The key with which this log's checkpoints are checked.</summary>
    public LogVerifierKey Key { get; }

    /// <summary>Where it listens, once started.</summary>
    public Uri Address => new(_application.Urls.First());

    /// <summary>Opens the log and serves it.</summary>
    /// <exception cref="LogInUseException">Another process writes this log.</exception>
    /// <exception cref="LogDamagedException">What is in the directory is damaged or not signed by the key.</exception>
    /// <exception cref="FormatException">The key or the token file does not hold one.</exception>
    /// <exception cref="IOException">The directory or the address cannot be used.</exception>
    public static async Task<AuditServer> StartAsync(AuditServerOptions options, CancellationToken cancellationToken)
    {
        var token = new BearerToken(options.TokenFile);
        token.Check();
        Directory.CreateDirectory(options.Directory);
        var held = DirectoryLock.Take(options.Directory);
        try
        {
            var files = new DiskLogFiles(options.Directory);
            var key = SigningKeyFile.Load(options, files);
            var store = LogStore.Open(files, key);
            return await StartAsync(options, store, key, token, held, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Serves until the process is asked to end or the token is cancelled.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _application.WaitForShutdownAsync(cancellationToken);

    /// <summary>Answers what came in, makes it durable, and gives the directory back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _appender.DisposeAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    private static async Task<AuditServer> StartAsync(
        AuditServerOptions options, LogStore store, LogSigningKey key, BearerToken token, DirectoryLock held, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.AddTelemetry("audit-log", new ExportedMeter(AuditMetrics.MeterName));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Http);
        });
        builder.Services.AddSingleton<AuditMetrics>();
        var application = builder.Build();
        var logger = application.Services.GetRequiredService<ILogger<AuditServer>>();
        var metrics = application.Services.GetRequiredService<AuditMetrics>();
        var appender = new LogAppender(store, metrics, application.Services.GetRequiredService<ILogger<LogAppender>>());
        metrics.Observe(() => store.Current.Size, () => appender.Fault is not null);
        try
        {
            application.Use((context, next) => AnswerFailuresAsync(context, next, logger));
            application.MapTelemetry();
            application.MapHealth(() => null, () => appender.Fault is { } fault ? $"appends fail: {fault}" : null);
            application.MapPost("/v1/entries", new AppendEndpoint(appender, token, metrics).HandleAsync);
            application.MapTiles(store);
            application.MapEntries(store);
            application.MapGet("/v1/key", () => Results.Text(key.Verifier + "\n"));
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await appender.DisposeAsync().ConfigureAwait(false);
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        LogStarted(logger, options.Directory, store.Current.Size, application.Urls.First(), key.Verifier.ToString(), options.TokenFile is not null);
        return new AuditServer(application, held, appender, key.Verifier);
    }

    private static async Task AnswerFailuresAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is (LogDamagedException or IOException or FormatException or UnauthorizedAccessException)
            and not BadHttpRequestException && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            LogRequestFailed(logger, e, context.Request.Method, context.Request.Path);
            await Answers.Error(StatusCodes.Status500InternalServerError, "ReadFailed", e.Message).ExecuteAsync(context).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Serving the log in {Directory} with {Size} entries on {Address}; verifier key {VerifierKey}; appends need a token: {TokenNeeded}")]
    private static partial void LogStarted(ILogger logger, string directory, long size, string address, string verifierKey, bool tokenNeeded);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogRequestFailed(ILogger logger, Exception exception, string method, string path);
}
