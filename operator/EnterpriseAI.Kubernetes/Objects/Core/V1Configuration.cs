namespace EnterpriseAI.Kubernetes;

/// <summary>Confidential values.</summary>
public sealed record V1Secret : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Secret"; } = "Secret";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Such as <c>Opaque</c> (the default) or <c>kubernetes.io/tls</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Values; base64 in JSON.</summary>
    public IReadOnlyDictionary<string, byte[]>? Data { get; init; }

    /// <summary>Values as text; write-only, the server moves them to <see cref="Data"/>.</summary>
    public IReadOnlyDictionary<string, string>? StringData { get; init; }

    public bool? Immutable { get; init; }

    /// <summary>Only the name: values stay out of logs and exception messages.</summary>
    public override string ToString() => $"Secret {Metadata.Namespace}/{Metadata.Name}";
}

/// <summary>Values that are not confidential.</summary>
public sealed record V1ConfigMap : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "ConfigMap"; } = "ConfigMap";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public IReadOnlyDictionary<string, string>? Data { get; init; }

    /// <summary>Values; base64 in JSON.</summary>
    public IReadOnlyDictionary<string, byte[]>? BinaryData { get; init; }

    public bool? Immutable { get; init; }
}

/// <summary>The identity of pods.</summary>
public sealed record V1ServiceAccount : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "ServiceAccount"; } = "ServiceAccount";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public bool? AutomountServiceAccountToken { get; init; }
    public IReadOnlyList<V1LocalObjectReference>? ImagePullSecrets { get; init; }
}

/// <summary>A namespace.</summary>
public sealed record V1Namespace : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Namespace"; } = "Namespace";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1NamespaceStatus? Status { get; init; }
}

/// <summary>State of a namespace.</summary>
public sealed record V1NamespaceStatus
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string? Phase { get; init; }
}
