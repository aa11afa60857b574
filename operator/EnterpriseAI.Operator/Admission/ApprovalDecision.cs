using System.Globalization;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// The rules of approval, as a pure function of the request: who approved and when is stamped from the request's own
/// user, never taken from what was written.
/// </summary>
/// <remarks>
/// Guarantees: an approval bears the name of the user who sent it, at the time it was sent. Approvals are append-only: a
/// list written without an earlier one (as a merge patch does) gets it back. The creator cannot approve. The number of
/// required approvals is set at creation, and afterwards only by who may approve.
/// </remarks>
public static class ApprovalDecision
{
    /// <summary>Who created the model version; stamped at creation, unchangeable afterwards.</summary>
    public const string CreatedBy = "enterpriseai.io/created-by";

    /// <summary>Whether the request needs the permission <c>approve</c> at all.</summary>
    public static bool NeedsPermission(AdmissionRequest request) =>
        request.Operation == "UPDATE" && (NewApprovals(request).Count > 0 || Required(request.OldObject) != Required(request.Object));

    /// <param name="request">The request; its <c>object</c> is the model version as it would be stored.</param>
    /// <param name="mayApprove">The API server's answer for this user; only consulted when <see cref="NeedsPermission"/>.</param>
    /// <param name="now">Stamped into new approvals.</param>
    public static AdmissionResponse Decide(AdmissionRequest request, bool mayApprove, DateTimeOffset now)
    {
        var user = request.UserInfo.Username;
        if (request.Object is not { } wanted)
            return Refuse(request, 400, "the request carries no object");
        if (user.Length == 0)
            return Refuse(request, 403, "the request carries no user; approvals need one");

        if (request.Operation == "CREATE")
        {
            if (wanted.Spec.Approvals?.Granted.Count > 0)
                return Refuse(request, 403, "spec.approvals.granted must be empty at creation; approve afterwards, as somebody else than the creator");
            return Allow(request, AnnotationPatch(wanted, user));
        }

        var creator = Annotation(request.OldObject);
        var patch = creator is null || Annotation(wanted) == creator ? [] : AnnotationPatch(wanted, creator);
        var added = NewApprovals(request);
        if (NeedsPermission(request) && !mayApprove)
        {
            return Refuse(request, 403, added.Count > 0
                ? $"user '{user}' may not approve model versions in namespace '{request.Namespace}': the verb approve on modelversions.enterpriseai.io is missing"
                : $"user '{user}' may not change spec.approvals.required in namespace '{request.Namespace}': the verb approve on modelversions.enterpriseai.io is missing");
        }

        var kept = request.OldObject?.Spec.Approvals?.Granted ?? [];
        if (added.Count > 0)
        {
            if (user == creator)
                return Refuse(request, 403, $"user '{user}' created this model version and so cannot approve it; somebody else must");
            if (added.FirstOrDefault(a => a.By is not null && a.By != user) is { } foreign)
                return Refuse(request, 403, $"spec.approvals.granted: by '{foreign.By}' is not the user of this request, '{user}'; leave by and at out, they are stamped");
            if (kept.Any(a => a.By == user))
                return Refuse(request, 409, $"user '{user}' has approved this model version already");
            if (added.Count > 1)
                return Refuse(request, 400, $"spec.approvals.granted: user '{user}' gives {added.Count} approvals at once; one user gives one");
        }

        List<Approval> granted = [.. kept, .. added.Select(a => a with { By = user, At = TruncateToSecond(now) })];
        if (wanted.Spec.Approvals is not null || granted.Count > 0)
        {
            if (!(wanted.Spec.Approvals?.Granted ?? []).SequenceEqual(granted))
                patch.AddRange(ApprovalsPatch(wanted, granted));
        }
        return Allow(request, patch);
    }

    /// <summary>Entries of the list that the stored object did not have.</summary>
    private static List<Approval> NewApprovals(AdmissionRequest request)
    {
        var old = request.OldObject?.Spec.Approvals?.Granted ?? [];
        return [.. (request.Object?.Spec.Approvals?.Granted ?? []).Where(a => !old.Contains(a))];
    }

    private static int? Required(ModelVersion? version) => version?.Spec.Approvals?.Required;

    private static string? Annotation(ModelVersion? version) => version?.Metadata.Annotations?.GetValueOrDefault(CreatedBy);

    private static List<JsonObject> AnnotationPatch(ModelVersion wanted, string creator)
    {
        List<JsonObject> patch = [];
        if (wanted.Metadata.Annotations is null)
            patch.Add(Operation("add", "/metadata/annotations", new JsonObject()));
        patch.Add(Operation("add", "/metadata/annotations/enterpriseai.io~1created-by", creator));
        return patch;
    }

    private static IEnumerable<JsonObject> ApprovalsPatch(ModelVersion wanted, List<Approval> granted)
    {
        if (wanted.Spec.Approvals is null)
            yield return Operation("add", "/spec/approvals", new JsonObject());
        yield return Operation("add", "/spec/approvals/granted", new JsonArray([.. granted.Select(ToJson)]));
    }

    private static JsonObject ToJson(Approval approval)
    {
        var json = new JsonObject { ["by"] = approval.By, ["at"] = approval.At?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };
        if (approval.Comment is not null)
            json["comment"] = approval.Comment;
        return json;
    }

    private static JsonObject Operation(string op, string path, JsonNode? value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };

    private static AdmissionResponse Allow(AdmissionRequest request, List<JsonObject> patch) => new()
    {
        Uid = request.Uid,
        Allowed = true,
        Patch = patch.Count == 0 ? null : System.Text.Encoding.UTF8.GetBytes(new JsonArray([.. patch]).ToJsonString()),
        PatchType = patch.Count == 0 ? null : "JSONPatch",
    };

    private static AdmissionResponse Refuse(AdmissionRequest request, int code, string message) => new()
    {
        Uid = request.Uid,
        Allowed = false,
        Status = new AdmissionStatus(code, message),
    };

    private static DateTimeOffset TruncateToSecond(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
