using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Defines a resource. The schema stays as JSON.</summary>
public sealed record V1CustomResourceDefinition : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "apiextensions.k8s.io/v1"; } = "apiextensions.k8s.io/v1";
    public string Kind { get; init => field = value ?? "CustomResourceDefinition"; } = "CustomResourceDefinition";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1CustomResourceDefinitionSpec? Spec { get; init; }
    public V1CustomResourceDefinitionStatus? Status { get; init; }
}

/// <summary>Names and versions.</summary>
public sealed record V1CustomResourceDefinitionSpec
{
    public string? Group { get; init; }
    public V1CustomResourceDefinitionNames? Names { get; init; }

    /// <summary><c>Namespaced</c> or <c>Cluster</c>.</summary>
    public string? Scope { get; init; }

    /// <summary>Versions as written.</summary>
    public IReadOnlyList<JsonElement>? Versions { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>How the resource is called.</summary>
public sealed record V1CustomResourceDefinitionNames
{
    public string? Plural { get; init; }
    public string? Singular { get; init; }
    public string? Kind { get; init; }
    public string? ListKind { get; init; }
    public IReadOnlyList<string>? ShortNames { get; init; }
    public IReadOnlyList<string>? Categories { get; init; }
}

/// <summary>Whether the resource is served.</summary>
public sealed record V1CustomResourceDefinitionStatus
{
    /// <summary><c>Established</c> once it is served.</summary>
    public IReadOnlyList<V1WorkloadCondition>? Conditions { get; init; }
}

/// <summary>A named scheduling priority.</summary>
public sealed record V1PriorityClass : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "scheduling.k8s.io/v1"; } = "scheduling.k8s.io/v1";
    public string Kind { get; init => field = value ?? "PriorityClass"; } = "PriorityClass";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public int Value { get; init; }
    public bool? GlobalDefault { get; init; }
    public string? Description { get; init; }
    public string? PreemptionPolicy { get; init; }
}
