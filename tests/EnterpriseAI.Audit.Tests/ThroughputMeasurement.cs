using System.Diagnostics;
using EnterpriseAI.Audit.Tests.Server;

namespace EnterpriseAI.Audit.Tests;

/// <summary>Appends per second over loopback, each one durable before it is answered. A figure, not a promise: it depends on the disk.</summary>
[Explicit("measures, asserts nothing")]
public sealed class ThroughputMeasurement
{
    [Test]
    public async Task Appends_per_second([Values(1, 64)] int clients)
    {
        await using var server = await TestServer.StartAsync();
        var count = clients == 1 ? 2000 : 20_000;
        await Append(server, 0, 200, clients);
        var start = Stopwatch.GetTimestamp();
        await Append(server, 200, count, clients);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TestContext.Out.WriteLine($"{clients} clients: {count / seconds:F0} appends/s, {clients * seconds * 1000 / count:F2} ms each");
    }

    private static async Task Append(TestServer server, int from, int count, int clients) =>
        await Parallel.ForAsync(from, from + count, new ParallelOptions { MaxDegreeOfParallelism = clients },
            async (i, token) => await server.Client.AppendAsync(TestEvents.Event(i), token));
}
