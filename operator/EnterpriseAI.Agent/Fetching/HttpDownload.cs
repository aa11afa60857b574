using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Downloads one file, going on where a broken connection left off.</summary>
internal sealed class HttpDownload(HttpClient http, AgentHost host, FetchRequest request)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private EntityTagHeaderValue? _entityTag;

    /// <summary>Fills <paramref name="path"/>; what it already holds is taken for the beginning of the file.</summary>
    /// <exception cref="AgentFailure">The server refused for good, sent too much, or was not to be had.</exception>
    public async Task RunAsync(string path, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (problem, wait) = await AttemptAsync(path, cancellationToken);
            if (problem is null)
            {
                return;
            }

            if (attempt == request.Retries)
            {
                throw AgentFailure.WorthRetrying("SourceUnreachable", $"{request.From} could not be fetched in {attempt + 1} attempts: {problem}");
            }

            var pause = wait ?? Backoff(attempt);
            host.Say(string.Create(CultureInfo.InvariantCulture, $"{request.From}: {problem}; attempt {attempt + 2} of {request.Retries + 1} in {pause.TotalSeconds:0.#} s"));
            await Task.Delay(pause, host.Time, cancellationToken);
        }
    }

    private async Task<(string? Problem, TimeSpan? Wait)> AttemptAsync(string path, CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var clock = host.Time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), idle, request.IdleTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            var offset = File.Exists(path) ? new FileInfo(path).Length : 0;
            using var message = Message(offset);
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, idle.Token);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    offset = 0;
                    break;
                case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From == offset:
                    break;
                case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                    File.Delete(path);
                    return ("the server cannot go on where the last attempt ended", TimeSpan.Zero);
                case var status when IsWorthRetrying(status):
                    return ($"the server answered {(int)status}", RetryAfter(response));
                case var status:
                    throw AgentFailure.BadInput("SourceRefused", $"{request.From} was answered with {(int)status} {response.ReasonPhrase}");
            }

            if (response.Content.Headers.ContentLength is { } length && length > request.MaxBytes - offset)
            {
                throw BoundedCopy.TooLarge(request.From);
            }

            // Only a strong tag promises the same bytes.
            _entityTag = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
            await using var body = await response.Content.ReadAsStreamAsync(idle.Token);
            await using var file = new FileStream(path, offset == 0 ? FileMode.Create : FileMode.Append, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            await BoundedCopy.RunAsync(
                body, file, request.MaxBytes - offset, request.From, idle.Token, () => clock.Change(request.IdleTimeout, Timeout.InfiniteTimeSpan));
            file.Flush(flushToDisk: true);
            return (null, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (string.Create(CultureInfo.InvariantCulture, $"the server sent nothing for {request.IdleTimeout.TotalSeconds} s"), null);
        }
        catch (HttpRequestException exception)
        {
            return (exception.InnerException?.Message ?? exception.Message, null);
        }
        catch (IOException exception) when (exception is HttpIOException || exception.InnerException is SocketException)
        {
            return (exception.Message, null);
        }
    }

    private HttpRequestMessage Message(long offset)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, request.From);

        // Without a strong tag or a digest nothing says that the second answer continues the first: it is asked for whole.
        if (offset > 0 && (_entityTag is not null || request.Digest is not null))
        {
            message.Headers.Range = new RangeHeaderValue(offset, null);
            if (_entityTag is not null)
            {
                message.Headers.IfRange = new RangeConditionHeaderValue(_entityTag);
            }
        }

        return message;
    }

    private TimeSpan Backoff(int attempt)
    {
        var wait = request.Backoff * Math.Pow(2, Math.Min(attempt, 10));

        // Spread, so that many pods that lost the same server do not come back at the same moment.
        return (wait < LongestWait ? wait : LongestWait) * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
        => response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta < LongestWait ? delta : LongestWait,
            { Date: { } date } when date - host.Time.GetUtcNow() is var delta && delta > TimeSpan.Zero => delta < LongestWait ? delta : LongestWait,
            _ => null,
        };

    private static bool IsWorthRetrying(HttpStatusCode status)
        => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;
}
