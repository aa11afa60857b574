namespace EnterpriseAI.ModelServer.Inference;

/// <summary>How the requests of one model are run.</summary>
internal sealed record SchedulingOptions
{
    /// <summary>How many runs of the model may be going on at once.</summary>
    public required int Instances { get; init; }

    /// <summary>How many while the model answers so quickly that no request is worth a queue; no fewer than <see cref="Instances"/> ever.</summary>
    public int BriefInstances { get; init; }

    /// <summary>Requests that may wait for the model; any further is answered 429.</summary>
    public required int MaxPendingRequests { get; init; }

    /// <summary>How long a request may wait and run; zero for as long as it takes.</summary>
    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>Rows of the largest batch that several requests are put together to; 0 or 1 to run each alone.</summary>
    public int MaxBatchSize { get; init; }

    /// <summary>How long a request waits for others to share its batch, where the model has nothing else to do.</summary>
    public TimeSpan MaxBatchDelay { get; init; }
}
