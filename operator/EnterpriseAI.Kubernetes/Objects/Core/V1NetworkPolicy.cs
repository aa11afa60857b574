namespace EnterpriseAI.Kubernetes;

/// <summary>Which traffic pods may have.</summary>
public sealed record V1NetworkPolicy : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";
    public string Kind { get; init => field = value ?? "NetworkPolicy"; } = "NetworkPolicy";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1NetworkPolicySpec? Spec { get; init; }
}

/// <summary>Pods and their allowed traffic.</summary>
public sealed record V1NetworkPolicySpec
{
    public V1LabelSelector? PodSelector { get; init; }

    /// <summary><c>Ingress</c> and/or <c>Egress</c>: directions that are closed except for the rules.</summary>
    public IReadOnlyList<string>? PolicyTypes { get; init; }

    public IReadOnlyList<V1NetworkPolicyIngressRule>? Ingress { get; init; }
    public IReadOnlyList<V1NetworkPolicyEgressRule>? Egress { get; init; }
}

/// <summary>Traffic that may come in; an absent part allows everything.</summary>
public sealed record V1NetworkPolicyIngressRule
{
    public IReadOnlyList<V1NetworkPolicyPeer>? From { get; init; }
    public IReadOnlyList<V1NetworkPolicyPort>? Ports { get; init; }
}

/// <summary>Traffic that may go out; an absent part allows everything.</summary>
public sealed record V1NetworkPolicyEgressRule
{
    public IReadOnlyList<V1NetworkPolicyPeer>? To { get; init; }
    public IReadOnlyList<V1NetworkPolicyPort>? Ports { get; init; }
}

/// <summary>The other side of a connection.</summary>
public sealed record V1NetworkPolicyPeer
{
    public V1LabelSelector? PodSelector { get; init; }
    public V1LabelSelector? NamespaceSelector { get; init; }
    public V1IPBlock? IpBlock { get; init; }
}

/// <summary>A range of addresses.</summary>
public sealed record V1IPBlock
{
    public string Cidr { get; init; } = "";
    public IReadOnlyList<string>? Except { get; init; }
}

/// <summary>A port of a rule.</summary>
public sealed record V1NetworkPolicyPort
{
    public string? Protocol { get; init; }
    public IntOrString? Port { get; init; }
}
