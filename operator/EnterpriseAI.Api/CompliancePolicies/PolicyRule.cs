using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>A rule: every resource of its kinds must meet all of its conditions.</summary>
public sealed record PolicyRule
{
    /// <summary>Name by which a violation is reported.</summary>
    [Required, Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), MaxLength(63)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Kinds that the rule speaks of.</summary>
    [Required, ListSet, MinItems(1), MaxItems(4)]
    public IReadOnlyList<PolicyKind> Kinds { get; init => field = value ?? []; } = [];

    /// <summary>Conditions that must all hold.</summary>
    [Required, MinItems(1), MaxItems(32)]
    public IReadOnlyList<RuleCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>How bad a violation is.</summary>
    [Default(Severity.Medium)]
    public Severity Severity { get; set; } = Severity.Medium;

    /// <summary>What to do about a violation.</summary>
    [Required, MinLength(1), MaxLength(1024)]
    public string Message { get; init => field = value ?? ""; } = "";
}

/// <summary>A kind that rules can speak of.</summary>
[JsonConverter(typeof(EnumNameConverter<PolicyKind>))]
public enum PolicyKind
{
    /// <summary>DataSource.</summary>
    DataSource,

    /// <summary>TrainingJob.</summary>
    TrainingJob,

    /// <summary>ModelVersion.</summary>
    ModelVersion,

    /// <summary>InferenceService.</summary>
    InferenceService,
}

/// <summary>A condition on one field of a resource.</summary>
public sealed record RuleCondition
{
    /// <summary>The field, with dots between names, such as spec.owner or metadata.labels.team. A name with dots stands in brackets: metadata.labels['app.kubernetes.io/name'].</summary>
    [Required, MinLength(1), MaxLength(512)]
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>How the field is compared.</summary>
    [Required]
    public RuleOperator Operator { get; init; }

    /// <summary>What the field is compared with: none for Exists and DoesNotExist, one for Equals, NotEquals, GreaterThan, LessThan and Matches, at least one for In and NotIn.</summary>
    [MaxItems(100), MaxLength(1024)]
    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

/// <summary>How a field is compared.</summary>
[JsonConverter(typeof(EnumNameConverter<RuleOperator>))]
public enum RuleOperator
{
    /// <summary>It is set and not empty.</summary>
    Exists,

    /// <summary>It is not set, or empty.</summary>
    DoesNotExist,

    /// <summary>It equals the value.</summary>
    Equals,

    /// <summary>It does not equal the value, or is not set.</summary>
    NotEquals,

    /// <summary>It equals one of the values.</summary>
    In,

    /// <summary>It equals none of the values, or is not set.</summary>
    NotIn,

    /// <summary>It is a number above the value.</summary>
    GreaterThan,

    /// <summary>It is a number below the value.</summary>
    LessThan,

    /// <summary>The regular expression matches it as a whole.</summary>
    Matches,
}

/// <summary>How bad a violation is, from low to high.</summary>
[JsonConverter(typeof(EnumNameConverter<Severity>))]
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>To be done some time.</summary>
    Low,

    /// <summary>To be planned.</summary>
    Medium,

    /// <summary>To be done next.</summary>
    High,

    /// <summary>To be done now.</summary>
    Critical,
}
