namespace EnterpriseAI.Kubernetes;

/// <summary>Asks whether a user may do something.</summary>
public sealed record V1SubjectAccessReview : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "authorization.k8s.io/v1"; } = "authorization.k8s.io/v1";
    public string Kind { get; init => field = value ?? "SubjectAccessReview"; } = "SubjectAccessReview";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1SubjectAccessReviewSpec? Spec { get; init; }
    public V1SubjectAccessReviewStatus? Status { get; init; }
}

/// <summary>Who, and what.</summary>
public sealed record V1SubjectAccessReviewSpec
{
    public V1ResourceAttributes? ResourceAttributes { get; init; }
    public string? User { get; init; }
    public IReadOnlyList<string>? Groups { get; init; }
    public string? Uid { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }
}

/// <summary>The verb and the resource.</summary>
public sealed record V1ResourceAttributes
{
    public string? Namespace { get; init; }
    public string? Verb { get; init; }
    public string? Group { get; init; }
    public string? Version { get; init; }
    public string? Resource { get; init; }
    public string? Subresource { get; init; }
    public string? Name { get; init; }
}

/// <summary>The answer. Neither allowed nor denied means not allowed.</summary>
public sealed record V1SubjectAccessReviewStatus
{
    public bool Allowed { get; init; }
    public bool? Denied { get; init; }
    public string? Reason { get; init; }
    public string? EvaluationError { get; init; }
}
