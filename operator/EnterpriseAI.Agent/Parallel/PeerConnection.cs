using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>A connection to another worker; turns every way of losing it into one clear failure.</summary>
internal sealed class PeerConnection(Socket socket, string peer, GroupTimeouts timeouts) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public string Peer => peer;

    /// <summary>Switches off the delay of small packets, and finds out about a machine that vanished without a word.</summary>
    public static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    public Task SendAsync(Frame frame, CancellationToken cancellationToken)
        => GuardAsync(token => frame.WriteAsync(_stream, token), timeouts.Peer, "read what was sent to it", cancellationToken);

    /// <summary>Receives one frame of the expected kind.</summary>
    public async Task<Frame> ReceiveAsync(FrameKind expected, int maxPayload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Frame frame = default;
        await GuardAsync(async token => frame = await Frame.ReadAsync(_stream, maxPayload, token), timeout, "answer", cancellationToken);
        return frame.Kind switch
        {
            var kind when kind == expected => frame,
            FrameKind.Reject => throw AgentFailure.BadInput("WorkerRejected", $"{peer} refused this worker: {frame.Text}"),
            FrameKind.Abort => throw AgentFailure.WorthRetrying("PeerFailed", $"{peer} stopped the training: {frame.Text}"),
            var kind => throw AgentFailure.WorthRetrying("PeerFailed", $"{peer} sent {kind} where {expected} was expected; run the same image everywhere"),
        };
    }

    public Task SendVectorAsync(uint round, double[] vector, CancellationToken cancellationToken)
    {
        var payload = new byte[VectorBytes(vector.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, round);
        MemoryMarshal.AsBytes(vector.AsSpan()).CopyTo(payload.AsSpan(sizeof(uint)));
        return SendAsync(new Frame(FrameKind.Vector, payload), cancellationToken);
    }

    /// <summary>Receives the vector of one round into <paramref name="vector"/>.</summary>
    public async Task ReceiveVectorAsync(uint round, double[] vector, CancellationToken cancellationToken)
    {
        var frame = await ReceiveAsync(FrameKind.Vector, VectorBytes(vector.Length), timeouts.Peer, cancellationToken);
        if (frame.Payload.Length != VectorBytes(vector.Length))
        {
            throw AgentFailure.WorthRetrying("PeerFailed", $"{peer} sent {frame.Payload.Length} bytes of parameters where {VectorBytes(vector.Length)} were expected");
        }

        var sent = BinaryPrimitives.ReadUInt32LittleEndian(frame.Payload);
        if (sent != round)
        {
            throw AgentFailure.WorthRetrying("PeerFailed", $"{peer} is in round {sent}, this worker in round {round}");
        }

        frame.Payload.AsSpan(sizeof(uint)).CopyTo(MemoryMarshal.AsBytes(vector.AsSpan()));
    }

    public void Dispose() => _stream.Dispose();

    private static int VectorBytes(int length) => sizeof(uint) + (length * sizeof(double));

    private async Task GuardAsync(Func<CancellationToken, Task> transfer, TimeSpan timeout, string verb, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(timeout, timeouts.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        try
        {
            await transfer(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw AgentFailure.WorthRetrying("PeerTimeout", $"{peer} did not {verb} within {timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s; see that pod's log");
        }
        catch (EndOfStreamException exception)
        {
            throw AgentFailure.WorthRetrying("PeerLost", $"{peer} closed the connection before the training was done; see that pod's log", exception);
        }
        catch (FrameException exception)
        {
            throw AgentFailure.WorthRetrying("PeerFailed", $"{peer}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            throw AgentFailure.WorthRetrying("PeerLost", $"the connection to {peer} broke: {exception.Message}", exception);
        }
    }
}
