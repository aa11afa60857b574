using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>Interchangeable pods, replaced step by step.</summary>
public sealed record V1Deployment : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";
    public string Kind { get; init => field = value ?? "Deployment"; } = "Deployment";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1DeploymentSpec? Spec { get; init; }
    public V1DeploymentStatus? Status { get; init; }
}

/// <summary>How many pods of which kind.</summary>
public sealed record V1DeploymentSpec
{
    public int? Replicas { get; init; }
    public V1LabelSelector? Selector { get; init; }
    public V1PodTemplateSpec? Template { get; init; }
    public V1DeploymentStrategy? Strategy { get; init; }

    /// <summary>Seconds a pod must be ready before it counts.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>Seconds, default 600.</summary>
    public int? ProgressDeadlineSeconds { get; init; }

    public int? RevisionHistoryLimit { get; init; }
    public bool? Paused { get; init; }
}

/// <summary>How pods are replaced.</summary>
public sealed record V1DeploymentStrategy
{
    /// <summary><c>RollingUpdate</c> (the default) or <c>Recreate</c>.</summary>
    public string? Type { get; init; }

    public V1RollingUpdateDeployment? RollingUpdate { get; init; }
}

/// <summary>Bounds of a rolling update.</summary>
public sealed record V1RollingUpdateDeployment
{
    public IntOrString? MaxSurge { get; init; }
    public IntOrString? MaxUnavailable { get; init; }
}

/// <summary>Progress of a deployment.</summary>
public sealed record V1DeploymentStatus
{
    public long? ObservedGeneration { get; init; }
    public int? Replicas { get; init; }
    public int? UpdatedReplicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? AvailableReplicas { get; init; }
    public int? UnavailableReplicas { get; init; }
    public IReadOnlyList<V1WorkloadCondition>? Conditions { get; init; }
}

/// <summary>One condition of a workload.</summary>
public sealed record V1WorkloadCondition
{
    public string Type { get; init; } = "";
    public string Status { get; init; } = "Unknown";
    public string? Reason { get; init; }
    public string? Message { get; init; }

    [JsonConverter(typeof(KubernetesTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }
}

/// <summary>Selects objects by label; all parts must match, an empty selector matches everything.</summary>
public sealed record V1LabelSelector
{
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }
    public IReadOnlyList<V1LabelSelectorRequirement>? MatchExpressions { get; init; }

    /// <summary>The labels fulfil the selector. An unknown operator matches nothing.</summary>
    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        foreach (var (key, value) in MatchLabels ?? new Dictionary<string, string>())
        {
            if (labels?.GetValueOrDefault(key) != value)
                return false;
        }

        return (MatchExpressions ?? []).All(requirement => requirement.Matches(labels));
    }
}

/// <summary>One requirement of a <see cref="V1LabelSelector"/>.</summary>
public sealed record V1LabelSelectorRequirement
{
    public string Key { get; init; } = "";

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public string Operator { get; init; } = "";

    public IReadOnlyList<string>? Values { get; init; }

    internal bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        var value = labels?.GetValueOrDefault(Key);
        return Operator switch
        {
            "In" => value is not null && Values?.Contains(value) is true,
            "NotIn" => value is null || Values?.Contains(value) is not true,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}

/// <summary>Pods with an identity and their own storage.</summary>
public sealed record V1StatefulSet : IKubernetesObject
{
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";
    public string Kind { get; init => field = value ?? "StatefulSet"; } = "StatefulSet";
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
    public V1StatefulSetSpec? Spec { get; init; }
    public V1StatefulSetStatus? Status { get; init; }
}

/// <summary>How many pods of which kind.</summary>
public sealed record V1StatefulSetSpec
{
    public int? Replicas { get; init; }
    public V1LabelSelector? Selector { get; init; }
    public V1PodTemplateSpec? Template { get; init; }
    public string? ServiceName { get; init; }
    public string? PodManagementPolicy { get; init; }
    public IReadOnlyList<V1PersistentVolumeClaim>? VolumeClaimTemplates { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Progress of a stateful set.</summary>
public sealed record V1StatefulSetStatus
{
    public long? ObservedGeneration { get; init; }
    public int? Replicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? UpdatedReplicas { get; init; }
}
