using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>Makes requests to registries: again when they fail in passing, elsewhere when they say so, and with what they ask to be shown.</summary>
internal sealed class RegistryTransport
{
    private const int MaxRedirects = 5;
    private const int MaxErrorBytes = 16 << 10;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);

    private readonly HttpClient _http;
    private readonly OciRegistryOptions _options;
    private readonly RegistryAuthorization _authorization;

    public RegistryTransport(HttpClient http, OciRegistryOptions options)
    {
        _http = http;
        _options = options;
        _authorization = new RegistryAuthorization(this, options);
    }

    public OciRegistryOptions Options => _options;

    /// <summary>The address of something in a repository.</summary>
    public Uri Address(OciReference repository, string path) => new($"{_options.SchemeOf(repository)}://{repository.Host}/v2/{repository.Repository}/{path}");

    /// <summary>The answer, whatever its status is, except one that says to come back later and one that asks for other credentials.</summary>
    /// <exception cref="SupplyChainException">The registry cannot be reached, goes on failing, or refuses the credentials.</exception>
    public Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellationToken) =>
        RepeatAsync(request, token => SendAuthorizedAsync(request, token), cancellationToken);

    /// <summary>As the other, with the given authorization and no other.</summary>
    public Task<HttpResponseMessage> SendAsync(RegistryRequest request, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken) =>
        RepeatAsync(request, async token => (await FollowAsync(request, authorization, token).ConfigureAwait(false)).Response, cancellationToken);

    /// <summary>Reads an answer into memory.</summary>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, long max, string what, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.AnswerTimeout, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (response.Content.Headers.ContentLength > max)
                throw TooLarge(what, max);
            await using var stream = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            using var memory = new MemoryStream();
            var buffer = new byte[16 << 10];
            for (int count; (count = await stream.ReadAsync(buffer, both.Token).ConfigureAwait(false)) > 0;)
            {
                if (memory.Length + count > max)
                    throw TooLarge(what, max);
                memory.Write(buffer, 0, count);
            }
            return memory.ToArray();
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable($"{what} was not sent within {_options.AnswerTimeout.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unavailable($"{what} broke off: {e.Message}", e);
        }
    }

    /// <summary>What a registry says about a refused request, in its own words.</summary>
    public async Task<SupplyChainException> RefusedAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
    {
        var reason = response.StatusCode switch
        {
            HttpStatusCode.NotFound => SupplyChainReason.ArtifactNotFound,
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => SupplyChainReason.RegistryDenied,
            _ => SupplyChainReason.RegistryUnavailable,
        };
        return new SupplyChainException(reason, $"{what}: the registry answers {(int)response.StatusCode} {response.ReasonPhrase}{await WordsAsync(response, cancellationToken).ConfigureAwait(false)}");
    }

    public static SupplyChainException Unavailable(string message, Exception? inner = null) => new(SupplyChainReason.RegistryUnavailable, message, inner);

    private static SupplyChainException TooLarge(string what, long max) =>
        new(SupplyChainReason.ArtifactTooLarge, $"{what} is larger than the {max} bytes that are allowed here");

    private async Task<HttpResponseMessage> RepeatAsync(RegistryRequest request, Func<CancellationToken, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan delay;
            try
            {
                var response = await send(cancellationToken).ConfigureAwait(false);
                if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError))
                    return response;
                using (response)
                {
                    delay = Delay(attempt, response);
                    if (attempt >= _options.Attempts || delay > _options.MaxRetryDelay)
                        throw Unavailable($"{request.Uri.Host} answers {(int)response.StatusCode} {response.ReasonPhrase} for {request.Uri.AbsolutePath}"
                            + (delay > _options.MaxRetryDelay ? $" and asks to come back in {delay.TotalSeconds:0} s" : $", {attempt} times"));
                }
            }
            // Who does not show the right certificate now will not show it a second later.
            catch (HttpRequestException e) when (attempt >= _options.Attempts || e.HttpRequestError is HttpRequestError.SecureConnectionError)
            {
                throw Unavailable($"{request.Uri.Host} cannot be reached: {Deepest(e)}", e);
            }
            catch (HttpRequestException)
            {
                delay = Delay(attempt, null);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                if (attempt >= _options.Attempts)
                    throw Unavailable($"{request.Uri.Host} does not answer", e);
                delay = Delay(attempt, null);
            }
            await Task.Delay(delay, _options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> SendAuthorizedAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var (response, isForeign) = await FollowAsync(request, _authorization.Known(request), cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is not HttpStatusCode.Unauthorized)
            return response;
        using (response)
        {
            // The challenge of a stranger must not decide where credentials go.
            if (isForeign)
                throw new SupplyChainException(SupplyChainReason.RegistryDenied, $"{request.Uri.Host} redirects {request.Uri.AbsolutePath} to a place that asks for credentials");
            var answer = await _authorization.AnswerAsync(request, response.Headers.WwwAuthenticate, cancellationToken).ConfigureAwait(false);
            var (second, _) = await FollowAsync(request, answer, cancellationToken).ConfigureAwait(false);
            if (second.StatusCode is not HttpStatusCode.Unauthorized)
                return second;
            using (second)
            {
                _authorization.Forget(request);
                throw new SupplyChainException(SupplyChainReason.RegistryDenied,
                    $"{request.Repository.Registry} refuses {Whose(request)} for {request.Repository.Repository}{await WordsAsync(second, cancellationToken).ConfigureAwait(false)}");
            }
        }
    }

    private string Whose(RegistryRequest request) =>
        _options.Credentials(request.Repository) is { } credentials ? $"the credentials of {credentials}" : "access without credentials";

    private async Task<(HttpResponseMessage Response, bool IsForeign)> FollowAsync(RegistryRequest request, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var (uri, isForeign) = (request.Uri, false);
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            var response = await SendOnceAsync(request, uri, isForeign ? null : authorization, cancellationToken).ConfigureAwait(false);
            if (!request.IsRead || response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect))
                return (response, isForeign);
            using (response)
            {
                if (response.Headers.Location is not { } location)
                    throw Unavailable($"{uri.Host} redirects {uri.AbsolutePath} to nowhere");
                uri = new Uri(uri, location);
            }
            CheckScheme(uri, request);
            // Storage that a registry redirects to has its key in the address. Once away, what comes back is not the registry's word.
            isForeign |= !IsSameOrigin(uri, request.Uri);
        }
        throw Unavailable($"{request.Uri.Host} redirects {request.Uri.AbsolutePath} more than {MaxRedirects} times");
    }

    /// <summary>Refuses to leave TLS, unless the registry was asked to be spoken to without.</summary>
    public static void CheckScheme(Uri uri, RegistryRequest request)
    {
        if (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && request.Uri.Scheme == Uri.UriSchemeHttp))
            throw Unavailable($"{request.Uri.Host} leads to {uri.GetLeftPart(UriPartial.Authority)}, which is not https");
    }

    public static bool IsSameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && string.Equals(one.IdnHost, other.IdnHost, StringComparison.OrdinalIgnoreCase);

    private async Task<HttpResponseMessage> SendOnceAsync(RegistryRequest request, Uri uri, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using var stall = request.IsUpload ? null : new CancellationTokenSource(_options.StallTimeout, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall?.Token ?? CancellationToken.None);
        using var message = request.Message(uri);
        message.Headers.Authorization = authorization;
        var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
        if (response.RequestMessage?.RequestUri is { } sent && sent != uri)
        {
            response.Dispose();
            throw new InvalidOperationException("the HttpClient follows redirections by itself: make it with OciRegistry.CreateHttpClient, or set AllowAutoRedirect to false");
        }
        return response;
    }

    private TimeSpan Delay(int attempt, HttpResponseMessage? response)
    {
        var now = _options.Time.GetUtcNow();
        var asked = response?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - now,
            _ => (TimeSpan?)null,
        };
        if (asked is { } wait)
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        // Spread, so that many who failed together do not come back together.
        var full = FirstDelay * Math.Pow(2, attempt - 1);
        var delay = full * (0.5 + (Random.Shared.NextDouble() / 2));
        return delay < _options.MaxRetryDelay ? delay : _options.MaxRetryDelay;
    }

    private async Task<string> WordsAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await ReadAsync(response, MaxErrorBytes, "the error", cancellationToken).ConfigureAwait(false));
            var first = json.RootElement.GetProperty("errors")[0];
            var message = first.TryGetProperty("message", out var text) && text.GetString() is { Length: > 0 } said ? said : first.GetProperty("code").GetString();
            return string.Create(CultureInfo.InvariantCulture, $" ({message})");
        }
        catch (Exception e) when (e is JsonException or SupplyChainException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            // Not every registry says why.
            return "";
        }
    }

    private static string Deepest(Exception e) => e.InnerException is { } inner ? Deepest(inner) : e.Message;
}
