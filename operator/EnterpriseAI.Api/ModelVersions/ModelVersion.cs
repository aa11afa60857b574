using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// One immutable artifact of one model, with its card and its evidence. The operator checks digest and signature, gates on
/// the evaluation and waits for human approval. Only stage, approvals, revoked and revokedReason can change.
/// </summary>
[CustomResource("ModelVersion", "modelversions", "mv")]
[PrinterColumn("Model", ".spec.model", Description = "Name of the model.")]
[PrinterColumn("Version", ".spec.version", Description = "Version of the model.")]
[PrinterColumn("Phase", ".status.phase", Description = "Where the version stands.")]
[PrinterColumn("Stage", ".spec.stage", Description = "Stage it was put in.")]
[PrinterColumn("Verified", ".status.conditions[?(@.type==\"SignatureVerified\")].status", Description = "Whether its signature holds.")]
[PrinterColumn("Approved", ".status.conditions[?(@.type==\"Approved\")].status", Description = "Whether it has its approvals.")]
[PrinterColumn("Digest", ".status.digest", Description = "Verified digest.", Wide = true)]
[PrinterColumn("Message", ".status.conditions[?(@.type==\"Ready\")].message", Description = "Why it is or is not ready.", Wide = true)]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
public sealed record ModelVersion : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; init => field = value ?? ApiResources.ApiVersion; } = ApiResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; init => field = value ?? "ModelVersion"; } = "ModelVersion";

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    [Required]
    public ModelVersionSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What was observed; written by the operator.</summary>
    public ModelVersionStatus? Status { get; init; }
}
