using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Where a version stands with its approvers.</summary>
/// <param name="Required">How many must approve.</param>
/// <param name="Approving">Those whose last word is an approval that still holds.</param>
/// <param name="Rejecting">Those whose last word is a rejection.</param>
/// <param name="Expired">Those whose approval held once.</param>
/// <param name="HoldsUntil">When too few approvals will be left; null when that never comes, or when there are too few already.</param>
internal sealed record ApprovalTally(
    int Required, IReadOnlyList<Approval> Approving, IReadOnlyList<Approval> Rejecting, IReadOnlyList<Approval> Expired, DateTimeOffset? HoldsUntil)
{
    /// <summary>A rejection outweighs any number of approvals.</summary>
    public bool IsApproved => Rejecting.Count == 0 && Approving.Count >= Required;

    /// <summary>Counts each person's last word. What the webhook did not stamp does not count.</summary>
    public static ApprovalTally Of(ModelApprovals? approvals, DateTimeOffset now)
    {
        var required = approvals?.Required ?? 1;
        var last = (approvals?.Granted ?? []).Where(a => a is { By: not null, At: not null })
            .GroupBy(a => a.By!, StringComparer.Ordinal).Select(g => g.Last()).ToList();
        var approving = last.Where(a => a.Decision == ApproverDecision.Approve).ToList();
        var rejecting = last.Where(a => a.Decision == ApproverDecision.Reject).ToList();
        if (approvals?.ValidFor is null)
            return new ApprovalTally(required, approving, rejecting, [], null);

        var expired = approving.Where(a => !approvals.Holds(a, now)).ToList();
        var valid = approving.Except(expired).ToList();
        var until = required > 0 && valid.Count >= required
            ? valid.Select(a => approvals.EndOf(a) ?? DateTimeOffset.MaxValue).OrderDescending().ElementAt(required - 1)
            : DateTimeOffset.MaxValue;
        return new ApprovalTally(required, valid, rejecting, expired, until == DateTimeOffset.MaxValue ? null : until);
    }
}
