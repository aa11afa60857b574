using System.Diagnostics;
using System.Threading.Channels;
using EnterpriseAI.Controllers;

namespace EnterpriseAI.Benchmarks.Operator;

/// <summary>Add, get, forget, done of one key after another on one thread, against a write and a read of an unbounded channel.</summary>
internal static class QueueBenchmark
{
    private const int Cycles = 100_000, Warmups = 5, Rounds = 21;

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => new ObjectKey("ns", $"object-{i}")).ToArray();
        using var queue = new WorkQueue<ObjectKey>("bench");
        var channel = Channel.CreateUnbounded<ObjectKey>();
        var (ours, theirs, bytes) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -Warmups; round < Rounds; round++)
        {
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Cycles; i++)
            {
                queue.Add(keys[i % keys.Length]);
                var item = await queue.GetAsync(CancellationToken.None);
                queue.Forget(item!.Value.Key);
                queue.Done(item.Value.Key);
            }
            var queueTime = Stopwatch.GetElapsedTime(started).TotalNanoseconds / Cycles;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Cycles; i++)
            {
                channel.Writer.TryWrite(keys[i % keys.Length]);
                await channel.Reader.ReadAsync();
            }
            var channelTime = Stopwatch.GetElapsedTime(started).TotalNanoseconds / Cycles;
            if (round < 0)
                continue;
            ours.Add(queueTime);
            theirs.Add(channelTime);
            bytes.Add((double)allocated / Cycles);
        }
        return [Figure.Of("queue_cycle_ns", ours, "ns", theirs), Figure.Of("queue_cycle_bytes", bytes, "B"), Figure.Of("channel_cycle_ns", theirs, "ns")];
    }
}
