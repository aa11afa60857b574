using System.Net;
using System.Net.Sockets;

namespace EnterpriseAI.Controllers.Tests.Faults;

/// <summary>Hands bytes on between loopback connections, until it is told to cut them, hang, or be late.</summary>
internal sealed class FaultRelay : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    readonly List<Connection> _connections = [];
    readonly IPEndPoint _target;
    readonly Task _accepting;
    volatile Fault _fault;
    int _attempts;

    public FaultRelay(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Connections that somebody tried to make.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public Fault Fault
    {
        get => _fault;
        set
        {
            lock (_gate)
            {
                _fault = value;
                // A connection that hangs does so for ever, also when new ones work again: nobody tells it.
                foreach (var connection in _connections)
                    connection.Hangs |= value == Fault.HangHalfOpen;
                if (value == Fault.CutConnections)
                    CutAll();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        lock (_gate)
            CutAll();
        await _accepting;
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _attempts);
                if (_fault == Fault.CutConnections)
                    Reset(client);
                else
                    _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the relay.
        }
    }

    async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var connection = new Connection(client, server) { Hangs = _fault == Fault.HangHalfOpen };
        lock (_gate)
            _connections.Add(connection);
        try
        {
            await server.ConnectAsync(_target, _stop.Token);
            await Task.WhenAny(PumpAsync(connection, client, server), PumpAsync(connection, server, client));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
        finally
        {
            lock (_gate)
                _connections.Remove(connection);
            client.Dispose();
        }
    }

    async Task PumpAsync(Connection connection, Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var read = await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token);
                if (connection.Hangs)
                    await Task.Delay(Timeout.Infinite, _stop.Token);
                if (_fault == Fault.Delay)
                    await Task.Delay(300, _stop.Token);
                if (read == 0)
                    return;
                await to.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, _stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    void CutAll()
    {
        foreach (var connection in _connections)
        {
            Reset(connection.Client);
            Reset(connection.Server);
        }

        _connections.Clear();
    }

    static void Reset(Socket socket)
    {
        // Closing without lingering sends RST instead of FIN.
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    sealed class Connection(Socket client, Socket server)
    {
        public Socket Client => client;

        public Socket Server => server;

        public volatile bool Hangs;
    }
}
