namespace EnterpriseAI.Kubernetes;

/// <summary>Version of the API server.</summary>
public sealed record VersionInfo
{
    public string Major { get; init; } = "";

    /// <summary>May carry a suffix such as <c>20+</c>.</summary>
    public string Minor { get; init; } = "";

    public string GitVersion { get; init; } = "";
}

/// <summary>The resources of one group and version.</summary>
internal sealed record ApiResourceList
{
    public IReadOnlyList<ApiResource>? Resources { get; init; }
}

internal sealed record ApiResource
{
    public string Name { get; init; } = "";
}

/// <summary>Only the metadata of whatever kind of object.</summary>
internal sealed record PartialObject
{
    public V1ObjectMeta? Metadata { get; init; }
}

internal sealed record DeleteRequest
{
    public string ApiVersion { get; init; } = "v1";
    public string Kind { get; init; } = "DeleteOptions";
    public string? PropagationPolicy { get; init; }
    public long? GracePeriodSeconds { get; init; }
    public DeletePreconditions? Preconditions { get; init; }
}

internal sealed record DeletePreconditions
{
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
}
