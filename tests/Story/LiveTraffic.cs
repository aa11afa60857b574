using System.Collections.Concurrent;

namespace EnterpriseAI.Story;

/// <summary>Clients that ask one penguin after another until they are stopped; counts what each revision answered.</summary>
public sealed class LiveTraffic : IAsyncDisposable
{
    private const int Clients = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, (long Requests, long Errors)> _counts = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _clients;

    public LiveTraffic(InferenceClient client, HeldOut heldOut) =>
        _clients = [.. Enumerable.Range(0, Clients).Select(number => AskAsync(client, heldOut, number))];

    /// <summary>Requests and errors (5xx, or no answer) per revision.</summary>
    public IReadOnlyDictionary<string, (long Requests, long Errors)> Counts => _counts;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    private async Task AskAsync(InferenceClient client, HeldOut heldOut, int number)
    {
        for (var i = number; !_stop.IsCancellationRequested; i += Clients)
        {
            try
            {
                var answer = await client.InferAsync([heldOut.Rows[i % heldOut.Rows.Count]], _stop.Token);
                Count(answer.Revision ?? "none", answer.Status >= 500);
                await Task.Delay(Pause, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (HttpRequestException)
            {
                Count("none", true);
            }
        }
    }

    private void Count(string revision, bool error) =>
        _counts.AddOrUpdate(revision, (1, error ? 1 : 0), (_, c) => (c.Requests + 1, c.Errors + (error ? 1 : 0)));
}
