namespace EnterpriseAI.ModelServer.Inference;

/// <summary>How the requests of one model are run.</summary>
internal sealed record SchedulingOptions
{
    /// <summary>How many runs of the model may be going on at once.</summary>
    public required int Instances { get; init; }

    /// <summary>Requests that may wait for the model; any further is answered 429.</summary>
    public required int MaxPendingRequests { get; init; }

    /// <summary>How long a request may wait and run; zero for as long as it takes.</summary>
    public required TimeSpan RequestTimeout { get; init; }
}
