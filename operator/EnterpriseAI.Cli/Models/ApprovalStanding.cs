using System.Globalization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary>How many of the needed approvals a version has, for people to see. What follows from it the operator decides.</summary>
/// <param name="Required">How many are needed.</param>
/// <param name="Approving">Who approves: each one's last word, as long as it holds.</param>
/// <param name="Rejecting">Who rejects.</param>
internal sealed record ApprovalStanding(int Required, IReadOnlyList<string> Approving, IReadOnlyList<string> Rejecting)
{
    /// <summary>Such as <c>1/2</c>.</summary>
    public string Short => string.Create(CultureInfo.InvariantCulture, $"{Approving.Count}/{Required}{(Rejecting.Count > 0 ? $" ({Rejecting.Count} rejected)" : "")}");

    public static ApprovalStanding Of(ModelApprovals? approvals, DateTimeOffset now)
    {
        // What the webhook did not stamp counts for nobody.
        var last = (approvals?.Granted ?? []).Where(a => a is { By: not null, At: not null }).GroupBy(a => a.By!, StringComparer.Ordinal).Select(g => g.Last()).ToList();
        return new ApprovalStanding(
            approvals?.Required ?? 1,
            [.. last.Where(a => a.Decision == ApproverDecision.Approve && approvals!.Holds(a, now)).Select(a => a.By!)],
            [.. last.Where(a => a.Decision == ApproverDecision.Reject).Select(a => a.By!)]);
    }
}
