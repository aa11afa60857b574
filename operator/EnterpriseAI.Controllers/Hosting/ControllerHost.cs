using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Controllers;

/// <summary>Runs informers, controllers and what goes with them as one: they live together, or the process ends.</summary>
/// <remarks>
/// Guarantees: informers run from the start, so that a process that waits to lead has its caches full; controllers run only while
/// leading (always, without an elector); a part that ends or fails while the others run stops all of them and makes
/// <see cref="RunAsync"/> throw, naming the part.
/// </remarks>
public sealed partial class ControllerHost(ILogger<ControllerHost>? logger = null)
{
    readonly ILogger _logger = logger ?? (ILogger)NullLogger.Instance;
    readonly List<IInformer> _informers = [];
    readonly List<Controller> _controllers = [];
    readonly List<Part> _always = [];
    readonly List<Part> _asLeader = [];
    readonly List<(string Name, Func<string?> Check)> _checks = [];
    LeaderElector? _elector;
    volatile string? _failure;
    volatile bool _running;

    /// <summary>Adds an informer that no controller brings along.</summary>
    public ControllerHost Add(IInformer informer)
    {
        if (!_informers.Contains(informer))
            _informers.Add(informer);
        return this;
    }

    /// <summary>Adds a controller and its informers.</summary>
    public ControllerHost Add(Controller controller)
    {
        ArgumentNullException.ThrowIfNull(controller);
        _controllers.Add(controller);
        foreach (var informer in controller.Informers)
            Add(informer);
        return this;
    }

    /// <summary>Adds work that runs until cancelled.</summary>
    /// <param name="name">Names the work when it fails.</param>
    /// <param name="run">The work.</param>
    /// <param name="onlyAsLeader">Run it only while leading.</param>
    public ControllerHost Add(string name, Func<CancellationToken, Task> run, bool onlyAsLeader = false)
    {
        (onlyAsLeader ? _asLeader : _always).Add(new Part(name, run));
        return this;
    }

    /// <summary>Controllers run only while this elector leads.</summary>
    public ControllerHost WithLeaderElection(LeaderElector elector)
    {
        _elector = elector;
        return this;
    }

    /// <summary>Adds a condition of readiness.</summary>
    /// <param name="name">Names the check.</param>
    /// <param name="check">Gives null when ready, else the reason why not.</param>
    public ControllerHost AddReadyCheck(string name, Func<string?> check)
    {
        _checks.Add((name, check));
        return this;
    }

    /// <summary>Nothing has failed for good.</summary>
    public bool IsLive(out string reason)
    {
        reason = _failure ?? "ok";
        return _failure is null;
    }

    /// <summary>All informers have synced and all checks pass. A process that waits to lead is ready too.</summary>
    public bool IsReady(out string reason)
    {
        if (!IsLive(out reason))
            return false;
        var missing = new List<string>();
        if (!_running)
            missing.Add("not started");
        missing.AddRange(_informers.Where(informer => !informer.HasSynced)
            .Select(informer => $"{informer.Name} not synced{(informer.LastError is { } error ? $": {error}" : "")}"));
        missing.AddRange(_checks.Select(check => (check.Name, Reason: check.Check())).Where(check => check.Reason is not null)
            .Select(check => $"{check.Name}: {check.Reason}"));
        reason = missing.Count == 0 ? "ok" : string.Join("; ", missing);
        return missing.Count == 0;
    }

    /// <summary>Runs everything until cancelled.</summary>
    /// <exception cref="ControllerHostException">A part failed, or ended although nobody asked it to.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var controllers = _controllers.Select(controller => new Part($"controller {controller.Name}", controller.RunAsync)).Concat(_asLeader).ToList();
        var parts = _informers.Select(informer => new Part($"informer of {informer.Name}", informer.RunAsync)).Concat(_always).ToList();
        if (_elector is { } elector)
            parts.Add(new Part("leader election", token => elector.RunAsync(leading => RunTogetherAsync(controllers, leading), token)));
        else
            parts.AddRange(controllers);

        _running = true;
        try
        {
            await RunTogetherAsync(parts, cancellationToken).ConfigureAwait(false);
        }
        catch (ControllerHostException e)
        {
            _failure = e.Message;
            LogFailed(e);
            throw;
        }
        finally
        {
            _running = false;
        }
    }

    static async Task RunTogetherAsync(IReadOnlyList<Part> parts, CancellationToken cancellationToken)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var token = together.Token;
        // Also with no part at all it lasts until it is cancelled.
        var forever = Task.Delay(Timeout.InfiniteTimeSpan, token);
        var tasks = parts.Select(part => Task.Run(() => RunPartAsync(part, token), CancellationToken.None)).ToList();
        await Task.WhenAny([.. tasks, forever]).ConfigureAwait(false);
        await together.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (tasks.FirstOrDefault(task => task.IsFaulted) is { } failed)
            await failed.ConfigureAwait(false);
    }

    static async Task RunPartAsync(Part part, CancellationToken cancellationToken)
    {
        try
        {
            await part.Run(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is not ControllerHostException)
        {
            throw new ControllerHostException($"{part.Name} failed: {e.Message}", e);
        }

        if (!cancellationToken.IsCancellationRequested)
            throw new ControllerHostException($"{part.Name} ended although nobody asked it to", null);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The process ends because a part of it failed")]
    partial void LogFailed(Exception e);

    sealed record Part(string Name, Func<CancellationToken, Task> Run);
}

/// <summary>A part of the host failed; the message names it.</summary>
public sealed class ControllerHostException(string message, Exception? inner) : Exception(message, inner);
