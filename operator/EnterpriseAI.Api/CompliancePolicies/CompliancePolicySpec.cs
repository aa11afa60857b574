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

/// <summary>How the record of decisions is kept.</summary>
public sealed record AuditRetention
{
    /// <summary>How long entries must be kept at least, such as 7y. The audit log never deletes an entry, so every value holds.</summary>
    [Required]
    public Duration Retention { get; init; }
}
