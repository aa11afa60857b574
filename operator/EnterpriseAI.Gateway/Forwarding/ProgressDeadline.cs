namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>
/// Cancels a request when the model server makes no progress for the timeout, or when the client goes away. Time the gateway spends waiting
/// for the client does not count.
/// </summary>
internal sealed class ProgressDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _clientGone;
    private readonly TimeSpan _timeout;

    public ProgressDeadline(TimeSpan timeout, CancellationToken clientGone)
    {
        _timeout = timeout;
        _clientGone = clientGone;
        _source = CancellationTokenSource.CreateLinkedTokenSource(clientGone);
        WaitForServer();
    }

    public CancellationToken Token => _source.Token;

    /// <summary>True when the server was too slow, and the client still there.</summary>
    public bool Expired => _source.IsCancellationRequested && !_clientGone.IsCancellationRequested;

    /// <summary>The next progress has to come from the server: its time starts now.</summary>
    public void WaitForServer() => _source.CancelAfter(_timeout);

    /// <summary>The next progress has to come from the client, whose pace the listener already bounds.</summary>
    public void WaitForClient() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Ends whatever still runs for the request.</summary>
    public void Cancel() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
