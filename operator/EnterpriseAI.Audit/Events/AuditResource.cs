namespace EnterpriseAI.Audit;

/// <summary>The Kubernetes object that an event is about.</summary>
public sealed record AuditResource
{
    /// <summary>Such as <c>enterpriseai.io/v1alpha1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>Such as <c>ModelVersion</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Left out for a cluster-scoped object.</summary>
    public string? Namespace { get; init; }

    /// <summary>The object's name.</summary>
    public required string Name { get; init; }

    /// <summary>Tells the object from a later one of the same name.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Which version of its spec; 0 when it is not known.</summary>
    public long Generation { get; init; }
}
