using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// A training run: which data, which pods, how many GPUs, which queue. The operator admits the whole gang or nothing, runs
/// and restarts it, accounts for it and registers the model that it produced.
/// </summary>
[CustomResource("TrainingJob", "trainingjobs", "tj")]
[PrinterColumn("Phase", ".status.phase", Description = "Where the job stands.")]
[PrinterColumn("Progress", ".status.progress.percent", Type = "number", Description = "Percent of the work that is done.")]
[PrinterColumn("Queue", ".spec.queue", Description = "Queue the job waits in.")]
[PrinterColumn("Position", ".status.queuePosition", Type = "integer", Description = "Place in the queue, from 1.")]
[PrinterColumn("GPU-seconds", ".status.gpuSeconds", Type = "number", Description = "GPU time used so far.")]
[PrinterColumn("Model", ".status.modelVersion", Description = "ModelVersion that the job created.")]
[PrinterColumn("Cost", ".status.cost", Type = "number", Description = "Cost so far.", Wide = true)]
[PrinterColumn("Message", ".status.conditions[?(@.type==\"Ready\")].message", Description = "What the job waits for or why it failed.", Wide = true)]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
public sealed record TrainingJob : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; init => field = value ?? ApiResources.ApiVersion; } = ApiResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; init => field = value ?? "TrainingJob"; } = "TrainingJob";

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    [Required]
    public TrainingJobSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What was observed; written by the operator.</summary>
    public TrainingJobStatus? Status { get; init; }
}
