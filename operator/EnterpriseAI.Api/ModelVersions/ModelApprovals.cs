using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Approvals that are needed and given.</summary>
public sealed record ModelApprovals
{
    /// <summary>Number of approvals by different persons, none of them the creator.</summary>
    [Default(1), Minimum(0), Maximum(10)]
    public int Required { get; set; } = 1;

    /// <summary>How long an approval holds, such as 90d; then it must be given again. Left out: for ever.</summary>
    public Duration? ValidFor { get; init; }

    /// <summary>
    /// What the approvers decided, oldest first; each person's last word counts. The admission webhook writes who and when; nobody can
    /// decide in another's name, and nothing can be taken out.
    /// </summary>
    [MaxItems(50)]
    public IReadOnlyList<Approval> Granted { get; init => field = value ?? []; } = [];

    /// <summary>When an approval stops to hold; null when it never does, or when <see cref="ValidFor"/> cannot be read.</summary>
    public DateTimeOffset? EndOf(Approval approval) =>
        approval.At is { } at && ValidFor is { IsValid: true } validFor && validFor.ToTimeSpan() is var length && length < DateTimeOffset.MaxValue - at ? at + length : null;

    /// <summary>True when an approval still counts. None does while <see cref="ValidFor"/> cannot be read: nobody can tell how long it was meant for.</summary>
    public bool Holds(Approval approval, DateTimeOffset now) => ValidFor is not { IsValid: false } && (EndOf(approval) ?? DateTimeOffset.MaxValue) > now;
}

/// <summary>What an approver decided.</summary>
[JsonConverter(typeof(EnumNameConverter<ApproverDecision>))]
public enum ApproverDecision
{
    /// <summary>The version may serve.</summary>
    Approve,

    /// <summary>It must not serve, however many others approve, until this approver decides otherwise.</summary>
    Reject,

    /// <summary>An earlier decision no longer counts.</summary>
    Withdraw,
}

/// <summary>One decision of one approver.</summary>
public sealed record Approval
{
    /// <summary>What was decided.</summary>
    [Default(ApproverDecision.Approve)]
    public ApproverDecision Decision { get; set; } = ApproverDecision.Approve;

    /// <summary>User who decided, as known to the API server. Written by the admission webhook.</summary>
    [MaxLength(1024)]
    public string? By { get; init; }

    /// <summary>When. Written by the admission webhook.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Why.</summary>
    [MaxLength(4096)]
    public string? Comment { get; init; }
}
