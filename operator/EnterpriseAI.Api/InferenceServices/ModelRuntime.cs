using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>How a model is run.</summary>
public sealed record ModelRuntime
{
    /// <summary>Hardware that ONNX Runtime computes on.</summary>
    [Default(ExecutionProvider.Auto)]
    public ExecutionProvider ExecutionProvider { get; set; } = ExecutionProvider.Auto;

    /// <summary>Joining of requests that arrive together. Left out: each request is computed alone.</summary>
    public RequestBatching? Batching { get; init; }

    /// <summary>Compute resources of a serving pod, as in a container. Left out: the operator's defaults.</summary>
    public V1ResourceRequirements? Resources { get; init; }
}

/// <summary>Hardware that ONNX Runtime computes on.</summary>
[JsonConverter(typeof(EnumNameConverter<ExecutionProvider>))]
public enum ExecutionProvider
{
    /// <summary>A GPU where the pod has one, else the CPU.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU, through CUDA.</summary>
    Cuda,

    /// <summary>An NVIDIA GPU, through TensorRT.</summary>
    TensorRt,
}

/// <summary>Joining of requests that arrive together.</summary>
public sealed record RequestBatching
{
    /// <summary>Largest number of rows computed together.</summary>
    [Default(32), Minimum(1), Maximum(65536)]
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>How long a request may wait for others, such as 2ms.</summary>
    [Default("2ms")]
    public Duration MaxDelay { get; set; } = new("2ms");
}
