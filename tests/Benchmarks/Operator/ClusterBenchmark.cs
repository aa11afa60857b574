using EnterpriseAI.Kubernetes;
using EnterpriseAI.Story;

namespace EnterpriseAI.Benchmarks.Operator;

/// <summary>
/// The operator's figures at 10,000 custom resources on a real API server: restart, memory, idleness, and how soon a change reaches
/// its status. The installed operator must be away meanwhile (<c>build/bench</c> sees to it).
/// </summary>
internal static class ClusterBenchmark
{
    private const int PerKind = 2000, FewPerKind = 200, Kinds = 5, Port = 18080, AuditPort = 18081;
    private const string Namespace = "enterpriseai-bench";
    private static readonly int[] Rates = [1, 10, 50, 100];
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(30));
        var token = patience.Token;
        using var cluster = Cluster.Connect();
        var folder = cluster.Programs;
        await using var audit = new LocalAuditLog(folder, AuditPort);
        List<Figure> figures = [];
        try
        {
            // An earlier run's are removed in the background.
            await RemoveAsync(cluster, wait: true, token);
            await CreateNamespacesAsync(cluster, token);
            Say($"creating {FewPerKind * Kinds} resources");
            await RestingObjects.CreateAsync(cluster.Client, 0, FewPerKind, token);
            await using (var first = Start())
                Say($"first reconciled in {(await first.SettledAsync(FewPerKind, token)).TotalSeconds:0.0} s");
            double few;
            await using (var small = Start())
                few = await RestingMemoryAsync(small, FewPerKind, token);

            Say($"creating {(PerKind - FewPerKind) * Kinds} more");
            await RestingObjects.CreateAsync(cluster.Client, FewPerKind, PerKind, token);
            await using (var first = Start())
                Say($"first reconciled in {(await first.SettledAsync(PerKind, token)).TotalSeconds:0.0} s");

            var before = await RestingObjects.VersionsAsync(cluster.Client, token);
            await using var restarted = Start();
            var restart = await restarted.SettledAsync(PerKind, token);
            figures.Add(Figure.Once("restart_seconds", restart.TotalSeconds, "s"));
            figures.Add(Figure.Once("restart_writes", await restarted.WritesAsync(token), "requests"));
            var after = await RestingObjects.VersionsAsync(cluster.Client, token);
            figures.Add(Figure.Once("restart_objects_changed", before.Count(b => after[b.Key] != b.Value), "objects"));
            Say($"restarted in {restart.TotalSeconds:0.0} s");

            var rest = await RestingMemoryAsync(restarted, PerKind, token);
            figures.Add(Figure.Once("rest_mb", rest, "MB"));
            figures.Add(Figure.Once("rest_anonymous_mb", restarted.MegabytesInUse().Anonymous, "MB"));
            figures.Add(Figure.Once("object_bytes", (rest - few) * 1e6 / ((PerKind - FewPerKind) * Kinds), "B"));

            Say($"idle for {Idle.TotalMinutes} minutes");
            var (writes, processor) = (await restarted.WritesAsync(token), restarted.Processor());
            await Task.Delay(Idle, token);
            figures.Add(Figure.Once("idle_writes", await restarted.WritesAsync(token) - writes, "requests"));
            figures.Add(Figure.Once("idle_cpu_percent", (restarted.Processor() - processor) / Idle * 100, "% of one core"));
            // A process that rests longer must not have grown.
            figures.Add(Figure.Once("rest_mb_after_idle", restarted.MegabytesInUse().Resident, "MB"));

            foreach (var rate in Rates)
            {
                Say($"{rate} changes a second for {RateFor(rate).TotalSeconds} s");
                var times = await ChangeLatency.MeasureAsync(cluster.Client, PerKind, rate, RateFor(rate), bare: false, token);
                figures.AddRange(Figures("change", rate, times));
            }

            await restarted.StopAsync();
            foreach (var rate in Rates)
            {
                Say($"{rate} changes a second for {RateFor(rate).TotalSeconds} s, without the operator");
                figures.AddRange(Figures("bare_change", rate, await ChangeLatency.MeasureAsync(cluster.Client, PerKind, rate, RateFor(rate), bare: true, token)));
            }
            return figures;
        }
        finally
        {
            Say("removing the resources");
            await RemoveAsync(cluster, wait: false, CancellationToken.None);
        }

        LocalOperator Start() => LocalOperator.Start(folder, cluster.Kubeconfig, Namespace, Port, audit.Address);
    }

    private static TimeSpan RateFor(int rate) => TimeSpan.FromSeconds(rate == 1 ? 60 : 30);

    // The issue's one figure is at 50 a second; the others carry their rate in the name.
    private static IEnumerable<Figure> Figures(string what, int rate, IReadOnlyList<ChangeTimes> times)
    {
        var suffix = rate == 50 ? "" : $"_at_{rate}";
        yield return Figure.Once($"{what}_answered_p99_ms{suffix}", Quantile([.. times.Select(t => t.Answered)], 0.99), "ms");
        yield return Figure.Once($"{what}_to_status_p50_ms{suffix}", Quantile([.. times.Select(t => t.Reached)], 0.5), "ms");
        yield return Figure.Once($"{what}_to_status_p99_ms{suffix}", Quantile([.. times.Select(t => t.Reached)], 0.99), "ms");
    }

    private static async Task<double> RestingMemoryAsync(LocalOperator process, int perKind, CancellationToken cancellationToken)
    {
        await process.SettledAsync(perKind, cancellationToken);
        // What a start needed is given back a little later.
        await Task.Delay(Rest, cancellationToken);
        return process.MegabytesInUse().Resident;
    }

    private static async Task CreateNamespacesAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        foreach (var name in Enumerable.Range(0, RestingObjects.Namespaces).Select(RestingObjects.Namespace).Append(Namespace))
            await cluster.Client.CreateAsync(CoreResources.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, cancellationToken: cancellationToken);
    }

    private static async Task RemoveAsync(Cluster cluster, bool wait, CancellationToken cancellationToken)
    {
        await cluster.KubectlAsync(["delete", "compliancepolicies", "-l", "bench=true", $"--wait={(wait ? "true" : "false")}"], cancellationToken);
        await cluster.KubectlAsync(
            ["delete", "namespaces", Namespace, .. Enumerable.Range(0, RestingObjects.Namespaces).Select(RestingObjects.Namespace), "--ignore-not-found", $"--wait={(wait ? "true" : "false")}", "--timeout=15m"], cancellationToken);
    }

    private static double Quantile(IReadOnlyList<double> values, double quantile) =>
        values.Order().ElementAt(Math.Min(values.Count - 1, (int)Math.Ceiling(quantile * values.Count) - 1));

    private static void Say(string what) => Console.WriteLine($"   {DateTimeOffset.Now:HH:mm:ss}  {what}");
}
