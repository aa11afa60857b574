using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>One aspect of an object's state (<c>metav1.Condition</c>).</summary>
public sealed record V1Condition
{
    /// <summary>CamelCase, unique in the list.</summary>
    public string Type { get; init; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; init; } = "Unknown";

    /// <summary>CamelCase, for programs.</summary>
    public string Reason { get; init; } = "";

    /// <summary>For people: what is so, and what to do.</summary>
    public string Message { get; init; } = "";

    /// <summary>When <see cref="Status"/> last changed.</summary>
    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>The <c>metadata.generation</c> this was computed from.</summary>
    public long? ObservedGeneration { get; init; }
}
