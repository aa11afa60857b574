using System.Net;
using System.Net.Sockets;
using EnterpriseAI.Agent.Parallel;

namespace EnterpriseAI.Agent.Tests.Parallel;

/// <summary>Workers in one process that meet over loopback, on a port of the system's choice.</summary>
internal sealed class Group(int worldSize, int vectorLength) : IAsyncDisposable
{
    private readonly Socket _listener = CoordinatorGroup.Listen(0);
    private readonly List<IParameterGroup> _members = [];
    private readonly List<string> _log = [];
    private readonly List<(string Text, int Times, TaskCompletionSource Said)> _awaited = [];

    public GroupTimeouts Timeouts { get; init; } = new(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20), TimeProvider.System);

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public RankEnvironment Environment(int rank) => new("localhost", Port, worldSize, rank);

    public Hello Hello(int rank) => new(rank, worldSize, vectorLength, new byte[32]);

    public async Task<IParameterGroup> GatherAsync(CancellationToken cancellationToken = default)
        => Keep(await CoordinatorGroup.GatherAsync(_listener, Environment(0), Hello(0), Timeouts, Say, cancellationToken));

    public async Task<IParameterGroup> JoinAsync(int rank, Hello? hello = null)
        => Keep(await WorkerGroup.JoinAsync(Environment(rank), hello ?? Hello(rank), Timeouts, Say, CancellationToken.None));

    public async Task<IParameterGroup[]> CompleteAsync()
        => await Task.WhenAll([GatherAsync(), .. Enumerable.Range(1, worldSize - 1).Select(rank => JoinAsync(rank))]);

    public async Task<Socket> StrangerAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("localhost", Port);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            await member.DisposeAsync();
        }

        _listener.Dispose();
    }

    private IParameterGroup Keep(IParameterGroup member)
    {
        lock (_members)
        {
            _members.Add(member);
        }

        return member;
    }

    /// <summary>Completes once a line with the text was logged so many times.</summary>
    public Task SaidAsync(string text, int times)
    {
        lock (_log)
        {
            var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, times, said));
            Complete();
            return said.Task;
        }
    }

    private void Say(string line)
    {
        lock (_log)
        {
            _log.Add(line);
            Complete();
        }
    }

    private void Complete()
    {
        foreach (var (text, times, said) in _awaited)
        {
            if (_log.Count(line => line.Contains(text, StringComparison.Ordinal)) >= times)
            {
                said.TrySetResult();
            }
        }
    }
}
