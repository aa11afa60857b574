namespace EnterpriseAI.Audit;

/// <summary>Which entries to read. By default all of them.</summary>
public sealed record AuditQuery
{
    /// <summary>The first index.</summary>
    public long Start { get; init; }

    /// <summary>At most so many entries; null for all.</summary>
    public long? Limit { get; init; }

    /// <summary>Only entries about resources of this kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Only entries about resources in this namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Only entries about resources of this name.</summary>
    public string? Name { get; init; }
}
