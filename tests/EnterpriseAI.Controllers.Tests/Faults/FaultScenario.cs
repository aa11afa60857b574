using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers.Tests.Faults;

/// <summary>What a fault did.</summary>
/// <param name="Recovery">From the end of the fault until all that was changed meanwhile was acted on.</param>
/// <param name="Requests">That reached the proxy's HTTP server during the fault.</param>
/// <param name="Reads">Those of them that were lists and watches.</param>
/// <param name="Connections">That were tried during the fault.</param>
internal sealed record FaultReport(Fault Fault, TimeSpan Lasted, TimeSpan Recovery, int Requests, int Reads, int Connections, int Changes, int Reconciles, IReadOnlyList<string> Violations)
{
    public override string ToString() =>
        $"{Fault}: {Changes} changes in {Lasted.TotalSeconds:F1} s of fault, recovered in {Recovery.TotalSeconds:F2} s; {Requests / Lasted.TotalSeconds:F1} requests/s, of them {Reads / Lasted.TotalSeconds:F1} lists and watches/s; {Connections / Lasted.TotalSeconds:F1} connections/s; {Reconciles} reconciles";
}

/// <summary>A controller behind a <see cref="FaultProxy"/>, and somebody who changes its objects past the proxy.</summary>
/// <remarks>The objects are ConfigMaps of one namespace: <c>data.k</c> is what the user wants, the controller copies it to
/// <c>data.observed</c>. Works on any API server; leaves nothing behind.</remarks>
internal sealed class FaultScenario(FaultUpstream upstream, string ns)
{
    const int Objects = 15;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly string _run = $"fault-{Guid.NewGuid():n}"[..14];
    readonly ConcurrentDictionary<ObjectKey, int> _running = new();
    readonly ConcurrentQueue<string> _violations = new();
    int _reconciles;

    public async Task<FaultReport> RunAsync(Fault fault, TimeSpan lasts, CancellationToken cancellationToken)
    {
        using var direct = upstream.Direct();
        await using var proxy = await FaultProxy.StartAsync(upstream);
        using var client = new KubernetesClient(proxy.Configuration) { RequestTimeout = TimeSpan.FromSeconds(3) };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var informer = new Informer<V1ConfigMap>(client, CoreResources.ConfigMaps, Options(fault));
        using var controller = new ControllerBuilder("fault").For(informer, _ => true).WithConcurrency(4)
            .WithBackoff(new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1), 0.5))
            .WithReconciler(new Copies(this, client, informer)).Build();
        var run = Task.WhenAll(informer.RunAsync(stop.Token), controller.RunAsync(stop.Token));
        try
        {
            var wanted = new Dictionary<string, string>();
            for (var i = 0; i < Objects; i++)
                await PutAsync(direct, wanted, $"{_run}-{i}", "0", cancellationToken);
            await SettledAsync(direct, informer, wanted, "before the fault", cancellationToken);

            var before = proxy.Requests.ToList();
            var connections = proxy.Connections;
            proxy.Fault = fault;
            var started = Stopwatch.GetTimestamp();
            var changes = await ChangeAsync(direct, wanted, started, lasts, cancellationToken);
            var during = proxy.Requests.Skip(before.Count).ToList();
            var lasted = Stopwatch.GetElapsedTime(started);
            connections = proxy.Connections - connections;
            proxy.Fault = Fault.None;

            var healed = Stopwatch.GetTimestamp();
            await PutAsync(direct, wanted, $"{_run}-0", "after", cancellationToken);
            await SettledAsync(direct, informer, wanted, "after the fault", cancellationToken);
            return new FaultReport(
                fault, lasted, Stopwatch.GetElapsedTime(healed), during.Count, during.Count(kind => kind is "LIST" or "WATCH"), connections, changes, _reconciles, [.. _violations]);
        }
        finally
        {
            await stop.CancelAsync();
            await run;
            foreach (var map in (await direct.ListAsync(CoreResources.ConfigMaps, ns, new ListOptions { LabelSelector = Selector }, CancellationToken.None)).Items)
                await direct.DeleteAsync(CoreResources.ConfigMaps, ns, map.Name, cancellationToken: CancellationToken.None);
        }
    }

    string Selector => $"run={_run}";

    InformerOptions<V1ConfigMap> Options(Fault fault) => new()
    {
        Namespace = ns,
        LabelSelector = Selector,
        // A stale list can only be served where there is a list.
        StreamingList = fault == Fault.StaleList ? StreamingList.Never : StreamingList.WhereKnown,
        // Everything in seconds instead of minutes; the relations are those of the defaults.
        MinimumWatch = TimeSpan.FromSeconds(2),
        MaximumWatch = TimeSpan.FromSeconds(3),
        WatchdogMargin = TimeSpan.FromSeconds(1),
        Backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), 1),
    };

    /// <summary>Creates, changes and deletes, about 30 times a second.</summary>
    async Task<int> ChangeAsync(KubernetesClient direct, Dictionary<string, string> wanted, long started, TimeSpan lasts, CancellationToken cancellationToken)
    {
        var random = new Random(5);
        var changes = 0;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(33));
        while (Stopwatch.GetElapsedTime(started) < lasts && await pace.WaitForNextTickAsync(cancellationToken))
        {
            var name = $"{_run}-{random.Next(Objects + 5)}";
            if (random.Next(5) == 0)
            {
                await direct.DeleteAsync(CoreResources.ConfigMaps, ns, name, cancellationToken: cancellationToken);
                wanted.Remove(name);
            }
            else
            {
                await PutAsync(direct, wanted, name, $"{++changes}", cancellationToken);
            }
        }

        return changes;
    }

    async Task PutAsync(KubernetesClient direct, Dictionary<string, string> wanted, string name, string value, CancellationToken cancellationToken)
    {
        wanted[name] = value;
        if (await direct.TryGetAsync(CoreResources.ConfigMaps, ns, name, cancellationToken) is not null)
        {
            await direct.PatchAsync(CoreResources.ConfigMaps, ns, name, Patch.Merge($$"""{"data":{"k":"{{value}}"} }"""), cancellationToken: cancellationToken);
            return;
        }

        await direct.CreateAsync(
            CoreResources.ConfigMaps,
            new V1ConfigMap
            {
                Metadata = new V1ObjectMeta { Namespace = ns, Name = name, Labels = new Dictionary<string, string> { ["run"] = _run } },
                Data = new Dictionary<string, string> { ["k"] = value },
            },
            cancellationToken: cancellationToken);
    }

    /// <summary>Every wish was acted on, and the cache is the server.</summary>
    async Task SettledAsync(KubernetesClient direct, Informer<V1ConfigMap> informer, Dictionary<string, string> wanted, string when, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var there = (await direct.ListAsync(CoreResources.ConfigMaps, ns, new ListOptions { LabelSelector = Selector }, cancellationToken)).Items;
            var cached = informer.List().ToDictionary(map => map.Name, map => map.Metadata.ResourceVersion);
            var isDone = there.Count == wanted.Count && there.All(map => map.Data!["k"] == wanted[map.Name] && map.Data!.GetValueOrDefault("observed") == wanted[map.Name]);
            if (isDone && cached.Count == there.Count && there.All(map => cached.GetValueOrDefault(map.Name) == map.Metadata.ResourceVersion))
                return;
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                var wrong = there.Where(map => !(map.Data!.GetValueOrDefault("observed") == wanted.GetValueOrDefault(map.Name) && cached.GetValueOrDefault(map.Name) == map.Metadata.ResourceVersion))
                    .Select(map => $"{map.Name}@{map.Metadata.ResourceVersion} (cached {cached.GetValueOrDefault(map.Name)}) {map.Data!["k"]}->{map.Data!.GetValueOrDefault("observed")}, wanted {wanted.GetValueOrDefault(map.Name)}");
                throw new TimeoutException($"{when}: not settled: {there.Count} of {wanted.Count} objects, {cached.Count} cached, {informer.LastError}: {string.Join("; ", wrong)}");
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    async Task<ReconcileResult> CopyAsync(KubernetesClient client, Informer<V1ConfigMap> informer, ObjectKey key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reconciles);
        if (_running.AddOrUpdate(key, 1, (_, count) => count + 1) > 1)
            _violations.Enqueue($"{key} was reconciled twice at once");
        try
        {
            await Task.Yield();
            if (informer.Get(key) is not { } map || map.Data!.GetValueOrDefault("observed") == map.Data!["k"])
                return ReconcileResult.Done;
            var patch = Patch.Json(
                JsonPatchOperation.Test("/metadata/resourceVersion", map.Metadata.ResourceVersion!),
                JsonPatchOperation.Add("/data/observed", JsonSerializer.SerializeToElement(map.Data!["k"])));
            await client.PatchAsync(CoreResources.ConfigMaps, key.Namespace, key.Name, patch, cancellationToken: cancellationToken);
            return ReconcileResult.Done;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return ReconcileResult.Done;
        }
        finally
        {
            _running.AddOrUpdate(key, 0, (_, count) => count - 1);
        }
    }

    sealed class Copies(FaultScenario scenario, KubernetesClient client, Informer<V1ConfigMap> informer) : IReconciler
    {
        public Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => scenario.CopyAsync(client, informer, key, cancellationToken);
    }
}
