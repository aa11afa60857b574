using System.Collections.Concurrent;
using System.Diagnostics;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Benchmarks.Operator;

/// <summary>What one change took, in milliseconds from sending it.</summary>
/// <param name="Answered">Until the API server answered it.</param>
/// <param name="Reached">Until a watch showed the status that was made of it.</param>
internal readonly record struct ChangeTimes(double Answered, double Reached);

/// <summary>
/// Changes specs at a fixed rate and takes the time from sending a change until a watch shows the status that was made of it. The
/// rate does not wait for the operator, so that a slow one is not spared the changes it should have answered.
/// </summary>
internal static class ChangeLatency
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="bare">
    /// Nobody reconciles; the watch that takes the times writes the smallest status there is as soon as it sees a change. So it tells
    /// what the API server alone needs for a change, its status and both watch events: no operator can be faster.
    /// </param>
    /// <returns>The times of each change.</returns>
    public static async Task<IReadOnlyList<ChangeTimes>> MeasureAsync(
        KubernetesClient client, int objects, int rate, TimeSpan duration, bool bare, CancellationToken cancellationToken)
    {
        var reached = new ConcurrentDictionary<(string Name, long Generation), long>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var version = (await client.ListAsync(ApiResources.DataSources, null, null, cancellationToken)).Metadata.ResourceVersion;
        var writing = new List<Task>();
        var watching = WatchAsync();

        var random = new Random(rate);
        var changes = new List<Task<(string Name, long Generation, long SentAt, TimeSpan Answered)>>();
        var count = (int)(rate * duration.TotalSeconds);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / rate) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
                await Task.Delay(due, cancellationToken);
            changes.Add(ChangeAsync(random.Next(objects), i));
        }
        var sent = await Task.WhenAll(changes);

        var deadline = Stopwatch.GetTimestamp();
        while (sent.Any(c => !reached.ContainsKey((c.Name, c.Generation))))
        {
            if (Stopwatch.GetElapsedTime(deadline) > Patience)
                throw new TimeoutException($"{sent.Count(c => !reached.ContainsKey((c.Name, c.Generation)))} of {count} changes did not reach their status within {Patience.TotalSeconds} s");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
        await stop.CancelAsync();
        await watching;
        return [.. sent.Select(c => new ChangeTimes(c.Answered.TotalMilliseconds, Stopwatch.GetElapsedTime(c.SentAt, reached[(c.Name, c.Generation)]).TotalMilliseconds))];

        async Task<(string, long, long, TimeSpan)> ChangeAsync(int number, int i)
        {
            var sentAt = Stopwatch.GetTimestamp();
            var changed = await client.PatchAsync(ApiResources.DataSources, RestingObjects.Namespace(number), $"bench-{number}",
                Patch.Merge("""{"spec":{"source":{"s3":{"prefix":"penguins/#"}}}}""".Replace("#", $"{(bare ? "bare-" : "")}{Environment.ProcessId}-{rate}-{i}")), cancellationToken: cancellationToken);
            return (changed.Metadata.Name!, changed.Metadata.Generation ?? 0, sentAt, Stopwatch.GetElapsedTime(sentAt));
        }

        async Task WatchAsync()
        {
            try
            {
                while (true)
                {
                    await foreach (var change in client.WatchAsync(ApiResources.DataSources, null, new WatchOptions { ResourceVersion = version }, stop.Token))
                    {
                        version = change.ResourceVersion ?? version;
                        if (bare && change.Object is { } seen && seen.Status?.ObservedGeneration != seen.Metadata.Generation)
                            writing.Add(ObserveAsync(seen));
                        if (change.Object is not { Status.ObservedGeneration: { } observed } source)
                            continue;
                        // A status made of a later generation covers the earlier ones too.
                        var now = Stopwatch.GetTimestamp();
                        for (var generation = observed; generation > 0 && reached.TryAdd((source.Metadata.Name!, generation), now); generation--)
                        {
                        }
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Every change has reached its status.
            }
            await Task.WhenAll(writing);
        }

        Task ObserveAsync(DataSource source) => client.PatchAsync(ApiResources.DataSources, source.Metadata.Namespace, source.Metadata.Name!,
            Patch.Merge("""{"status":{"observedGeneration":#}}""".Replace("#", source.Metadata.Generation.ToString())), "status", cancellationToken: cancellationToken);
    }
}
