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

    /// <summary>Whether the first objects come as a stream instead of as a list. Default: when the server is known to do it.</summary>
    public StreamingList StreamingList { get; init; }

    /// <summary>How long the first objects may take to come as a stream before they are listed instead, from then on. Default 1 minute.</summary>
    public TimeSpan StreamingListPatience { get; init; } = TimeSpan.FromMinutes(1);

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

/// <summary>How an informer gets the objects that are there already.</summary>
public enum StreamingList
{
    /// <summary>As a stream from servers that have it on by default (1.34), else as a list.</summary>
    WhereKnown,

    /// <summary>As a stream, whatever the server's version says; as a list only after the server refused it or did not end it.</summary>
    Try,

    /// <summary>Always as a list.</summary>
    Never,
}
