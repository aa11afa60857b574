namespace EnterpriseAI.Controllers;

/// <summary>What an informer holds, and its time limits.</summary>
public sealed record InformerOptions<T>
{
    /// <summary>Null for all namespaces.</summary>
    public string? Namespace { get; init; }

    /// <summary>Such as <c>app.kubernetes.io/managed-by=enterpriseai</c>. Null for everything.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Such as <c>metadata.name=x</c>. Null for everything.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Applied to each object before it is kept, to leave out what nobody reads. Must keep the metadata. Null keeps everything.</summary>
    public Func<T, T>? Transform { get; init; }

    /// <summary>A watch lasts a random time from this… Default 5 minutes.</summary>
    public TimeSpan MinimumWatch { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>…to this. Default 10 minutes.</summary>
    public TimeSpan MaximumWatch { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How much longer than the server was asked to keep a watch this side waits before it gives it up. Default 30 s.</summary>
    public TimeSpan WatchdogMargin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits between failures. Default 0.8 s doubling to 30 s, with up to as much jitter.</summary>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(30), 1.0);

    /// <summary>After this long without a failure the waits start over. Default 2 minutes.</summary>
    public TimeSpan HealthyAfter { get; init; } = TimeSpan.FromMinutes(2);
}
