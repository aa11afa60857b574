using EnterpriseAI.Kubernetes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Controllers;

/// <summary>Sees to it that only one process at a time does the guarded work, by a Lease.</summary>
/// <remarks>
/// Guarantees: the guarded work's token is cancelled at the latest <see cref="LeaderElectionOptions.RenewDeadline"/> after the last
/// renewal was sent, which is before anybody else may take the lease; the lease is released only after the guarded work has ended;
/// after a loss it stands for election again. Who waits watches the lease, and takes it as soon as it is released or its time is up.
/// Caveats: a token does not stop a process that is frozen. Writers therefore also go through a client with
/// <see cref="GuardAsync"/>, which looks at the clock before each write.
/// </remarks>
public sealed partial class LeaderElector
{
    const double RetryJitter = 1.2;

    // Timers count whole milliseconds; one that comes early would only find the lease still held.
    static readonly TimeSpan OneTick = TimeSpan.FromMilliseconds(1);

    readonly KubernetesClient _client;
    readonly LeaderElectionOptions _options;
    readonly TimeProvider _time;
    readonly Random _random;
    readonly ILogger _logger;
    readonly LeaseState _state;
    long _renewedAt;
    volatile bool _holds;

    /// <param name="client">A client without a write guard.</param>
    /// <param name="options">Which lease, and the times.</param>
    /// <param name="logger">Null for no log.</param>
    /// <param name="time">Null for the system's clock.</param>
    /// <param name="random">Source of the jitter.</param>
    /// <exception cref="ArgumentException">The options do not fit each other.</exception>
    public LeaderElector(
        KubernetesClient client, LeaderElectionOptions options, ILogger<LeaderElector>? logger = null, TimeProvider? time = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_client, _options, _time, _random) = (client, options, time ?? TimeProvider.System, random ?? Random.Shared);
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _state = new LeaseState(_time);
        ControllerMetrics.Leading(_options.Name, false);
        ControllerMetrics.SlowRenewal(_options.Name, 0);
    }

    /// <summary>This process leads, by its own clock, at this very moment.</summary>
    public bool IsLeader => _holds && _time.GetElapsedTime(Volatile.Read(ref _renewedAt)) < _options.RenewDeadline;

    /// <summary>Who leads, as last seen; null when nobody does or nothing was seen yet.</summary>
    public string? Leader => _state.Lease?.Spec?.HolderIdentity is { Length: > 0 } holder ? holder : null;

    /// <summary>For <see cref="KubernetesClient.WithWriteGuard"/>: stops every write of a process that does not lead.</summary>
    /// <exception cref="NotLeaderException">This process does not lead.</exception>
    public ValueTask GuardAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return IsLeader ? ValueTask.CompletedTask : throw new NotLeaderException($"{_options.Namespace}/{_options.Name}");
    }

    /// <summary>Stands for election, and leads whenever elected, until cancelled.</summary>
    /// <param name="lead">The guarded work; must end soon after its token is cancelled, and end otherwise only by failing.</param>
    /// <param name="cancellationToken">Ends it; the lease is released when the guarded work has ended.</param>
    /// <exception cref="TimeoutException">The guarded work went on after the lease was lost: the process must end.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lead);
        while (!cancellationToken.IsCancellationRequested)
        {
            if (!await AcquireAsync(cancellationToken).ConfigureAwait(false))
                return;
            LogElected(_options.Identity, _options.Namespace, _options.Name);
            ControllerMetrics.Leading(_options.Name, true);
            try
            {
                await LeadAsync(lead, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _holds = false;
                ControllerMetrics.Leading(_options.Name, false);
            }
        }
    }

    async Task<bool> AcquireAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await TryOnceAsync(cancellationToken).ConfigureAwait(false))
                return true;
            if (!await WaitForChanceAsync(cancellationToken).ConfigureAwait(false))
            {
                var wait = _options.RetryPeriod * (1 + (RetryJitter * _random.NextDouble()));
                await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return false;
    }

    /// <summary>Watches a lease that somebody else holds until it is let go of, or its time is up.</summary>
    /// <remarks>Renewals come through the watch and move that time. When the watch is silent (the connection hangs), the time runs
    /// out here, and the next attempt reads the lease anew: a watch can make a takeover faster, never earlier than allowed.</remarks>
    /// <returns>False when there is nothing to wait for, or the lease cannot be watched: try again after a while.</returns>
    async Task<bool> WaitForChanceAsync(CancellationToken cancellationToken)
    {
        var left = _state.LeftOfOther(_options.Identity);
        if (left <= TimeSpan.Zero || _state.Lease is not { } lease)
            return false;
        using var timeUp = new CancellationTokenSource(left + OneTick, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        var watch = new WatchOptions { FieldSelector = $"metadata.name={_options.Name}", ResourceVersion = lease.Metadata.ResourceVersion };
        try
        {
            await foreach (var change in _client.WatchAsync(CoreResources.Leases, _options.Namespace, watch, limit.Token).ConfigureAwait(false))
            {
                if (change.Object is not { } now)
                    continue;
                // Its holder learns that it was deleted only at its next renewal: it stays held until its time is up, or it is made again.
                if (change.Type == WatchEventType.Deleted)
                    continue;

                _state.Saw(now);
                left = _state.LeftOfOther(_options.Identity);
                if (left <= TimeSpan.Zero)
                    return true;
                timeUp.CancelAfter(left + OneTick);
            }

            // Ended by the server, perhaps at once: not worth more than a wait.
            return false;
        }
        catch (OperationCanceledException) when (timeUp.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception e)
        {
            if (!cancellationToken.IsCancellationRequested)
                LogNotWatched(_options.Namespace, _options.Name, e.Message);
            return false;
        }
    }

    async Task LeadAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var renewing = new CancellationTokenSource();
        var work = Task.Run(() => lead(leading.Token), CancellationToken.None);
        // Renewal goes on while the work is stopping, so that nobody takes over before it has ended.
        var renewal = RenewAsync(renewing.Token);
        var first = await Task.WhenAny(work, renewal).ConfigureAwait(false);
        var lost = first == renewal;
        if (lost)
        {
            _holds = false;
            LogLost(_options.Identity, _options.Namespace, _options.Name);
        }

        await leading.CancelAsync().ConfigureAwait(false);
        try
        {
            await (lost ? work.WaitAsync(_options.StopTimeout, _time, CancellationToken.None) : work).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!work.IsCompleted)
        {
            throw new TimeoutException(
                $"the guarded work did not end within {_options.StopTimeout.TotalSeconds} s after lease {_options.Namespace}/{_options.Name} was lost");
        }
        catch (OperationCanceledException) when (leading.IsCancellationRequested)
        {
            // It was told to stop, and stopped.
        }
        finally
        {
            await renewing.CancelAsync().ConfigureAwait(false);
            await renewal.ConfigureAwait(false);
            if (_holds && work.IsCompleted)
                await ReleaseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Completes when the lease is lost, or with the token.</summary>
    async Task RenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(_options.RetryPeriod, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return;
            var left = _options.RenewDeadline - _time.GetElapsedTime(Volatile.Read(ref _renewedAt));
            if (left <= TimeSpan.Zero)
                return;
            using var timeout = new CancellationTokenSource(left, _time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            var renewed = await TryOnceAsync(limit.Token).ConfigureAwait(false);
            if (!renewed && (!_holds || !IsLeader))
                return;
        }
    }

    /// <summary>One attempt to get or keep the lease; false on any failure.</summary>
    async Task<bool> TryOnceAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.RenewDeadline, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (_holds && _state.Lease is { } known && await TryWriteAsync(known, limit.Token).ConfigureAwait(false))
                return true;
            if (_holds)
                ControllerMetrics.SlowRenewal(_options.Name, 1);

            var lease = await _client.TryGetAsync(CoreResources.Leases, _options.Namespace, _options.Name, limit.Token).ConfigureAwait(false);
            if (lease is not null)
                _state.Saw(lease);
            if (_state.IsHeldByOther(_options.Identity))
            {
                // Seen in somebody else's hands, and be it deleted since: whatever the clock says, it is not ours.
                _holds = false;
                return false;
            }

            return await TryWriteAsync(lease, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogAttemptFailed(_options.Namespace, _options.Name, e.Message);
            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>False when somebody else wrote it first.</summary>
    async Task<bool> TryWriteAsync(V1Lease? present, CancellationToken cancellationToken)
    {
        // Taken before the request is sent: the time that others count from is later.
        var sentAt = _time.GetTimestamp();
        var now = _time.GetUtcNow();
        var ours = present?.Spec?.HolderIdentity == _options.Identity;
        var spec = new V1LeaseSpec
        {
            HolderIdentity = _options.Identity,
            LeaseDurationSeconds = (int)_options.LeaseDuration.TotalSeconds,
            AcquireTime = ours ? present!.Spec!.AcquireTime : now,
            RenewTime = now,
            LeaseTransitions = (present?.Spec?.LeaseTransitions ?? -1) + (ours ? 0 : 1),
        };
        try
        {
            var written = present is null
                ? await _client.CreateAsync(
                    CoreResources.Leases,
                    new V1Lease { Metadata = new V1ObjectMeta { Namespace = _options.Namespace, Name = _options.Name }, Spec = spec },
                    null,
                    cancellationToken).ConfigureAwait(false)
                : await _client.ReplaceAsync(CoreResources.Leases, present with { Spec = spec }, null, null, cancellationToken).ConfigureAwait(false);
            Volatile.Write(ref _renewedAt, sentAt);
            _state.Saw(written);
            _holds = true;
            return true;
        }
        catch (KubernetesException e) when (e.IsConflict || e.IsAlreadyExists || e.IsNotFound)
        {
            return false;
        }
    }

    async Task ReleaseAsync()
    {
        _holds = false;
        if (_state.Lease is not { } lease)
            return;
        using var limit = new CancellationTokenSource(_options.RetryPeriod);
        try
        {
            // One second instead of none: the server refuses a duration of 0.
            var released = lease.Spec! with { HolderIdentity = "", LeaseDurationSeconds = 1, RenewTime = _time.GetUtcNow() };
            _state.Saw(await _client.ReplaceAsync(CoreResources.Leases, lease with { Spec = released }, null, null, limit.Token).ConfigureAwait(false));
            LogReleased(_options.Identity, _options.Namespace, _options.Name);
        }
        catch (Exception e)
        {
            // It runs out by itself.
            LogAttemptFailed(_options.Namespace, _options.Name, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} leads by lease {Namespace}/{Name}")]
    partial void LogElected(string identity, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Identity} lost lease {Namespace}/{Name}: everything that writes is stopped")]
    partial void LogLost(string identity, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Identity} released lease {Namespace}/{Name}")]
    partial void LogReleased(string identity, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Lease {Namespace}/{Name} is not watched but read again after a while: {Reason}")]
    partial void LogNotWatched(string @namespace, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lease {Namespace}/{Name} could not be read or written: {Reason}")]
    partial void LogAttemptFailed(string @namespace, string name, string reason);
}
