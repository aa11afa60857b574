using System.Collections.Concurrent;
using EnterpriseAI.Kubernetes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Controllers;

/// <summary>Takes keys from a queue and reconciles them. Made by <see cref="ControllerBuilder"/>.</summary>
/// <remarks>
/// Guarantees: starts only after all its informers synced; never reconciles one key twice at once, nor more than
/// <see cref="Concurrency"/> keys; an exception is counted, logged and tried again after a while that grows with each failure in a
/// row. <see cref="RunAsync"/> may be called again after it ended: leadership may be lost and come back.
/// </remarks>
public sealed partial class Controller : IDisposable
{
    static readonly Backoff StaleRead = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500), 0.5);

    readonly WorkQueue<ObjectKey> _queue;
    readonly IReconciler _reconciler;
    readonly WriteTracker? _tracker;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly ConcurrentDictionary<ObjectKey, int> _held = new();

    internal Controller(
        string name, IReadOnlyList<IInformer> informers, WorkQueue<ObjectKey> queue, IReconciler reconciler, WriteTracker? tracker,
        ILoggerFactory? loggers, TimeProvider? time)
    {
        (Name, Informers, _queue, _reconciler, _tracker) = (name, informers, queue, reconciler, tracker);
        _time = time ?? TimeProvider.System;
        _logger = loggers?.CreateLogger($"{typeof(Controller).FullName}.{name}") ?? NullLogger.Instance;
    }

    /// <summary>Name in logs and metrics.</summary>
    public string Name { get; }

    /// <summary>How many keys are reconciled at once.</summary>
    public int Concurrency { get; internal init; } = 1;

    /// <summary>How long the informers may take for their first list.</summary>
    public TimeSpan SyncTimeout { get; internal init; }

    /// <summary>What must be synced before the first reconcile.</summary>
    public IReadOnlyList<IInformer> Informers { get; }

    /// <summary>Asks for a reconcile of a key from outside the informers.</summary>
    public void Enqueue(ObjectKey key) => _queue.Add(key);

    /// <summary>Reconciles until cancelled, then waits for what is running.</summary>
    /// <exception cref="TimeoutException">An informer did not sync in time; the message names it.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        ControllerMetrics.Prime(Name, Concurrency);
        try
        {
            await WaitForInformersAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }

        LogStarted(Name, Concurrency);
        // One worker that fails (it should not) takes the others with it: a controller with fewer workers than it says helps nobody.
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = Enumerable.Range(0, Concurrency).Select(_ => Task.Run(() => WorkAsync(together.Token), CancellationToken.None)).ToList();
        await Task.WhenAny(workers).ConfigureAwait(false);
        if (workers.Any(worker => worker.IsFaulted))
            await together.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(workers).ConfigureAwait(false);
        LogStopped(Name);
    }

    public void Dispose() => _queue.Dispose();

    async Task WaitForInformersAsync(CancellationToken cancellationToken)
    {
        var synced = Task.WhenAll(Informers.Select(informer => informer.WaitForSyncAsync(cancellationToken)));
        try
        {
            await synced.WaitAsync(SyncTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            var missing = Informers.Where(informer => !informer.HasSynced).Select(informer => $"{informer.Name} ({informer.LastError ?? "no error"})");
            throw new TimeoutException($"controller {Name}: not synced within {SyncTimeout.TotalSeconds} s: {string.Join(", ", missing)}");
        }
    }

    async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            WorkItem<ObjectKey>? next;
            try
            {
                next = await _queue.GetAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (next is not { } item)
                return;
            await HandleAsync(item, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>For tests in which nothing happens by itself: reconciles the next key that is ready.</summary>
    /// <returns>False when none is.</returns>
    internal bool TryProcessNext(CancellationToken cancellationToken, out Task work)
    {
        work = Task.CompletedTask;
        if (!_queue.TryGet(out var item))
            return false;
        work = HandleAsync(item.Value, cancellationToken);
        return true;
    }

    /// <summary>No key is ready, and none waits for its time.</summary>
    internal bool IsIdle => _queue is { Count: 0, WaitingCount: 0 };

    async Task HandleAsync(WorkItem<ObjectKey> item, CancellationToken cancellationToken)
    {
        try
        {
            await ProcessAsync(item, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _queue.Done(item.Key);
        }
    }

    async Task ProcessAsync(WorkItem<ObjectKey> item, CancellationToken cancellationToken)
    {
        if (_tracker?.IsCaughtUp(item.Key) is false)
        {
            var held = _held.AddOrUpdate(item.Key, 1, static (_, count) => count + 1);
            _queue.AddAfter(item.Key, StaleRead.After(held - 1), item.Priority);
            return;
        }

        _held.TryRemove(item.Key, out _);
        ControllerMetrics.ActiveWorkers(Name, 1);
        var started = _time.GetTimestamp();
        var outcome = "error";
        try
        {
            var result = await _reconciler.ReconcileAsync(item.Key, cancellationToken).ConfigureAwait(false);
            _queue.Forget(item.Key);
            outcome = result.RequeueAfter is null ? "success" : "requeue_after";
            if (result.RequeueAfter is { } delay)
                _queue.AddAfter(item.Key, delay, item.Priority);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            outcome = "requeue";
            // Stopped in the middle, whatever it looked like from inside: whoever leads next does it again, perhaps we.
            _queue.Add(item.Key, item.Priority);
        }
        catch (TerminalException e)
        {
            _queue.Forget(item.Key);
            ControllerMetrics.Failed(Name);
            ControllerMetrics.FailedForGood(Name);
            LogTerminal(e, Name, item.Key);
        }
        catch (KubernetesException e) when (e.IsConflict)
        {
            // Somebody else was first: normal, so no error in the log; the next run reads what they wrote.
            outcome = "requeue";
            var wait = _queue.AddRateLimited(item.Key, item.Priority);
            LogConflict(Name, item.Key, e.Message, wait.TotalSeconds);
        }
        catch (Exception e)
        {
            ControllerMetrics.Failed(Name);
            if (IsBug(e))
                ControllerMetrics.Panicked(Name);
            var wait = _queue.AddRateLimited(item.Key, item.Priority);
            LogFailed(e, Name, item.Key, wait.TotalSeconds);
        }
        finally
        {
            ControllerMetrics.Reconciled(Name, outcome, _time.GetElapsedTime(started));
            ControllerMetrics.ActiveWorkers(Name, -1);
        }
    }

    /// <summary>What the runtime throws for mistakes in the code, not for what may happen outside.</summary>
    static bool IsBug(Exception e) => e is NullReferenceException or InvalidCastException or ArgumentException
        or InvalidOperationException or IndexOutOfRangeException or KeyNotFoundException;

    [LoggerMessage(Level = LogLevel.Information, Message = "Controller {Controller} started with {Concurrency} workers")]
    partial void LogStarted(string controller, int concurrency);

    [LoggerMessage(Level = LogLevel.Information, Message = "Controller {Controller} stopped")]
    partial void LogStopped(string controller);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Controller {Controller}: {Key} was changed by somebody else: {Reason}; again in {Seconds:F3} s")]
    partial void LogConflict(string controller, ObjectKey key, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Controller {Controller}: {Key} failed; again in {Seconds:F3} s")]
    partial void LogFailed(Exception e, string controller, ObjectKey key, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Controller {Controller}: {Key} failed for good, until it changes")]
    partial void LogTerminal(Exception e, string controller, ObjectKey key);
}
