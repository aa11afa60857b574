namespace EnterpriseAI.Kubernetes;

/// <summary>Metadata of a list.</summary>
public sealed record V1ListMeta
{
    /// <summary>The version a watch may start from.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Token of the next page; null or empty on the last page.</summary>
    public string? Continue { get; init; }

    public long? RemainingItemCount { get; init; }
}

/// <summary>A list of objects, or one page of it.</summary>
public sealed record KubernetesList<T>
{
    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }

    public V1ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Never null: the server writes <c>null</c> for an empty list of some types.</summary>
    public IReadOnlyList<T> Items { get; init => field = value ?? []; } = [];
}
