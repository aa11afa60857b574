using System.Globalization;
using System.Net.Sockets;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>The group as a worker of rank 1 and above sees it: one connection to rank 0.</summary>
internal sealed class WorkerGroup : IParameterGroup
{
    private readonly PeerConnection _coordinator;
    private readonly GroupTimeouts _timeouts;
    private uint _round;

    private WorkerGroup(PeerConnection coordinator, GroupTimeouts timeouts) => (_coordinator, _timeouts) = (coordinator, timeouts);

    /// <summary>Reaches rank 0, however long its name or port takes to appear, and waits until everyone is there.</summary>
    /// <exception cref="AgentFailure">It was not reached in time, or refused this worker.</exception>
    public static async Task<WorkerGroup> JoinAsync(
        RankEnvironment environment, Hello hello, GroupTimeouts timeouts, Action<string> say, CancellationToken cancellationToken)
    {
        var start = timeouts.Clock.GetTimestamp();
        var socket = await ConnectAsync(environment, timeouts, say, cancellationToken);
        var group = new WorkerGroup(
            new PeerConnection(socket, $"rank 0 ({environment.MasterAddress}:{environment.MasterPort})", timeouts), timeouts);
        try
        {
            await group._coordinator.SendAsync(hello.ToFrame(), cancellationToken);

            // Rank 0 began its own wait at another time: it, not this worker, decides when the group is given up.
            var remaining = timeouts.Rendezvous - timeouts.Clock.GetElapsedTime(start) + timeouts.Rendezvous;
            await group._coordinator.ReceiveAsync(FrameKind.Welcome, 0, remaining, cancellationToken);
            say($"rank {environment.Rank}: joined {environment.WorldSize} workers at {environment.MasterAddress}:{environment.MasterPort}");
            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    public async Task AverageAsync(double[] vector, CancellationToken cancellationToken)
    {
        _round++;
        await _coordinator.SendVectorAsync(_round, vector, cancellationToken);
        await _coordinator.ReceiveVectorAsync(_round, vector, cancellationToken);
    }

    public Task FinishAsync(CancellationToken cancellationToken)
        => _coordinator.ReceiveAsync(FrameKind.Finished, 0, _timeouts.Peer, cancellationToken);

    public async Task AbortAsync(string reason)
    {
        try
        {
            await _coordinator.SendAsync(Frame.Of(FrameKind.Abort, reason), CancellationToken.None);
        }
        catch (AgentFailure)
        {
            // Who cannot be told any more finds out by the closed connection.
        }
    }

    public ValueTask DisposeAsync()
    {
        _coordinator.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<Socket> ConnectAsync(
        RankEnvironment environment, GroupTimeouts timeouts, Action<string> say, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(timeouts.Rendezvous, timeouts.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var last = "no attempt ended";
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(environment.MasterAddress, environment.MasterPort, either.Token);
                    PeerConnection.Configure(socket);
                    return socket;
                }
                catch (SocketException exception)
                {
                    socket.Dispose();
                    last = exception.Message;
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }

                if (attempt % 10 == 0)
                {
                    say($"rank {environment.Rank}: waiting for rank 0 at {environment.MasterAddress}:{environment.MasterPort} ({last})");
                }

                await Task.Delay(timeouts.Retry, timeouts.Clock, either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var seconds = timeouts.Rendezvous.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            throw AgentFailure.WorthRetrying(
                "RendezvousTimeout",
                $"rank 0 was not reached at {environment.MasterAddress}:{environment.MasterPort} within {seconds} s (MASTER_ADDR, MASTER_PORT, --rendezvous-timeout): {last}");
        }
    }
}
