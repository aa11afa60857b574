using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>Which frameworks and rules hold where.</summary>
public sealed record CompliancePolicySpec
{
    /// <summary>Frameworks whose controls are evaluated.</summary>
    [ListSet, MaxItems(16)]
    public IReadOnlyList<ComplianceFramework> Frameworks { get; init => field = value ?? []; } = [];

    /// <summary>Namespaces where the policy holds. Left out or empty: all.</summary>
    public V1LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Whether violations are refused.</summary>
    [Default(EnforcementMode.Audit)]
    public EnforcementMode Enforcement { get; set; } = EnforcementMode.Audit;

    /// <summary>What resources must have.</summary>
    public PolicyRequirements? Require { get; init; }

    /// <summary>The policy's own rules.</summary>
    [ListMapKey("name"), MaxItems(200)]
    public IReadOnlyList<PolicyRule> Rules { get; init => field = value ?? []; } = [];

    /// <summary>Violations that are accepted for a time.</summary>
    [MaxItems(500)]
    public IReadOnlyList<PolicyException> Exceptions { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Signers and data that are not trusted any more, whatever the enforcement: model versions that rest on them are taken out of
    /// service at once.
    /// </summary>
    [MaxItems(200)]
    public IReadOnlyList<Distrust> Distrust { get; init => field = value ?? []; } = [];

    /// <summary>How the record of decisions is kept.</summary>
    public AuditRetention? Audit { get; init; }
}

/// <summary>A framework of controls.</summary>
[JsonConverter(typeof(EnumNameConverter<ComplianceFramework>))]
public enum ComplianceFramework
{
    /// <summary>EU General Data Protection Regulation.</summary>
    Gdpr,

    /// <summary>US Health Insurance Portability and Accountability Act, Security Rule.</summary>
    Hipaa,

    /// <summary>AICPA Trust Services Criteria.</summary>
    Soc2,

    /// <summary>ISO/IEC 27001.</summary>
    Iso27001,

    /// <summary>Payment Card Industry Data Security Standard.</summary>
    PciDss,

    /// <summary>US Sarbanes-Oxley Act.</summary>
    Sox,

    /// <summary>EU Artificial Intelligence Act.</summary>
    EuAiAct,

    /// <summary>NIST AI Risk Management Framework.</summary>
    NistAiRmf,
}

/// <summary>Whether violations are refused.</summary>
[JsonConverter(typeof(EnumNameConverter<EnforcementMode>))]
public enum EnforcementMode
{
    /// <summary>They are reported.</summary>
    Audit,

    /// <summary>They are reported, and what violates neither trains nor serves.</summary>
    Enforce,
}

/// <summary>A signer or data that is not trusted any more. Exactly one of keyId, identity and dataSource is set.</summary>
[ExactlyOneOf("keyId", "identity", "dataSource")]
public sealed record Distrust
{
    /// <summary>Fingerprint of a key: SHA-256 of its SPKI, in hexadecimal, as in the status of a ModelVersion.</summary>
    [Pattern("^[0-9a-f]{64}$"), MaxLength(64)]
    public string? KeyId { get; init; }

    /// <summary>Subject of signing certificates, as in the status of a ModelVersion.</summary>
    [MinLength(1), MaxLength(2048)]
    public string? Identity { get; init; }

    /// <summary>A DataSource of the model version's namespace.</summary>
    public DistrustedData? DataSource { get; init; }

    /// <summary>Why; stands in the status and in the audit log.</summary>
    [Required, MinLength(1), MaxLength(1024)]
    public string Reason { get; init => field = value ?? ""; } = "";
}

/// <summary>Data that was found to be tainted.</summary>
public sealed record DistrustedData
{
    /// <summary>Name of the DataSource.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Digest of the snapshot. Left out: every state of the data.</summary>
    [Pattern("^sha256:[0-9a-f]{64}$"), MaxLength(71)]
    public string? Digest { get; init; }
}

/// <summary>How the record of decisions is kept.</summary>
public sealed record AuditRetention
{
    /// <summary>How long entries must be kept at least, such as 7y. The audit log never deletes an entry, so every value holds.</summary>
    [Required]
    public Duration Retention { get; init; }
}
