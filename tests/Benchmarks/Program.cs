using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using EnterpriseAI.Benchmarks;
using EnterpriseAI.Controllers;

// Measures; asserts nothing. Both sides of a ratio are measured in turns in one run.
var output = args is [var folder, ..] ? folder : "artifacts/bench";
const int Cycles = 20_000, Rounds = 15;
var keys = Enumerable.Range(0, 1000).Select(i => new ObjectKey("ns", $"object-{i}")).ToArray();
using var queue = new WorkQueue<ObjectKey>("bench");
var channel = Channel.CreateUnbounded<ObjectKey>();
var (ours, theirs, bytes) = (new List<double>(), new List<double>(), new List<double>());
for (var round = -3; round < Rounds; round++)
{
    var allocated = GC.GetTotalAllocatedBytes(precise: true);
    var queueTime = await TimeAsync(async key =>
    {
        queue.Add(key);
        var item = await queue.GetAsync(CancellationToken.None);
        queue.Forget(item!.Value.Key);
        queue.Done(item.Value.Key);
    });
    allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
    var channelTime = await TimeAsync(async key =>
    {
        channel.Writer.TryWrite(key);
        await channel.Reader.ReadAsync();
    });
    // The first rounds only warm the code up.
    if (round < 0)
        continue;
    ours.Add(queueTime);
    theirs.Add(channelTime);
    bytes.Add((double)allocated / Cycles);
}

Figure[] figures =
[
    Of("queue_cycle_ns", ours, "ns", Median(ours) / Median(theirs)),
    Of("queue_cycle_bytes", bytes, "B", null),
    Of("channel_cycle_ns", theirs, "ns", null),
];
Directory.CreateDirectory(output);
await File.WriteAllTextAsync(Path.Combine(output, "operator.json"), JsonSerializer.Serialize(figures, BenchJson.Default.FigureArray));
foreach (var figure in figures)
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure.Name,-20} {figure.Value,10:0.0} {figure.Unit}  (half of the rounds within {figure.Spread:0.0}){(figure.RatioTo is { } r ? $"  {r:0.0} times an unbounded channel's write and read" : "")}"));

async Task<double> TimeAsync(Func<ObjectKey, Task> cycle)
{
    var started = Stopwatch.GetTimestamp();
    for (var i = 0; i < Cycles; i++)
        await cycle(keys[i % keys.Length]);
    return Stopwatch.GetElapsedTime(started).TotalNanoseconds / Cycles;
}

static Figure Of(string name, List<double> rounds, string unit, double? ratio)
{
    var sorted = rounds.Order().ToList();
    return new Figure(name, Median(rounds), unit, ratio, sorted[sorted.Count * 3 / 4] - sorted[sorted.Count / 4],
        $"{Environment.ProcessorCount} cores, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}", DateTimeOffset.UtcNow);
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

namespace EnterpriseAI.Benchmarks
{
    /// <summary>One measured figure.</summary>
    /// <param name="Value">The median over the rounds.</param>
    /// <param name="RatioTo">How many times the other side's median; null for a figure that stands alone.</param>
    /// <param name="Spread">Between the quartiles of the rounds.</param>
    public sealed record Figure(string Name, double Value, string Unit, double? RatioTo, double Spread, string Machine, DateTimeOffset Date);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
    [JsonSerializable(typeof(Figure[]))]
    internal sealed partial class BenchJson : JsonSerializerContext;
}
