using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Metadata of an object.</summary>
/// <remarks><c>managedFields</c> is deliberately absent: it is often the largest part of an object and nothing here reads it,
/// so it is dropped while reading.</remarks>
public sealed record V1ObjectMeta
{
    public string? Name { get; init; }

    /// <summary>Prefix from which the server makes a unique name when <see cref="Name"/> is null.</summary>
    public string? GenerateName { get; init; }

    /// <summary>Null on cluster-scoped objects.</summary>
    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>Opaque version; newer means larger on every API server backed by etcd.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Counts changes of the spec.</summary>
    public long? Generation { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set once deletion was asked for and finalizers (or a grace period) still hold the object.</summary>
    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public IReadOnlyList<V1OwnerReference>? OwnerReferences { get; init; }

    public IReadOnlyList<string>? Finalizers { get; init; }
}
