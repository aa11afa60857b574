using System.Diagnostics;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>Which headers cross the gateway, in both directions (RFC 9110, section 7.6.1).</summary>
/// <remarks>
/// <b>Caveats:</b> where a client's Connection header says <c>close</c> or <c>keep-alive</c>, Kestrel drops the other names in it, and headers
/// they name cross as if they were not named.
/// </remarks>
internal static class ForwardedHeaders
{
    /// <summary>Response header that names the revision which answered.</summary>
    public const string Revision = "x-enterpriseai-revision";

    /// <summary>Request and response header that identifies one request in every log.</summary>
    public const string RequestId = "x-request-id";

    private const int MaxRequestIdLength = 128;
    private const string XForwardedFor = "X-Forwarded-For";
    private const string XForwardedHost = "X-Forwarded-Host";
    private const string XForwardedProto = "X-Forwarded-Proto";

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization, HeaderNames.ProxyConnection,
        HeaderNames.TE, HeaderNames.Trailer, HeaderNames.TransferEncoding, HeaderNames.Upgrade, "HTTP2-Settings",
    };

    // Rewritten below, or answered by the listener itself.
    private static readonly HashSet<string> OwnInRequest = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.Host, HeaderNames.ContentLength, HeaderNames.Expect, HeaderNames.TraceParent, HeaderNames.TraceState,
        XForwardedFor, XForwardedHost, XForwardedProto, RequestId,
    };

    private static readonly HashSet<string> OwnInResponse = new(StringComparer.OrdinalIgnoreCase)
    {
        HeaderNames.AltSvc, Revision, RequestId,
    };

    /// <summary>The client's own id where it is printable ASCII of at most 128 characters, else a new one.</summary>
    public static string RequestIdOf(HttpRequest request) =>
        request.Headers[RequestId] is [{ Length: > 0 and <= MaxRequestIdLength } given] && given.All(c => c is > ' ' and < '\x7f')
            ? given
            : (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToHexString();

    public static void CopyRequest(HttpRequest from, HttpRequestMessage to, string requestId)
    {
        var named = ConnectionTokens(from.Headers.Connection);
        foreach (var (name, values) in from.Headers)
        {
            if (HopByHop.Contains(name) || OwnInRequest.Contains(name) || named?.Contains(name) == true) continue;
            if (!to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        // A body of unknown length has no Content-Length; one of known length keeps it.
        if (to.Content is { } content && from.ContentLength is { } length) content.Headers.ContentLength = length;
        AddForwarded(from, to.Headers);
        to.Headers.TryAddWithoutValidation(RequestId, requestId);
        AddTrace(from, to.Headers);
    }

    public static void CopyResponse(HttpResponseMessage from, HttpResponse to)
    {
        HashSet<string>? named = null;
        if (from.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var connection)) named = ConnectionTokens(new StringValues([.. connection]));
        Copy(from.Headers.NonValidated, to.Headers, named);
        Copy(from.Content.Headers.NonValidated, to.Headers, named);
    }

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to, HashSet<string>? named)
    {
        foreach (var (name, values) in from)
        {
            if (HopByHop.Contains(name) || OwnInResponse.Contains(name) || named?.Contains(name) == true) continue;
            to[name] = values.Count == 1 ? values.ToString() : new StringValues([.. values]);
        }
    }

    private static void AddForwarded(HttpRequest from, HttpRequestHeaders to)
    {
        var address = from.HttpContext.Connection.RemoteIpAddress?.ToString();
        var chain = from.Headers[XForwardedFor] is { Count: > 0 } before && address is not null ? $"{before}, {address}" : address;
        if (chain is not null) to.TryAddWithoutValidation(XForwardedFor, chain);
        to.TryAddWithoutValidation(XForwardedHost, from.Headers[XForwardedHost] is [{ } host] ? host : from.Host.Value);
        to.TryAddWithoutValidation(XForwardedProto, from.Headers[XForwardedProto] is [{ } scheme] ? scheme : from.Scheme);
    }

    // The model server's span becomes a child of the gateway's; where the gateway has none, the client's passes through.
    private static void AddTrace(HttpRequest from, HttpRequestHeaders to)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity)
        {
            to.TryAddWithoutValidation(HeaderNames.TraceParent, id);
            if (!string.IsNullOrEmpty(activity.TraceStateString)) to.TryAddWithoutValidation(HeaderNames.TraceState, activity.TraceStateString);
            return;
        }
        if (from.Headers.TraceParent is [{ } parent]) to.TryAddWithoutValidation(HeaderNames.TraceParent, parent);
        if (from.Headers.TraceState is { Count: > 0 } state) to.TryAddWithoutValidation(HeaderNames.TraceState, (IEnumerable<string?>)state);
    }

    private static HashSet<string>? ConnectionTokens(StringValues connection)
    {
        if (connection.Count == 0) return null;
        var tokens = connection.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return new HashSet<string>(tokens, StringComparer.OrdinalIgnoreCase);
    }
}
