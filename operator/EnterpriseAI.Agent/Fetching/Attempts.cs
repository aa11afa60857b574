using System.Globalization;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Counts attempts that got nowhere, and waits between them.</summary>
internal sealed class Attempts(string source, Transfer transfer)
{
    // What a server sends at least to be worth another round of attempts; otherwise one that breaks off after each byte is asked for ever.
    private const long WorthGoingOn = 1 << 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private int _failed;
    private long _arrived;

    public void Arrived(int bytes)
    {
        _arrived += bytes;
        if (_arrived >= WorthGoingOn)
        {
            (_failed, _arrived) = (0, 0);
        }
    }

    /// <exception cref="AgentFailure">That was the last attempt.</exception>
    public async Task AfterAsync(RemoteTrouble trouble, CancellationToken cancellationToken)
    {
        var retries = transfer.Request.Retries;
        if (_failed == retries)
        {
            throw AgentFailure.WorthRetrying("SourceUnreachable", $"{source} could not be fetched in {retries + 1} attempts: {trouble.Message}", trouble);
        }

        var pause = trouble.Wait is { } asked ? (asked < LongestWait ? asked : LongestWait) : Backoff();
        _failed++;
        transfer.Host.Say(string.Create(
            CultureInfo.InvariantCulture, $"{source}: {trouble.Message}; attempt {_failed + 1} of {retries + 1} in {pause.TotalSeconds:0.#} s"));
        await Task.Delay(pause, transfer.Host.Time, cancellationToken);
    }

    private TimeSpan Backoff()
    {
        var wait = transfer.Request.Backoff * Math.Pow(2, Math.Min(_failed, 10));

        // Spread, so that many pods that lost the same server do not come back at the same moment.
        return (wait < LongestWait ? wait : LongestWait) * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
