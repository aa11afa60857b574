namespace EnterpriseAI.Kubernetes;

/// <summary>A token bucket: so many requests a second in the long run, and so many at once.</summary>
/// <remarks>Requests are served in the order in which they came. Safe for concurrent use.</remarks>
internal sealed class RateLimiter
{
    readonly Lock _gate = new();
    readonly TimeProvider _time;
    readonly double _perSecond;
    readonly int _burst;
    double _tokens;
    long _at;

    public RateLimiter(double perSecond, int burst, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        (_perSecond, _burst, _tokens, _time, _at) = (perSecond, burst, burst, time, time.GetTimestamp());
    }

    /// <summary>Completes when the request may be sent.</summary>
    /// <returns>How long it waited.</returns>
    public async ValueTask<TimeSpan> WaitAsync(CancellationToken cancellationToken)
    {
        var wait = Take();
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        return wait;
    }

    /// <summary>Takes one token, from the future when there is none: the wait is until then.</summary>
    TimeSpan Take()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_at, now).TotalSeconds * _perSecond)) - 1;
            _at = now;
            return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / _perSecond);
        }
    }
}
