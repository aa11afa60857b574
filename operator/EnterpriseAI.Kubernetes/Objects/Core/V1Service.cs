namespace EnterpriseAI.Kubernetes;

/// <summary>A stable address in front of pods.</summary>
public sealed record V1Service : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Service"; } = "Service";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1ServiceSpec? Spec { get; init; }
}

/// <summary>Which pods, on which ports.</summary>
public sealed record V1ServiceSpec
{
    /// <summary><c>ClusterIP</c> (the default), <c>NodePort</c>, <c>LoadBalancer</c> or <c>ExternalName</c>.</summary>
    public string? Type { get; init; }

    /// <summary><c>None</c> makes the service headless.</summary>
    public string? ClusterIP { get; init; }

    public IReadOnlyDictionary<string, string>? Selector { get; init; }
    public IReadOnlyList<V1ServicePort>? Ports { get; init; }
    public bool? PublishNotReadyAddresses { get; init; }
    public string? SessionAffinity { get; init; }
}

/// <summary>A port of a service.</summary>
public sealed record V1ServicePort
{
    public string? Name { get; init; }
    public int Port { get; init; }
    public IntOrString? TargetPort { get; init; }
    public int? NodePort { get; init; }
    public string? Protocol { get; init; }
    public string? AppProtocol { get; init; }
}

/// <summary>The addresses behind a service.</summary>
public sealed record V1Endpoints : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";
    public string Kind { get; init => field = value ?? "Endpoints"; } = "Endpoints";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public IReadOnlyList<V1EndpointSubset>? Subsets { get; init; }
}

/// <summary>Addresses that share ports.</summary>
public sealed record V1EndpointSubset
{
    public IReadOnlyList<V1EndpointAddress>? Addresses { get; init; }
    public IReadOnlyList<V1EndpointAddress>? NotReadyAddresses { get; init; }
    public IReadOnlyList<V1EndpointPort>? Ports { get; init; }
}

/// <summary>One address.</summary>
public sealed record V1EndpointAddress
{
    public string? Ip { get; init; }
    public string? Hostname { get; init; }
    public string? NodeName { get; init; }
    public V1ObjectReference? TargetRef { get; init; }
}

/// <summary>One port.</summary>
public sealed record V1EndpointPort
{
    public string? Name { get; init; }
    public int Port { get; init; }
    public string? Protocol { get; init; }
}

/// <summary>Names any object.</summary>
public sealed record V1ObjectReference
{
    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }
    public string? Namespace { get; init; }
    public string? Name { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public string? FieldPath { get; init; }
}
