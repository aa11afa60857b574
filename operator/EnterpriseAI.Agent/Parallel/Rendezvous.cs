using System.Globalization;
using System.Net.Sockets;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>Rank 0's wait for the other workers.</summary>
/// <remarks>
/// Guarantees: a connection that is no worker of this training is refused with the reason and costs nothing but
/// itself; a worker that comes again, because its pod was restarted, takes the place of its former connection.
/// </remarks>
internal sealed class Rendezvous(int worldSize, Hello own, GroupTimeouts timeouts, Action<string> say) : IAsyncDisposable
{
    private const int MaxPendingGreetings = 64;

    private readonly PeerConnection?[] _workers = new PeerConnection?[worldSize - 1];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _greetings = new(MaxPendingGreetings);
    private readonly List<Task> _pending = [];
    private readonly Lock _gate = new();
    private string? _lastRefusal;

    /// <summary>The connections to ranks 1 and above, in order; from then on the caller's to dispose.</summary>
    /// <exception cref="AgentFailure">Not everyone came in time.</exception>
    public async Task<PeerConnection[]> CompleteAsync(Socket listener, CancellationToken cancellationToken)
    {
        say($"rank 0: waiting for {worldSize - 1} other workers");
        using var clock = new CancellationTokenSource(timeouts.Rendezvous, timeouts.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var accepting = AcceptAsync(listener, _stop.Token);
        try
        {
            await _complete.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Incomplete();
        }
        finally
        {
            await _stop.CancelAsync();
            await accepting;
            await Task.WhenAll(_pending);
        }

        lock (_gate)
        {
            var workers = _workers.OfType<PeerConnection>().ToArray();
            Array.Clear(_workers);
            return workers;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var worker in _workers)
        {
            worker?.Dispose();
        }

        _stop.Dispose();
        _greetings.Dispose();
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _greetings.WaitAsync(cancellationToken);
                _pending.RemoveAll(task => task.IsCompleted);
                _pending.Add(GreetAsync(await listener.AcceptAsync(cancellationToken), cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            // Everyone is there, or the wait is over.
        }
        catch (SocketException exception)
        {
            _complete.TrySetException(AgentFailure.WorthRetrying("PortUnavailable", $"rank 0 cannot accept connections: {exception.Message}", exception));
        }
    }

    private async Task GreetAsync(Socket socket, CancellationToken cancellationToken)
    {
        var address = socket.RemoteEndPoint?.ToString() ?? "an unknown address";
        var stream = new NetworkStream(socket, ownsSocket: false);
        var seated = false;
        try
        {
            PeerConnection.Configure(socket);
            using var clock = new CancellationTokenSource(timeouts.Greeting, timeouts.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
            var hello = Hello.Parse(await Frame.ReadAsync(stream, Hello.Bytes, either.Token));
            if (own.Mismatch(hello) is { } mismatch)
            {
                throw new FrameException(mismatch);
            }

            seated = true;
            Seat(hello.Rank, new PeerConnection(socket, $"rank {hello.Rank} ({address})", timeouts), address);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            var reason = exception is OperationCanceledException ? "it did not greet in time" : exception.Message;
            if (!cancellationToken.IsCancellationRequested)
            {
                _lastRefusal = $"{address}: {reason}";
                say($"rank 0: refused a connection from {address}: {reason}");
                await RefuseAsync(stream, reason);
            }
        }
        finally
        {
            await stream.DisposeAsync();
            if (!seated)
            {
                socket.Dispose();
            }

            _greetings.Release();
        }
    }

    private void Seat(int rank, PeerConnection connection, string address)
    {
        bool all;
        lock (_gate)
        {
            _workers[rank - 1]?.Dispose();
            _workers[rank - 1] = connection;
            all = _workers.All(worker => worker is not null);
        }

        say($"rank 0: rank {rank} joined from {address}");
        if (all)
        {
            _complete.TrySetResult();
        }
    }

    private async Task RefuseAsync(NetworkStream stream, string reason)
    {
        try
        {
            using var clock = new CancellationTokenSource(timeouts.Greeting, timeouts.Clock);
            await Frame.Of(FrameKind.Reject, reason).WriteAsync(stream, clock.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // It is gone already; nothing is owed to it.
        }
    }

    private AgentFailure Incomplete()
    {
        string[] missing;
        lock (_gate)
        {
            missing = [.. _workers.Index().Where(pair => pair.Item is null).Select(pair => (pair.Index + 1).ToString(CultureInfo.InvariantCulture))];
        }

        var seconds = timeouts.Rendezvous.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return AgentFailure.WorthRetrying(
            "RendezvousTimeout",
            $"rank {string.Join(", ", missing)} of {worldSize} did not join within {seconds} s (--rendezvous-timeout); see those pods' logs"
            + (_lastRefusal is null ? string.Empty : $"; last refused: {_lastRefusal}"));
    }
}
