namespace EnterpriseAI.Kubernetes;

/// <summary>A token that is cancelled with another one or when time is up, whichever is first.</summary>
/// <remarks>The source's own timer is used because it may fire while the source is disposed; a timer of ours that calls
/// <c>Cancel</c> would then throw on a thread where nobody catches.</remarks>
internal sealed class TimeLimit : IDisposable
{
    readonly CancellationTokenSource _timeout;
    readonly CancellationTokenSource _linked;

    /// <param name="limit">Null for no limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">The other token.</param>
    public TimeLimit(TimeSpan? limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _timeout = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    public void Dispose()
    {
        _linked.Dispose();
        _timeout.Dispose();
    }
}
