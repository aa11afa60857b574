using System.Net;
using System.Text.Json;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests.Model;

/// <summary>One thing that happens.</summary>
internal readonly record struct ModelStep(int Kind, int Key, int Number);

/// <summary>A server, two processes of which one leads, and a clock. One thread; nothing happens by itself.</summary>
internal sealed class ModelWorld : IDisposable
{
    public const int Kinds = 20;

    readonly ManualTimeProvider _time = new();
    readonly ModelReplica[] _replicas = new ModelReplica[2];
    int _leader;
    int _value;
    int _started;

    public ModelWorld(bool streaming)
    {
        Server = new ModelServer { Streaming = streaming };
        for (var i = 0; i < _replicas.Length; i++)
            _replicas[i] = new ModelReplica(this, _time, _started++);
        Leader.Lead();
    }

    public ModelServer Server { get; }

    public HashSet<string> InFlight { get; } = [];

    /// <summary>The version at which each key was last reconciled with success; null when it was seen gone.</summary>
    public Dictionary<string, string?> Reconciled { get; } = [];

    public List<string> Violations { get; } = [];

    public int Requests => _replicas.Sum(replica => replica.Connection.Requests);

    ModelReplica Leader => _replicas[_leader];

    public void Do(ModelStep step)
    {
        var (kind, key, number) = step;
        var replica = _replicas[number % 2];
        switch (kind)
        {
            case <= 3:
                Server.Put($"c{key}", $"{++_value}");
                break;
            case 4:
                Server.Remove($"c{key}");
                break;
            case 5:
                Server.Remove($"c{key}");
                Server.Put($"c{key}", $"{++_value}");
                break;
            case 6:
                Server.Compact();
                replica.Connection.End();
                break;
            case 7:
                replica.Connection.End(new IOException("cut"));
                break;
            case 8:
                replica.Connection.End();
                break;
            case 9:
                Crash(number % 2);
                break;
            case 10:
                ChangeLeader();
                break;
            case 11:
                _time.Advance(TimeSpan.FromSeconds(number));
                break;
            case 12 or 13:
                Leader.Process(finish: true);
                break;
            case 14 or 15:
                Leader.Process(finish: false);
                break;
            case 16:
                Leader.Finish(number % 3);
                break;
            case 17:
                replica.Connection.FailNext(key + 1, Failure(number));
                replica.Connection.End(new IOException("cut"));
                break;
            case 18:
                Server.Tick();
                Server.Bookmark();
                break;
            case 19:
                replica.Connection.Hang();
                break;
        }
    }

    /// <summary>No more faults and no more changes: time passes until nothing is left to do.</summary>
    public void Settle()
    {
        foreach (var replica in _replicas)
            replica.Connection.Heal();
        for (var round = 0; round < 400; round++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(round < 20 ? 50 : 1000));
            Leader.FinishAll();
            for (var i = 0; i < 50; i++)
                Leader.Process(finish: true);
            Server.Bookmark();
            if (round > 20 && Leader.Controller.IsIdle && _replicas.All(replica => replica.Informer.ResourceVersion == $"{Server.Version}"))
                return;
        }

        Violations.Add($"not settled: server at {Server.Version}, caches at {string.Join(", ", _replicas.Select(replica => $"{replica.Informer.ResourceVersion} ({replica.Informer.LastError})"))}, queue idle {Leader.Controller.IsIdle}");
    }

    public void Check(int steps)
    {
        var expected = Server.Objects.ToDictionary(map => map.Metadata.Name!, map => map.Metadata.ResourceVersion);
        foreach (var replica in _replicas)
        {
            var cached = replica.Informer.List().ToDictionary(map => map.Metadata.Name!, map => map.Metadata.ResourceVersion);
            if (!Same(cached, expected))
                Violations.Add($"cache {Print(cached)} is not the server's {Print(expected)}");
            var told = replica.Told.ToDictionary(pair => pair.Key, pair => pair.Value.Metadata.ResourceVersion);
            if (!Same(told, expected))
                Violations.Add($"told {Print(told)} is not the server's {Print(expected)}");
        }

        foreach (var map in Server.Objects)
        {
            if (map.Data!.GetValueOrDefault("observed") != map.Data!["k"])
                Violations.Add($"{map.Metadata.Name}: {map.Data!["k"]} was never acted on");
            if (Reconciled.GetValueOrDefault(map.Metadata.Name!) != map.Metadata.ResourceVersion)
                Violations.Add($"{map.Metadata.Name} is at {map.Metadata.ResourceVersion} and was last reconciled at {Reconciled.GetValueOrDefault(map.Metadata.Name!)}");
        }

        // A fault costs a few requests, a second of failure at most a few more: without backing off it would be thousands.
        if (Requests > 100 + (steps * 30))
            Violations.Add($"{Requests} requests for {steps} steps");
        if (Violations.Count > 0)
            throw new AssertionException(string.Join("; ", Violations.Take(5)));
    }

    public void Dispose()
    {
        foreach (var replica in _replicas)
            replica.Dispose();
    }

    static Func<Exception> Failure(int number) => (number % 6) switch
    {
        0 => () => ModelServer.Failure(HttpStatusCode.InternalServerError, "InternalError"),
        1 => () => ModelServer.Failure(HttpStatusCode.TooManyRequests, "TooManyRequests"),
        2 => () => ModelServer.Failure(HttpStatusCode.Gone, "Expired"),
        3 => () => new HttpRequestException("refused"),
        4 => () => new JsonException("corrupt"),
        _ => () => new AggregateException(new InvalidOperationException("a bug")),
    };

    static bool Same(Dictionary<string, string?> a, Dictionary<string, string?> b) => a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);

    static string Print(Dictionary<string, string?> versions) => $"{{{string.Join(' ', versions.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}@{pair.Value}"))}}}";

    /// <summary>A process ends in the middle of whatever it does, and another one starts in its place.</summary>
    void Crash(int which)
    {
        _replicas[which].Dispose();
        _replicas[which] = new ModelReplica(this, _time, _started++);
        if (which == _leader)
            Leader.Lead();
    }

    void ChangeLeader()
    {
        Leader.Resign();
        _leader = 1 - _leader;
        Leader.Lead();
    }
}
