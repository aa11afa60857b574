using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// Reads an AdmissionReview whose object may be anything: mutating webhooks are called before the API server validates
/// an object against its schema.
/// </summary>
internal static partial class AdmissionReading
{
    private const string ObjectPath = "$.request.object.";

    /// <returns>The request and its answer; a refusal that names the field when the object is not of its kind's shape.</returns>
    /// <exception cref="JsonException">It is no AdmissionReview.</exception>
    public static async Task<(AdmissionRequest<T> Request, AdmissionResponse Response)> ReadAsync<T>(
        JsonDocument document, JsonTypeInfo<AdmissionReview<T>> reviewType, Func<AdmissionRequest<T>, CancellationToken, Task<AdmissionResponse>> decide, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        AdmissionReview<T>? review;
        try
        {
            review = document.Deserialize(reviewType);
        }
        catch (JsonException e) when (e.Path?.StartsWith(ObjectPath, StringComparison.Ordinal) is true && Uid(document) is { } uid)
        {
            var field = e.Path[ObjectPath.Length..];
            var explained = IndexInPath().Replace(field, "");
            return (new AdmissionRequest<T> { Uid = uid }, AdmissionResponse.Refuse(uid, 422,
                $"{field}: the value is of another type than the field, or not one of its words; see: kubectl explain {typeof(T).Name.ToLowerInvariant()}.{explained}"));
        }
        var request = review?.Request ?? throw new JsonException("it carries no request");
        return (request, await decide(request, cancellationToken));
    }

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex IndexInPath();

    private static string? Uid(JsonDocument document) =>
        document.RootElement.TryGetProperty("request", out var request) && request.TryGetProperty("uid", out var uid) && uid.ValueKind == JsonValueKind.String ? uid.GetString() : null;
}
