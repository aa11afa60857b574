using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>Reads what the client asks for, and writes the same question to a model server.</summary>
internal static class GatewayRequest
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Path and query exactly as received, or null when they are none (<c>OPTIONS *</c>, characters outside ASCII).</summary>
    public static string? TargetOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            // The absolute form that clients of a proxy send.
            if (!Uri.TryCreate(target, AsWritten, out var absolute) || absolute.Scheme is not ("http" or "https")) return null;
            target = absolute.PathAndQuery;
        }
        return target.StartsWith('/') && !target.AsSpan().ContainsAnyExceptInRange('!', '~') ? target : null;
    }

    public static bool HasBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? context.Request.ContentLength > 0;

    public static HttpRequestMessage Create(HttpContext context, Uri endpoint, string target, RequestBody? body, string requestId)
    {
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(endpoint.GetLeftPart(UriPartial.Authority) + target, AsWritten))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        ForwardedHeaders.CopyRequest(context.Request, request, requestId);
        return request;
    }
}
