namespace EnterpriseAI.Agent.Parallel;

/// <summary>How long a worker waits for others before it gives up.</summary>
/// <param name="Rendezvous">Until all workers have found each other.</param>
/// <param name="Peer">For one frame of a worker that should be coming.</param>
/// <param name="Clock">What measures it.</param>
internal sealed record GroupTimeouts(TimeSpan Rendezvous, TimeSpan Peer, TimeProvider Clock)
{
    /// <summary>A connection that does not greet for this long is no worker.</summary>
    public TimeSpan Greeting { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two attempts to reach rank 0.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromMilliseconds(500);
}
