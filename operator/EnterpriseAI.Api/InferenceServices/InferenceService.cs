using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// A model version in service: how it is run, scaled, rolled out and protected. The operator serves it behind the gateway,
/// shifts traffic in steps, judges the candidate and promotes it or rolls it back by itself.
/// </summary>
[CustomResource("InferenceService", "inferenceservices", "inf")]
[ScaleSubresource(".spec.scaling.minReplicas", ".status.replicas", ".status.selector")]
[PrinterColumn("Phase", ".status.phase", Description = "Where the service stands.")]
[PrinterColumn("Stable", ".status.stable.modelVersion", Description = "Version that serves.")]
[PrinterColumn("Ready", ".status.stable.readyReplicas", Type = "integer", Description = "Ready pods of the version that serves.")]
[PrinterColumn("Candidate", ".status.candidate.modelVersion", Description = "Version that is rolled out.")]
[PrinterColumn("Weight", ".status.candidate.observedWeight", Type = "integer", Description = "Percent of traffic that the gateways give the candidate.")]
[PrinterColumn("Verdict", ".status.candidate.verdict", Description = "What the analysis says of the candidate.")]
[PrinterColumn("URL", ".status.url", Description = "Address inside the cluster.")]
[PrinterColumn("Wanted", ".spec.modelVersion", Description = "Version that should serve.", Wide = true)]
[PrinterColumn("Last", ".status.lastRollout.outcome", Description = "How the last rollout ended.", Wide = true)]
[PrinterColumn("Message", ".status.conditions[?(@.type==\"Ready\")].message", Description = "Why it is or is not ready.", Wide = true)]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
public sealed record InferenceService : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; init => field = value ?? ApiResources.ApiVersion; } = ApiResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; init => field = value ?? "InferenceService"; } = "InferenceService";

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    [Required]
    public InferenceServiceSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What was observed; written by the operator.</summary>
    public InferenceServiceStatus? Status { get; init; }
}
