using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Webhooks that may change objects on admission.</summary>
public sealed record V1MutatingWebhookConfiguration : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "admissionregistration.k8s.io/v1"; } = "admissionregistration.k8s.io/v1";
    public string Kind { get; init => field = value ?? "MutatingWebhookConfiguration"; } = "MutatingWebhookConfiguration";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public IReadOnlyList<V1AdmissionWebhook>? Webhooks { get; init; }
}

/// <summary>Webhooks that may refuse objects on admission.</summary>
public sealed record V1ValidatingWebhookConfiguration : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "admissionregistration.k8s.io/v1"; } = "admissionregistration.k8s.io/v1";
    public string Kind { get; init => field = value ?? "ValidatingWebhookConfiguration"; } = "ValidatingWebhookConfiguration";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public IReadOnlyList<V1AdmissionWebhook>? Webhooks { get; init; }
}

/// <summary>One webhook of either kind.</summary>
public sealed record V1AdmissionWebhook
{
    public string Name { get; init; } = "";
    public V1WebhookClientConfig? ClientConfig { get; init; }
    public IReadOnlyList<V1RuleWithOperations>? Rules { get; init; }

    /// <summary><c>Fail</c> (the default) or <c>Ignore</c>.</summary>
    public string? FailurePolicy { get; init; }

    public string? MatchPolicy { get; init; }
    public V1LabelSelector? NamespaceSelector { get; init; }
    public V1LabelSelector? ObjectSelector { get; init; }
    public string? SideEffects { get; init; }

    /// <summary>Seconds, 1 to 30, default 10.</summary>
    public int? TimeoutSeconds { get; init; }

    public IReadOnlyList<string>? AdmissionReviewVersions { get; init; }

    /// <summary><c>Never</c> or <c>IfNeeded</c>; mutating webhooks only.</summary>
    public string? ReinvocationPolicy { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Where a webhook is called and whom to trust.</summary>
public sealed record V1WebhookClientConfig
{
    public string? Url { get; init; }
    public V1ServiceReference? Service { get; init; }

    /// <summary>PEM certificates; base64 in JSON.</summary>
    public byte[]? CaBundle { get; init; }
}

/// <summary>A service of the cluster.</summary>
public sealed record V1ServiceReference
{
    public string Namespace { get; init; } = "";
    public string Name { get; init; } = "";
    public string? Path { get; init; }

    /// <summary>Default 443.</summary>
    public int? Port { get; init; }
}

/// <summary>Which requests a webhook is asked about.</summary>
public sealed record V1RuleWithOperations
{
    public IReadOnlyList<string>? Operations { get; init; }
    public IReadOnlyList<string>? ApiGroups { get; init; }
    public IReadOnlyList<string>? ApiVersions { get; init; }
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary><c>Cluster</c>, <c>Namespaced</c> or <c>*</c> (the default).</summary>
    public string? Scope { get; init; }
}
