using System.Globalization;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// The rules of approval, as a pure function of the request: who approved and when is stamped from the request's own
/// user, never taken from what was written.
/// </summary>
/// <remarks>
/// Guarantees: a decision (approve, reject, withdraw) bears the name of the user who sent it, at the time it was sent. Decisions are
/// append-only: a list written without an earlier one (as a merge patch does) gets it back. The creator cannot approve. How many must
/// approve, and for how long it holds, is set at creation, and afterwards only by who may approve.
/// </remarks>
public static class ApprovalDecision
{
    /// <summary>Whether the request needs the permission <c>approve</c> at all.</summary>
    public static bool NeedsPermission(AdmissionRequest<ModelVersion> request) =>
        request.Operation == "UPDATE" && (NewApprovals(request).Count > 0 || Rule(request.OldObject) != Rule(request.Object));

    /// <param name="request">The request; its <c>object</c> is the model version as it would be stored.</param>
    /// <param name="registrar">The operator's own user: what it registers for a training job bears the creator of that job.</param>
    /// <param name="mayApprove">The API server's answer for this user; only consulted when <see cref="NeedsPermission"/>.</param>
    /// <param name="now">Stamped into new approvals.</param>
    public static AdmissionResponse Decide(AdmissionRequest<ModelVersion> request, string registrar, bool mayApprove, DateTimeOffset now)
    {
        var user = request.UserInfo.Username;
        if (request.Object is not { } wanted)
            return AdmissionResponse.Refuse(request.Uid, 400, "the request carries no object");
        if (user.Length == 0)
            return AdmissionResponse.Refuse(request.Uid, 403, "the request carries no user; approvals need one");

        if (request.Operation == "CREATE")
        {
            if (wanted.Spec.Approvals?.Granted.Count > 0)
                return AdmissionResponse.Refuse(request.Uid, 403, "spec.approvals.granted must be empty at creation; approve afterwards, as somebody else than the creator");
            return AdmissionResponse.Allow(request.Uid, CreatorStamp.Patch(wanted, registrar == user && CreatorStamp.Of(wanted) is { } creatorOfJob ? creatorOfJob : user));
        }

        var creator = CreatorStamp.Of(request.OldObject);
        List<JsonObject> patch = creator is null ? [] : [.. CreatorStamp.Patch(wanted, creator)];
        var added = NewApprovals(request);
        if (NeedsPermission(request) && !mayApprove)
        {
            return AdmissionResponse.Refuse(request.Uid, 403, added.Count > 0
                ? $"user '{user}' may not approve model versions in namespace '{request.Namespace}': the verb approve on modelversions.enterpriseai.io is missing"
                : $"user '{user}' may not change spec.approvals.required or validFor in namespace '{request.Namespace}': the verb approve on modelversions.enterpriseai.io is missing");
        }

        var kept = request.OldObject?.Spec.Approvals?.Granted ?? [];
        if (added.Count > 0)
        {
            if (user == creator && added.Any(a => a.Decision == ApproverDecision.Approve))
                return AdmissionResponse.Refuse(request.Uid, 403, $"user '{user}' created this model version and so cannot approve it; somebody else must");
            if (added.FirstOrDefault(a => a.By is not null && a.By != user) is { } foreign)
                return AdmissionResponse.Refuse(request.Uid, 403, $"spec.approvals.granted: by '{foreign.By}' is not the user of this request, '{user}'; leave by and at out, they are stamped");
            if (added.Count > 1)
                return AdmissionResponse.Refuse(request.Uid, 400, $"spec.approvals.granted: user '{user}' gives {added.Count} decisions at once; one user gives one");
            if (Repeats(kept.LastOrDefault(a => a.By == user)?.Decision, added[0].Decision, wanted.Spec.Approvals?.ValidFor) is { } repeated)
                return AdmissionResponse.Refuse(request.Uid, 409, $"user '{user}' {repeated}");
        }

        List<Approval> granted = [.. kept, .. added.Select(a => a with { By = user, At = TruncateToSecond(now) })];
        if (wanted.Spec.Approvals is not null || granted.Count > 0)
        {
            if (!(wanted.Spec.Approvals?.Granted ?? []).SequenceEqual(granted))
                patch.AddRange(ApprovalsPatch(wanted, granted));
        }
        return AdmissionResponse.Allow(request.Uid, patch);
    }

    /// <summary>Why a decision changes nothing; null when it does. An approval that ends some day may be given again before that.</summary>
    private static string? Repeats(ApproverDecision? last, ApproverDecision now, Duration? validFor) => (last, now) switch
    {
        (ApproverDecision.Approve, ApproverDecision.Approve) when validFor is null => "has approved this model version already",
        (ApproverDecision.Reject, ApproverDecision.Reject) => "has rejected this model version already",
        (null or ApproverDecision.Withdraw, ApproverDecision.Withdraw) => "has made no decision on this model version that could be withdrawn",
        _ => null,
    };

    /// <summary>Entries of the list that the stored object did not have.</summary>
    private static List<Approval> NewApprovals(AdmissionRequest<ModelVersion> request)
    {
        var old = request.OldObject?.Spec.Approvals?.Granted ?? [];
        return [.. (request.Object?.Spec.Approvals?.Granted ?? []).Where(a => !old.Contains(a))];
    }

    private static (int? Required, Duration? ValidFor) Rule(ModelVersion? version) => (version?.Spec.Approvals?.Required, version?.Spec.Approvals?.ValidFor);

    private static IEnumerable<JsonObject> ApprovalsPatch(ModelVersion wanted, List<Approval> granted)
    {
        if (wanted.Spec.Approvals is null)
            yield return JsonPatch.Add("/spec/approvals", new JsonObject());
        yield return JsonPatch.Add("/spec/approvals/granted", new JsonArray([.. granted.Select(ToJson)]));
    }

    private static JsonObject ToJson(Approval approval)
    {
        var json = new JsonObject { ["by"] = approval.By, ["at"] = approval.At?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };
        if (approval.Decision != ApproverDecision.Approve)
            json["decision"] = approval.Decision.ToString();
        if (approval.Comment is not null)
            json["comment"] = approval.Comment;
        return json;
    }

    private static DateTimeOffset TruncateToSecond(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
