using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace EnterpriseAI.Kubernetes;

/// <summary>Sends requests with credentials, and repeats what the server asks to repeat.</summary>
/// <remarks>
/// Guarantees: an answer other than 2xx becomes <see cref="KubernetesException"/> with the response disposed. 401 is tried once more
/// after the credential was renewed. 429 and 5xx that carry Retry-After are repeated, at most <see cref="MaxRetries"/> times.
/// </remarks>
internal sealed class RequestSender : IDisposable
{
    const int MaxRetries = 5;
    static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    readonly HttpClient _http;
    readonly Uri _server;
    readonly CredentialSource? _credentials;
    readonly TimeProvider _time;
    readonly RateLimiter? _limiter;

    public RequestSender(Uri server, CredentialSource? credentials, HttpMessageHandler handler, TimeProvider time, RateLimiter? limiter = null)
    {
        _limiter = limiter;
        _server = server.AbsoluteUri.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
        _credentials = credentials;
        _time = time;
        // Watches live for minutes: time limits are set per request.
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("enterpriseai-operator/0.1");
    }

    /// <summary>Value of the Host header and of TLS server name; null for the server's own.</summary>
    public string? HostOverride { get; init; }

    /// <param name="request">What to send.</param>
    /// <param name="guard">Awaited before each attempt, also before a repeated one; throws to stop it.</param>
    /// <param name="cancellationToken">Stops the request and the waits between attempts.</param>
    /// <returns>A successful response whose body was not read yet; the caller disposes it.</returns>
    public async Task<HttpResponseMessage> SendAsync(
        ApiRequest request, Func<CancellationToken, ValueTask>? guard, CancellationToken cancellationToken)
    {
        var renewed = false;
        for (var attempt = 0; ; attempt++)
        {
            if (_limiter is not null)
                KubernetesMetrics.Waited(await _limiter.WaitAsync(cancellationToken).ConfigureAwait(false), request.Verb, Host);
            // After all waiting: a guard that looked before would know nothing of the time since.
            if (guard is not null)
                await guard(cancellationToken).ConfigureAwait(false);
            var response = await SendOnceAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;

            using (response)
            {
                var failure = await FailureAsync(request, response, cancellationToken).ConfigureAwait(false);
                if (failure.IsUnauthorized && !renewed && _credentials?.Invalidate() is true)
                {
                    renewed = true;
                }
                else if (attempt < MaxRetries && failure.RetryAfter is { } wait && IsTemporary(failure))
                {
                    await Task.Delay(wait < LongestRetryAfter ? wait : LongestRetryAfter, _time, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    throw failure;
                }

                KubernetesMetrics.Retried(((int)response.StatusCode).ToString(), request.Verb, Host);
            }
        }
    }

    /// <summary>An answer was read to its end.</summary>
    public void Received(ApiRequest request, long bytes) => KubernetesMetrics.Received(bytes, request.Verb, Host);

    public void Dispose()
    {
        _http.Dispose();
        _credentials?.Dispose();
    }

    /// <summary>Not a version that the server has not reached: the caller asks for another one, which helps at once.</summary>
    static bool IsTemporary(KubernetesException failure) =>
        (failure.IsTooManyRequests || (int)failure.StatusCode >= 500) && !failure.IsTooLargeResourceVersion;

    string Host => _server.Authority;

    async Task<HttpResponseMessage> SendOnceAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, new Uri(_server, request.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        message.Headers.Host = HostOverride;
        if (request.ContentType is { } contentType)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        using var limit = new TimeLimit(request.Timeout, _time, cancellationToken);
        var started = _time.GetTimestamp();
        var code = "<error>";
        try
        {
            if (_credentials is not null)
                message.Headers.Authorization = await _credentials.GetAsync(limit.Token).ConfigureAwait(false);
            var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            code = ((int)response.StatusCode).ToString();
            return response;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{request}: no answer from {_server.Authority} within {request.Timeout?.TotalSeconds} s");
        }
        finally
        {
            KubernetesMetrics.Answered(code, request.Method.Method, Host);
            KubernetesMetrics.Took(_time.GetElapsedTime(started), request.Verb, Host);
        }
    }

    async Task<KubernetesException> FailureAsync(ApiRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body;
        using (var limit = new TimeLimit(request.Timeout, _time, cancellationToken))
        {
            try
            {
                body = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{request}: the answer {(int)response.StatusCode} did not end within {request.Timeout?.TotalSeconds} s");
            }
        }

        var status = StatusOf(response, body);
        var wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _time.GetUtcNow(),
            _ => status.Details?.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null,
        };
        if (wait < TimeSpan.Zero)
            wait = TimeSpan.Zero;
        return new KubernetesException(response.StatusCode, status, wait, request.ToString());
    }

    static V1Status StatusOf(HttpResponseMessage response, byte[] body)
    {
        try
        {
            if (body.Length > 0 && JsonSerializer.Deserialize(body, KubernetesJsonContext.Default.V1Status) is { Kind: "Status" } status)
                return status;
        }
        catch (JsonException)
        {
            // A proxy in between answered: its text is the message.
        }

        var text = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 512))).Trim();
        return new V1Status
        {
            Kind = "Status",
            Status = "Failure",
            Code = (int)response.StatusCode,
            Reason = response.StatusCode.ToString(),
            Message = text.Length > 0 ? text : response.ReasonPhrase,
        };
    }
}
