namespace EnterpriseAI.Controllers;

/// <summary>Which lease, who we are, and how long things take.</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>Namespace of the Lease.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the Lease.</summary>
    public required string Name { get; init; }

    /// <summary>Unique per process, such as the pod's name.</summary>
    public required string Identity { get; init; }

    /// <summary>How long others wait after the last renewal they saw. Default 15 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long after its last renewal the leader goes on. Default 10 s.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between attempts. Default 2 s.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the guarded work may take to end after the lease was lost before the elector fails. Default 10 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <exception cref="ArgumentException">The times do not fit each other.</exception>
    internal void Validate()
    {
        if (LeaseDuration <= RenewDeadline)
            throw new ArgumentException(
                $"the lease duration ({LeaseDuration.TotalSeconds} s) must be longer than the renew deadline ({RenewDeadline.TotalSeconds} s)");
        if (RenewDeadline <= RetryPeriod * 1.2)
            throw new ArgumentException(
                $"the renew deadline ({RenewDeadline.TotalSeconds} s) must be longer than 1.2 retry periods ({RetryPeriod.TotalSeconds} s each)");
        if (LeaseDuration < TimeSpan.FromSeconds(1) || RetryPeriod <= TimeSpan.Zero)
            throw new ArgumentException("the lease duration must be at least 1 s and the retry period more than 0");
        if (string.IsNullOrEmpty(Identity))
            throw new ArgumentException("the identity is empty");
    }
}

/// <summary>A write was stopped because this process does not lead.</summary>
public sealed class NotLeaderException(string lease) : Exception($"this process does not hold lease {lease}");
