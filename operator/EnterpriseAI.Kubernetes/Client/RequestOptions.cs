namespace EnterpriseAI.Kubernetes;

/// <summary>Narrows a list.</summary>
public sealed record ListOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Null for the newest; <c>"0"</c> for whatever the server has cached; otherwise at least this version.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Page size; null for everything at once.</summary>
    public int? Limit { get; init; }

    /// <summary>Token from the page before.</summary>
    public string? Continue { get; init; }

    /// <summary>Called for each object that the type cannot hold; the object is then left out. When null such an object fails
    /// the whole list with <see cref="System.Text.Json.JsonException"/>.</summary>
    public Action<UnreadableObject>? OnUnreadable { get; init; }
}

/// <summary>Where a watch starts and what it reports.</summary>
public sealed record WatchOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Continue after this version, taken from a list or an event.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>The server ends the watch after this time. Default 5 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much longer than <see cref="Timeout"/> this side waits before it gives the connection up. Default 30 s.</summary>
    public TimeSpan WatchdogMargin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Ask for bookmarks. Default true.</summary>
    public bool AllowBookmarks { get; init; } = true;

    /// <summary>Ask for the present objects as events first, ended by a bookmark (servers from 1.30).</summary>
    public bool SendInitialEvents { get; init; }
}

/// <summary>How a create, replace or patch is done.</summary>
public sealed record WriteOptions
{
    /// <summary>Recorded as the owner of the written fields.</summary>
    public string? FieldManager { get; init; }

    /// <summary>Validate and admit, but store nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Preconditions and propagation of a deletion.</summary>
public sealed record DeleteOptions
{
    /// <summary>Delete only the object with this uid; else 409.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this version; else 409.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary><c>Background</c> (the default of most resources), <c>Foreground</c> or <c>Orphan</c>.</summary>
    public string? PropagationPolicy { get; init; }

    /// <summary>Null for the object's own; in whole seconds.</summary>
    public TimeSpan? GracePeriod { get; init; }
}

/// <summary>Which part of a pod's log.</summary>
public sealed record LogOptions
{
    /// <summary>Needed when the pod has several containers.</summary>
    public string? Container { get; init; }

    public int? TailLines { get; init; }

    /// <summary>Of the run before the last restart.</summary>
    public bool Previous { get; init; }

    /// <summary>At most this many bytes. Default 1 MiB.</summary>
    public int LimitBytes { get; init; } = 1 << 20;
}
