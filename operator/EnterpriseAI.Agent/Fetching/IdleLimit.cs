using System.Globalization;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Ends a request to a server that sends nothing.</summary>
internal sealed class IdleLimit : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly ITimer _clock;
    private readonly TimeSpan _limit;

    public IdleLimit(TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _clock = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), _source, limit, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Reads what the server sends.</summary>
    /// <exception cref="RemoteTrouble">The connection broke.</exception>
    public async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer)
    {
        try
        {
            var count = await stream.ReadAsync(buffer, Token);
            Restart();
            return count;
        }
        catch (IOException exception)
        {
            throw new RemoteTrouble(RemoteTroubleKind.Passing, exception.Message, cause: exception);
        }
    }

    /// <summary>The server sent something.</summary>
    public void Restart() => _clock.Change(_limit, Timeout.InfiniteTimeSpan);

    public RemoteTrouble Trouble(Exception cause)
        => new(RemoteTroubleKind.Passing, string.Create(CultureInfo.InvariantCulture, $"the server sent nothing for {_limit.TotalSeconds} s"), cause: cause);

    public void Dispose()
    {
        // The clock first: it must not cancel what is disposed.
        _clock.Dispose();
        _source.Dispose();
    }
}
