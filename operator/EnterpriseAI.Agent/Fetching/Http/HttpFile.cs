using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>A file of an HTTP server.</summary>
/// <remarks>
/// Redirects are followed here rather than by the handler, so that they never lead from https to http and credentials never
/// to another server.
/// </remarks>
internal sealed class HttpFile(HttpMessageInvoker http, Uri address, AuthenticationHeaderValue? authorization, TimeProvider time) : IRemoteFile
{
    private const int MaxRedirects = 10;
    private static readonly TimeSpan TellsVersionsApart = TimeSpan.FromSeconds(1);

    public string Shown { get; } = FetchSource.Shown(address);

    public async Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken)
    {
        var response = await SendAsync(range, cancellationToken);
        try
        {
            RefuseEncoding(response);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => await BodyAsync(response, range, 0, cancellationToken),
                HttpStatusCode.PartialContent when !range.IsWhole && response.Content.Headers.ContentRange is { Unit: "bytes", From: { } from }
                    => await BodyAsync(response, range, from, cancellationToken),
                HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable
                    => throw new RemoteTrouble(RemoteTroubleKind.NoSuchRange, "the server cannot go on where the last attempt ended"),
                HttpStatusCode.PreconditionFailed => throw new RemoteTrouble(RemoteTroubleKind.Changed, "the server has another file there than when the download began"),
                HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
                    => throw new RemoteTrouble(RemoteTroubleKind.Passing, $"the server answered {(int)response.StatusCode}", RetryAfter(response)),
                _ => throw Refusal(response),
            };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(RemoteRange range, CancellationToken cancellationToken)
    {
        var target = address;
        for (var redirects = 0; ; redirects++)
        {
            using var message = Message(target, range);
            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(message, cancellationToken);
            }
            catch (HttpRequestException exception) when (exception.InnerException is AuthenticationException cause)
            {
                throw AgentFailure.BadInput(
                    "SourceUntrusted", $"{FetchSource.Shown(target)} is not trusted: {cause.Message} Give --ca-file with the authority that issued its certificate", exception);
            }
            catch (HttpRequestException exception)
            {
                throw new RemoteTrouble(RemoteTroubleKind.Passing, exception.InnerException?.Message ?? exception.Message, cause: exception);
            }

            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                target = Redirect(target, response.Headers.Location, redirects);
            }
        }
    }

    private Uri Redirect(Uri from, Uri? location, int redirects)
    {
        if (redirects == MaxRedirects)
        {
            throw AgentFailure.BadInput("TooManyRedirects", $"{Shown} was redirected more than {MaxRedirects} times: give the address that it leads to");
        }

        if (!Uri.TryCreate(from, location, out var to) || to.Scheme is not ("http" or "https"))
        {
            throw AgentFailure.BadInput("RedirectRefused", $"{Shown} was redirected to nowhere that can be fetched from");
        }

        return from.Scheme == "https" && to.Scheme == "http"
            ? throw AgentFailure.BadInput("RedirectRefused", $"{Shown} was redirected from https to {FetchSource.Shown(to)}, where anybody may read and change it: give an address that stays with https")
            : to;
    }

    private HttpRequestMessage Message(Uri target, RemoteRange range)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, target);
        message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (authorization is not null && IsSameServer(target, address))
        {
            message.Headers.Authorization = authorization;
        }

        if (!range.IsWhole)
        {
            message.Headers.Range = new RangeHeaderValue(range.From, range.From + range.Count - 1);
            if (range.Version is not null)
            {
                message.Headers.TryAddWithoutValidation("If-Range", range.Version);
            }
        }

        return message;
    }

    private static async Task<RemoteBody> BodyAsync(HttpResponseMessage response, RemoteRange range, long from, CancellationToken cancellationToken)
    {
        // Some servers send the range without looking at If-Range.
        var isPart = response.StatusCode == HttpStatusCode.PartialContent;
        if (isPart && range.Version is { } wanted && Tag(response, wanted) is { } tag && tag != wanted)
        {
            throw new RemoteTrouble(RemoteTroubleKind.Changed, "the server has another file there than when the download began");
        }

        return new RemoteBody(await response.Content.ReadAsStreamAsync(cancellationToken), response)
        {
            IsPart = isPart,
            Offset = from,
            Announced = response.Content.Headers.ContentLength,
            Total = isPart ? response.Content.Headers.ContentRange?.Length : response.Content.Headers.ContentLength,
            Version = Version(response),
        };
    }

    // Only a strong validator promises the same bytes. A time does when it is surely past: what is written now may be written again within its second.
    private static string? Version(HttpResponseMessage response) => response switch
    {
        { Headers.ETag: { IsWeak: false } tag } => tag.ToString(),
        { Headers.ETag: null, Headers.Date: { } now, Content.Headers.LastModified: { } changed } when now - changed >= TellsVersionsApart => changed.ToString("r"),
        _ => null,
    };

    // A partial answer need not repeat every header; what it does repeat must be the same.
    private static string? Tag(HttpResponseMessage response, string wanted)
        => wanted.StartsWith('"') ? response.Headers.ETag?.ToString() : response.Content.Headers.LastModified?.ToString("r");

    private void RefuseEncoding(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentEncoding.FirstOrDefault(static encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } encoding)
        {
            throw AgentFailure.BadInput("EncodingRefused", $"{Shown} comes with Content-Encoding '{encoding}' although identity was asked for; what unpacks to an unknown size is not fetched: let the server send the file as it is");
        }
    }

    private AgentFailure Refusal(HttpResponseMessage response)
    {
        var hint = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when authorization is null => ": give --credentials if it is not public",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ": the --credentials do not allow it",
            HttpStatusCode.NotFound or HttpStatusCode.Gone => ": nothing is there; check the address",
            _ => string.Empty,
        };
        return AgentFailure.BadInput("SourceRefused", $"{Shown} was answered with {(int)response.StatusCode} {response.ReasonPhrase}{hint}");
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero => wait,
        _ => null,
    };

    private static bool IsSameServer(Uri one, Uri other)
        => one.Scheme == other.Scheme && one.Port == other.Port && one.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase);
}
