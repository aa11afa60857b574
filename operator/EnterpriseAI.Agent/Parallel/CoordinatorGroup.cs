using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>The group as rank 0 sees it: one connection to every other worker; it computes the mean.</summary>
internal sealed class CoordinatorGroup : IParameterGroup
{
    private readonly PeerConnection[] _workers;
    private uint _round;

    private CoordinatorGroup(PeerConnection[] workers) => _workers = workers;

    /// <summary>Listens until every other worker has greeted.</summary>
    /// <exception cref="AgentFailure">The port is taken, or not everyone came in time.</exception>
    public static async Task<CoordinatorGroup> GatherAsync(
        RankEnvironment environment, Hello hello, GroupTimeouts timeouts, Action<string> say, CancellationToken cancellationToken)
    {
        using var listener = Listen(environment.MasterPort);
        return await GatherAsync(listener, environment, hello, timeouts, say, cancellationToken);
    }

    internal static async Task<CoordinatorGroup> GatherAsync(
        Socket listener, RankEnvironment environment, Hello hello, GroupTimeouts timeouts, Action<string> say, CancellationToken cancellationToken)
    {
        await using var rendezvous = new Rendezvous(environment.WorldSize, hello, timeouts, say);
        var group = new CoordinatorGroup(await rendezvous.CompleteAsync(listener, cancellationToken));
        try
        {
            await Task.WhenAll(group._workers.Select(worker => worker.SendAsync(new Frame(FrameKind.Welcome, []), cancellationToken)));
            say($"rank 0: all {environment.WorldSize} workers are there");
            return group;
        }
        catch (AgentFailure failure)
        {
            await group.AbortAsync(failure.Message);
            await group.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the port on every address, IPv4 and IPv6.</summary>
    internal static Socket Listen(int port)
    {
        var socket = Socket.OSSupportsIPv6
            ? new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true }
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw AgentFailure.WorthRetrying(
                "PortUnavailable", $"rank 0 cannot listen on MASTER_PORT {port.ToString(CultureInfo.InvariantCulture)}: {exception.Message}", exception);
        }
    }

    public async Task AverageAsync(double[] vector, CancellationToken cancellationToken)
    {
        _round++;
        var received = _workers.Select(_ => new double[vector.Length]).ToArray();
        await AllAsync((worker, i, token) => worker.ReceiveVectorAsync(_round, received[i], token), cancellationToken);

        // Always added in the order of ranks: floating-point sums depend on it, and the result must not depend on timing.
        foreach (var other in received)
        {
            for (var i = 0; i < vector.Length; i++)
            {
                vector[i] += other[i];
            }
        }

        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] /= _workers.Length + 1;
        }

        await AllAsync((worker, _, token) => worker.SendVectorAsync(_round, vector, token), cancellationToken);
    }

    public Task FinishAsync(CancellationToken cancellationToken)
        => AllAsync((worker, _, token) => worker.SendAsync(new Frame(FrameKind.Finished, []), token), cancellationToken);

    public Task AbortAsync(string reason) => Task.WhenAll(_workers.Select(async worker =>
    {
        try
        {
            await worker.SendAsync(Frame.Of(FrameKind.Abort, reason), CancellationToken.None);
        }
        catch (AgentFailure)
        {
            // Who cannot be told any more finds out by the closed connection, or is the one that was lost.
        }
    }));

    public ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    // The first failure ends the wait for the others: a dead worker must not hide behind a slow one.
    private async Task AllAsync(Func<PeerConnection, int, CancellationToken, Task> transfer, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = _workers.Select((worker, i) => transfer(worker, i, stop.Token)).ToList();
        AgentFailure? first = null;
        while (pending.Count > 0)
        {
            var done = await Task.WhenAny(pending);
            pending.Remove(done);
            try
            {
                await done;
            }
            catch (AgentFailure failure)
            {
                first ??= failure;
                await stop.CancelAsync();
            }
            catch (OperationCanceledException) when (first is not null)
            {
                // Ended by the failure above.
            }
        }

        if (first is not null)
        {
            throw first;
        }
    }
}
