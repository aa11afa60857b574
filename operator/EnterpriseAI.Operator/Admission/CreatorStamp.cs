using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// Who created a resource: stamped at creation from the request's own user, unchangeable afterwards. A training job's
/// creator is the creator of the model version it registers, and so cannot approve it.
/// </summary>
public static class CreatorStamp
{
    public const string Annotation = "enterpriseai.io/created-by";

    /// <summary>The creator that a stored resource bears.</summary>
    public static string? Of(IKubernetesObject? resource) => resource?.Metadata.Annotations?.GetValueOrDefault(Annotation);

    /// <summary>Stamps a resource on which nothing else is decided.</summary>
    public static AdmissionResponse Decide<T>(AdmissionRequest<T> request) where T : class, IKubernetesObject
    {
        if (request.Object is not { } wanted)
            return AdmissionResponse.Refuse(request.Uid, 400, "the request carries no object");
        if (request.UserInfo.Username is not { Length: > 0 } user)
            return AdmissionResponse.Refuse(request.Uid, 403, "the request carries no user");
        // One that was created while no webhook was there has no creator, and gets none from whoever changes it first.
        return AdmissionResponse.Allow(request.Uid, request.Operation == "CREATE" ? Patch(wanted, user) : Of(request.OldObject) is { } creator ? Patch(wanted, creator) : []);
    }

    /// <summary>The operations that make <paramref name="creator"/> the creator; none when it is.</summary>
    public static IReadOnlyList<JsonObject> Patch(IKubernetesObject wanted, string creator)
    {
        if (Of(wanted) == creator)
            return [];
        List<JsonObject> patch = [];
        if (wanted.Metadata.Annotations is null)
            patch.Add(JsonPatch.Add("/metadata/annotations", new JsonObject()));
        patch.Add(JsonPatch.Add("/metadata/annotations/enterpriseai.io~1created-by", creator));
        return patch;
    }
}

/// <summary>Operations of a JSON patch (RFC 6902), as an admission response carries them.</summary>
internal static class JsonPatch
{
    public static JsonObject Add(string path, JsonNode? value) => new() { ["op"] = "add", ["path"] = path, ["value"] = value };

    public static byte[] ToBytes(IReadOnlyList<JsonObject> operations) => Encoding.UTF8.GetBytes(new JsonArray([.. operations]).ToJsonString());
}
