namespace EnterpriseAI.Kubernetes;

/// <summary>The API server's answer to a request that returns no object; the body of every error.</summary>
public sealed record V1Status
{
    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }

    /// <summary><c>Success</c> or <c>Failure</c>.</summary>
    public string? Status { get; init; }

    public string? Message { get; init; }

    /// <summary>CamelCase, such as <c>NotFound</c>, <c>Conflict</c>, <c>Expired</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>HTTP status code.</summary>
    public int? Code { get; init; }

    public V1StatusDetails? Details { get; init; }
}

/// <summary>What a <see cref="V1Status"/> is about.</summary>
public sealed record V1StatusDetails
{
    public string? Name { get; init; }
    public string? Group { get; init; }
    public string? Kind { get; init; }
    public string? Uid { get; init; }
    public IReadOnlyList<V1StatusCause>? Causes { get; init; }
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>One of several reasons of a failure, usually one field.</summary>
public sealed record V1StatusCause
{
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public string? Field { get; init; }
}
