using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>A violation that is accepted for a time. It is evaluated all the same and counted as skipped.</summary>
public sealed record PolicyException
{
    /// <summary>The control, such as GDPR/32(1)(a), or rule/name for one of the policy's own rules.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Control { get; init => field = value ?? ""; } = "";

    /// <summary>The resource, as Kind/namespace/name. A * as namespace or name stands for all.</summary>
    [Required, Pattern("^(DataSource|TrainingJob|ModelVersion|InferenceService)/[^/]+/[^/]+$"), MaxLength(600)]
    public string Resource { get; init => field = value ?? ""; } = "";

    /// <summary>Why the violation is accepted.</summary>
    [Required, MinLength(1), MaxLength(4096)]
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>Who accepted it.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string ApprovedBy { get; init => field = value ?? ""; } = "";

    /// <summary>Until when.</summary>
    [Required]
    public DateTimeOffset Expires { get; init; }
}
