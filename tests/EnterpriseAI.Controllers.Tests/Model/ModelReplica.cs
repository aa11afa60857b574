using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests.Model;

/// <summary>One process: an informer, a queue, a controller, and the reconciles that are under way in it.</summary>
internal sealed class ModelReplica : IDisposable
{
    readonly ModelWorld _world;
    readonly WriteTracker _tracker;
    readonly CancellationTokenSource _stop = new();
    readonly List<Flight> _flights = [];
    readonly Dictionary<string, V1ConfigMap> _told = [];
    CancellationTokenSource? _term;

    public ModelReplica(ModelWorld world, ManualTimeProvider time, int number)
    {
        _world = world;
        Connection = world.Server.Connect();
        _tracker = new WriteTracker(time);
        var options = new InformerOptions<V1ConfigMap> { Backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2), 1) };
        Informer = new Informer<V1ConfigMap>(Connection, CoreResources.ConfigMaps, options, null, time, new Random(number));
        Informer.AddHandler(Tell);
        Controller = new ControllerBuilder("model", time: time).For(Informer).WithConcurrency(3).WithWriteTracker(_tracker).WithReconciler(new Reconciler(this)).Build();
        _ = Informer.RunAsync(_stop.Token);
    }

    public ModelConnection Connection { get; }

    public Informer<V1ConfigMap> Informer { get; }

    public Controller Controller { get; }

    public IReadOnlyDictionary<string, V1ConfigMap> Told => _told;

    public void Lead() => _term = new CancellationTokenSource();

    /// <summary>What is under way is told to stop, and stops, before anybody else leads.</summary>
    public void Resign()
    {
        _term?.Cancel();
        foreach (var flight in _flights.ToArray())
            flight.End.TrySetCanceled();
        _term = null;
    }

    public void Process(bool finish)
    {
        if (_term is not { } term || !Informer.HasSynced || _flights.Count >= Controller.Concurrency)
            return;
        _finishAtOnce = finish;
        Controller.TryProcessNext(term.Token, out var work);
        if (work.IsFaulted)
            _world.Violations.Add($"a worker died: {work.Exception}");
    }

    /// <summary>Ends the reconcile that began first.</summary>
    public void Finish(int how)
    {
        if (_flights.Count > 0)
            _flights[0].End.TrySetResult(how);
    }

    public void FinishAll()
    {
        foreach (var flight in _flights.ToArray())
            flight.End.TrySetResult(0);
    }

    public void Dispose()
    {
        Resign();
        _stop.Cancel();
        Connection.End();
        _world.Server.Forget(Connection);
        Controller.Dispose();
        _stop.Dispose();
    }

    bool _finishAtOnce;

    async Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_world.InFlight.Add(key.Name))
            _world.Violations.Add($"{key} is reconciled twice at once");
        var seen = Informer.Get(key);
        var flight = new Flight(new TaskCompletionSource<int>());
        _flights.Add(flight);
        try
        {
            if (_finishAtOnce)
                flight.End.SetResult(0);
            var how = await flight.End.Task.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (how == 1)
                throw new HttpRequestException("refused");
            if (seen is not null && seen.Data!.GetValueOrDefault("observed") != seen.Data!["k"])
                _tracker.Wrote(key, Informer, _world.Server.Observe(seen));
            _world.Reconciled[key.Name] = seen?.Metadata.ResourceVersion;
            return how == 2 ? ReconcileResult.After(TimeSpan.FromSeconds(7)) : ReconcileResult.Done;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return ReconcileResult.Done;
        }
        finally
        {
            _flights.Remove(flight);
            _world.InFlight.Remove(key.Name);
        }
    }

    /// <summary>What somebody who only listens would believe; objects must not go back in time.</summary>
    void Tell(InformerChange<V1ConfigMap> change)
    {
        var before = _told.GetValueOrDefault(change.Key.Name);
        if (before?.Metadata.ResourceVersion != change.Old?.Metadata.ResourceVersion && change.New is not null)
            _world.Violations.Add($"{change.Key}: told {before?.Metadata.ResourceVersion} before, now {change.Old?.Metadata.ResourceVersion} -> {change.New.Metadata.ResourceVersion}");
        if (change.New is { } now)
        {
            if (change.Old is { } old && long.Parse(now.Metadata.ResourceVersion!) < long.Parse(old.Metadata.ResourceVersion!))
                _world.Violations.Add($"{change.Key} went back from {old.Metadata.ResourceVersion} to {now.Metadata.ResourceVersion}");
            _told[change.Key.Name] = now;
        }
        else
        {
            _told.Remove(change.Key.Name);
        }
    }

    sealed record Flight(TaskCompletionSource<int> End);

    sealed class Reconciler(ModelReplica replica) : IReconciler
    {
        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => replica.ReconcileAsync(key, cancellationToken);
    }
}
