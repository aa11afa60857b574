using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// A set of data: where it is, what it must look like, and who may use it for what. The operator reads it, fingerprints
/// it, checks schema and quality, classifies sensitive columns and detects drift.
/// </summary>
[CustomResource("DataSource", "datasources", "dsrc")]
[PrinterColumn("Phase", ".status.phase", Description = "Where the data source stands.")]
[PrinterColumn("Rows", ".status.snapshot.rows", Type = "integer", Description = "Rows of the last snapshot.")]
[PrinterColumn("Quality", ".status.quality.score", Type = "number", Description = "Quality score from 0 to 1.")]
[PrinterColumn("Drift", ".status.drift.verdict", Description = "Verdict of the last drift test.")]
[PrinterColumn("Level", ".status.classification.level", Description = "Confidentiality level.")]
[PrinterColumn("Message", ".status.conditions[?(@.type==\"Ready\")].message", Description = "Why it is or is not ready.", Wide = true)]
[PrinterColumn("Owner", ".spec.owner", Description = "Accountable team or person.", Wide = true)]
[PrinterColumn("Digest", ".status.snapshot.digest", Description = "Digest of the last snapshot.", Wide = true)]
[PrinterColumn("Profiled", ".status.lastProfiled", Type = "date", Description = "Time since the last profile.")]
[PrinterColumn("Age", ".metadata.creationTimestamp", Type = "date")]
public sealed record DataSource : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; init => field = value ?? ApiResources.ApiVersion; } = ApiResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; init => field = value ?? "DataSource"; } = "DataSource";

    /// <inheritdoc/>
    public V1ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    [Required]
    public DataSourceSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What was observed; written by the operator.</summary>
    public DataSourceStatus? Status { get; init; }
}
