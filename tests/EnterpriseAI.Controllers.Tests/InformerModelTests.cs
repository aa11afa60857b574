using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using FsCheck;
using FsCheck.Fluent;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

/// <summary>Random writes and faults; when all is quiet the cache, an index and what handlers were told equal the server.</summary>
public sealed class InformerModelTests
{
    [Test]
    public void After_any_sequence_of_changes_and_faults_the_cache_equals_the_server()
    {
        var step = Gen.Choose(0, 13).SelectMany(kind => Gen.Choose(0, 5).Select(key => (kind, key)));
        Prop.ForAll(step.ArrayOf().ToArbitrary(), steps => RunAsync(steps).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(40));
    }

    static async Task RunAsync((int Kind, int Key)[] steps)
    {
        var time = new ManualTimeProvider();
        using var server = new FakeApiServer();
        using var client = server.Client(time);
        using var stop = new CancellationTokenSource();
        var told = new Dictionary<string, string?>();
        var surprises = new List<string>();
        var options = new InformerOptions<V1ConfigMap> { Backoff = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), 1) };
        var informer = new Informer<V1ConfigMap>(client, CoreResources.ConfigMaps, options, time: time).AddIndex("value", map => [Value(map)!]);
        informer.AddHandler(change => Tell(told, surprises, change));
        var run = informer.RunAsync(stop.Token);

        var version = 0;
        foreach (var (kind, key) in steps)
        {
            Step(server, kind, key, ref version);
            time.Advance(TimeSpan.FromSeconds(kind == 12 ? 20 : 0.01));
            if (kind % 3 == 0)
                await Task.Yield();
        }

        server.Fault = null;
        // The last write tells when everything before it has arrived.
        server.Put(CoreResources.ConfigMaps, Map("last", "last"));
        await time.AdvanceUntilAsync(() => Heard(told, "last"), TimeSpan.FromMilliseconds(100), "the last write");
        var expected = server.All("api/v1/configmaps").ToDictionary(obj => obj["metadata"]!["name"]!.ToString(), obj => obj["data"]!["k"]!.ToString());
        Assert.That(informer.List().ToDictionary(map => map.Name, map => Value(map)!), Is.EquivalentTo(expected));
        // A list reports its objects one after the other, in no order: "last" may come before others.
        await Eventually.True(() => Snapshot(told).Count == expected.Count && expected.All(pair => Snapshot(told).GetValueOrDefault(pair.Key) == pair.Value), "all changes told");
        Assert.That(surprises, Is.Empty);
        foreach (var group in expected.GroupBy(pair => pair.Value))
            Assert.That(informer.ByIndex("value", group.Key).Select(map => map.Name), Is.EquivalentTo(group.Select(pair => pair.Key)));

        await stop.CancelAsync();
        await run;
    }

    static void Step(FakeApiServer server, int kind, int key, ref int version)
    {
        switch (kind)
        {
            case <= 3:
                server.Put(CoreResources.ConfigMaps, Map($"c{key}", $"{(key == 0 ? version % 2 : ++version)}"));
                break;
            case 4 or 5:
                if (server.Stored(CoreResources.ConfigMaps, "ns", $"c{key}") is not null)
                    server.Remove(CoreResources.ConfigMaps, "ns", $"c{key}");
                break;
            case 6:
                server.EndWatches();
                break;
            case 7:
                server.EndWatches(new IOException("cut"));
                break;
            case 8:
                server.Compact();
                server.ExpiresInStream = key % 2 == 0;
                break;
            case 9:
                var next = version;
                server.Outage(() => server.Put(CoreResources.ConfigMaps, Map($"c{key}", $"outage {next}")));
                break;
            case 10:
                server.SendRaw("{\"type\":\"MODIFIED\",\"obj\n");
                break;
            case 11:
                var failures = key;
                server.Fault = _ => Interlocked.Decrement(ref failures) >= 0 ? FakeApiServer.Failure(System.Net.HttpStatusCode.InternalServerError, "InternalError") : null;
                break;
            case 13:
                server.Tick();
                server.SendBookmarks();
                break;
        }
    }

    /// <summary>What somebody who only listens to changes would believe.</summary>
    static void Tell(Dictionary<string, string?> told, List<string> surprises, InformerChange<V1ConfigMap> change)
    {
        lock (told)
            TellLocked(told, surprises, change);
    }

    static bool Heard(Dictionary<string, string?> told, string name) => Snapshot(told).ContainsKey(name);

    static Dictionary<string, string?> Snapshot(Dictionary<string, string?> told)
    {
        lock (told)
            return new Dictionary<string, string?>(told);
    }

    static void TellLocked(Dictionary<string, string?> told, List<string> surprises, InformerChange<V1ConfigMap> change)
    {
        if (Value(change.Old) != told.GetValueOrDefault(change.Key.Name))
            surprises.Add($"{change.Key}: told {told.GetValueOrDefault(change.Key.Name)} before, now {Value(change.Old)} -> {Value(change.New)}");
        if (change.New is { } now)
            told[change.Key.Name] = Value(now);
        else
            told.Remove(change.Key.Name);
    }
}
