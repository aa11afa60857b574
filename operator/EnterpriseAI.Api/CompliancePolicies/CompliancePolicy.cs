using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// Which frameworks and rules hold in which namespaces. The operator evaluates every resource, refuses what may not run,
/// and reports with evidence.
/// </summary>
[CustomResource("CompliancePolicy", "compliancepolicies", "cpol", Namespaced = false)]
[PrinterColumn("Enforcement", ".spec.enforcement", Description = "Whether violations are refused.")]
[PrinterColumn("Score", ".status.score", Type = "number", Description = "Share of controls that pass, from 0 to 1.")]
[PrinterColumn("Pass", ".status.summary.pass", Type = "integer")]
[PrinterColumn("Fail", ".status.summary.fail", Type = "integer")]
[PrinterColumn("Error", ".status.summary.error", Type = "integer")]
[PrinterColumn("Risk", ".status.risk.level", Description = "Level of risk.")]
[PrinterColumn("Warn", ".status.summary.warn", Type = "integer", Wide = true)]
[PrinterColumn("Skip", ".status.summary.skip", Type = "integer", Wide = true)]
[PrinterColumn("Frameworks", ".spec.frameworks", Wide = true)]
[PrinterColumn("Message", ".status.conditions[?(@.type==\"Compliant\")].message", Description = "What has to be done.", Wide = true)]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
public sealed record CompliancePolicy : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; init => field = value ?? ApiResources.ApiVersion; } = ApiResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; init => field = value ?? "CompliancePolicy"; } = "CompliancePolicy";

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    [Required]
    public CompliancePolicySpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What was observed; written by the operator.</summary>
    public CompliancePolicyStatus? Status { get; init; }
}
