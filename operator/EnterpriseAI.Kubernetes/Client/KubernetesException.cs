using System.Net;

namespace EnterpriseAI.Kubernetes;

/// <summary>The API server refused a request, or ended a watch with an error.</summary>
/// <remarks>A server that cannot be reached gives <see cref="HttpRequestException"/>, one that does not answer in time gives
/// <see cref="TimeoutException"/>.</remarks>
public sealed class KubernetesException : Exception
{
    public KubernetesException(HttpStatusCode statusCode, V1Status status, TimeSpan? retryAfter = null, string? request = null)
        : base(Describe(statusCode, status, request))
    {
        StatusCode = statusCode;
        Status = status;
        RetryAfter = retryAfter;
    }

    /// <summary>HTTP status; of an error inside a watch, the code of its <see cref="Status"/>.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>What the server said; made from the HTTP answer when it sent no Status.</summary>
    public V1Status Status { get; }

    /// <summary>How long the server asks to wait; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The object or the resource does not exist.</summary>
    public bool IsNotFound => StatusCode == HttpStatusCode.NotFound;

    /// <summary>The object exists already.</summary>
    public bool IsAlreadyExists => Status.Reason == "AlreadyExists";

    /// <summary>Somebody else changed the object first, a precondition failed, or a field belongs to another manager.</summary>
    public bool IsConflict => StatusCode == HttpStatusCode.Conflict && !IsAlreadyExists;

    /// <summary>The resource version is too old to continue from: list again. Reasons <c>Expired</c> and <c>Gone</c> alike.</summary>
    public bool IsGone => StatusCode == HttpStatusCode.Gone || Status.Reason is "Expired" or "Gone";

    /// <summary>The object fails validation.</summary>
    public bool IsInvalid => StatusCode == HttpStatusCode.UnprocessableEntity || Status.Reason == "Invalid";

    /// <summary>The request itself is wrong.</summary>
    public bool IsBadRequest => StatusCode == HttpStatusCode.BadRequest;

    /// <summary>Permissions are missing.</summary>
    public bool IsForbidden => StatusCode == HttpStatusCode.Forbidden;

    /// <summary>The credentials are not accepted.</summary>
    public bool IsUnauthorized => StatusCode == HttpStatusCode.Unauthorized;

    /// <summary>The server asks for fewer requests.</summary>
    public bool IsTooManyRequests => StatusCode == HttpStatusCode.TooManyRequests;

    /// <summary>The asked resource version is newer than what the answering server has seen.</summary>
    public bool IsTooLargeResourceVersion =>
        Status.Details?.Causes?.Any(cause => cause.Reason == "ResourceVersionTooLarge") is true
        || Status.Message?.Contains("Too large resource version", StringComparison.OrdinalIgnoreCase) is true;

    static string Describe(HttpStatusCode code, V1Status status, string? request)
    {
        var what = status.Message ?? status.Reason ?? code.ToString();
        return request is null ? $"{what} ({(int)code})" : $"{request}: {what} ({(int)code})";
    }
}
