using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Something that happened to an object, for people.</summary>
public sealed record EventsV1Event : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "events.k8s.io/v1"; } = "events.k8s.io/v1";
    public string Kind { get; init => field = value ?? "Event"; } = "Event";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>When it was first seen. Required.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Set once the event repeats.</summary>
    public EventsV1EventSeries? Series { get; init; }

    /// <summary>Qualified name such as <c>enterpriseai.io/operator</c>, at most 128 characters.</summary>
    public string? ReportingController { get; init; }

    /// <summary>Such as the pod's name, at most 128 characters.</summary>
    public string? ReportingInstance { get; init; }

    /// <summary>What was done or failed, CamelCase, at most 128 characters.</summary>
    public string? Action { get; init; }

    /// <summary>Why, CamelCase, at most 128 characters.</summary>
    public string? Reason { get; init; }

    public V1ObjectReference? Regarding { get; init; }
    public V1ObjectReference? Related { get; init; }

    /// <summary>For people, at most 1024 bytes.</summary>
    public string? Note { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }
}

/// <summary>Repetition of an event.</summary>
public sealed record EventsV1EventSeries
{
    /// <summary>At least 2.</summary>
    public int Count { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset LastObservedTime { get; init; }
}
