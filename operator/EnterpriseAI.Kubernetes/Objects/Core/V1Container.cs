using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Kubernetes;

/// <summary>One container of a pod.</summary>
public sealed record V1Container
{
    public string Name { get; init; } = "";
    public string? Image { get; init; }

    /// <summary><c>Always</c>, <c>IfNotPresent</c> or <c>Never</c>.</summary>
    public string? ImagePullPolicy { get; init; }

    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public string? WorkingDir { get; init; }
    public IReadOnlyList<V1ContainerPort>? Ports { get; init; }
    public IReadOnlyList<V1EnvVar>? Env { get; init; }
    public IReadOnlyList<V1EnvFromSource>? EnvFrom { get; init; }
    public V1ResourceRequirements? Resources { get; init; }
    public IReadOnlyList<V1VolumeMount>? VolumeMounts { get; init; }
    public V1Probe? LivenessProbe { get; init; }
    public V1Probe? ReadinessProbe { get; init; }
    public V1Probe? StartupProbe { get; init; }
    public V1SecurityContext? SecurityContext { get; init; }

    /// <summary>Default <c>/dev/termination-log</c>.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary><c>File</c> (the default) or <c>FallbackToLogsOnError</c>.</summary>
    public string? TerminationMessagePolicy { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>A port a container listens on.</summary>
public sealed record V1ContainerPort
{
    public string? Name { get; init; }
    public int ContainerPort { get; init; }
    public int? HostPort { get; init; }
    public string? HostIP { get; init; }
    public string? Protocol { get; init; }
}

/// <summary>An environment variable: a value, or where it comes from.</summary>
public sealed record V1EnvVar
{
    public string Name { get; init; } = "";
    public string? Value { get; init; }
    public V1EnvVarSource? ValueFrom { get; init; }
}

/// <summary>Where the value of a variable comes from; exactly one is set.</summary>
public sealed record V1EnvVarSource
{
    public V1ObjectFieldSelector? FieldRef { get; init; }
    public V1KeySelector? SecretKeyRef { get; init; }
    public V1KeySelector? ConfigMapKeyRef { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>A field of the pod itself.</summary>
public sealed record V1ObjectFieldSelector
{
    public string? ApiVersion { get; init; }
    public string FieldPath { get; init; } = "";
}

/// <summary>One key of a Secret or ConfigMap.</summary>
public sealed record V1KeySelector
{
    public string? Name { get; init; }
    public string Key { get; init; } = "";
    public bool? Optional { get; init; }
}

/// <summary>All keys of a Secret or ConfigMap as variables.</summary>
public sealed record V1EnvFromSource
{
    public string? Prefix { get; init; }
    public V1EnvFromReference? SecretRef { get; init; }
    public V1EnvFromReference? ConfigMapRef { get; init; }
}

/// <summary>The Secret or ConfigMap of a <see cref="V1EnvFromSource"/>.</summary>
public sealed record V1EnvFromReference
{
    public string? Name { get; init; }
    public bool? Optional { get; init; }
}

/// <summary>What a container asks for and may use; quantities as text, see <see cref="Quantity"/>.</summary>
public sealed record V1ResourceRequirements
{
    public IReadOnlyDictionary<string, string>? Requests { get; init; }
    public IReadOnlyDictionary<string, string>? Limits { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Where a volume appears in a container.</summary>
public sealed record V1VolumeMount
{
    public string Name { get; init; } = "";
    public string MountPath { get; init; } = "";
    public string? SubPath { get; init; }
    public bool? ReadOnly { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>A health check. Times in seconds.</summary>
public sealed record V1Probe
{
    public V1HttpGetAction? HttpGet { get; init; }
    public V1TcpSocketAction? TcpSocket { get; init; }
    public V1ExecAction? Exec { get; init; }
    public int? InitialDelaySeconds { get; init; }
    public int? PeriodSeconds { get; init; }
    public int? TimeoutSeconds { get; init; }
    public int? SuccessThreshold { get; init; }
    public int? FailureThreshold { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Healthy when the answer is 200 to 399.</summary>
public sealed record V1HttpGetAction
{
    public string? Path { get; init; }
    public IntOrString Port { get; init; }
    public string? Scheme { get; init; }
    public string? Host { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Healthy when the port accepts a connection.</summary>
public sealed record V1TcpSocketAction
{
    public IntOrString Port { get; init; }
    public string? Host { get; init; }
}

/// <summary>Healthy when the command exits 0.</summary>
public sealed record V1ExecAction
{
    public IReadOnlyList<string>? Command { get; init; }
}

/// <summary>Security settings of one container.</summary>
public sealed record V1SecurityContext
{
    public bool? AllowPrivilegeEscalation { get; init; }
    public bool? Privileged { get; init; }
    public bool? ReadOnlyRootFilesystem { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public V1Capabilities? Capabilities { get; init; }
    public V1SeccompProfile? SeccompProfile { get; init; }

    /// <summary>Fields this library does not model, kept as written.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Unmodelled { get; set; }
}

/// <summary>Linux capabilities added to or taken from the default.</summary>
public sealed record V1Capabilities
{
    public IReadOnlyList<string>? Add { get; init; }
    public IReadOnlyList<string>? Drop { get; init; }
}
