using System.Buffers;
using System.Diagnostics;
using System.Net;
using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>Takes a request from a client to the revision chosen for it, and the answer back, without holding either whole.</summary>
/// <remarks>
/// <b>Guarantees:</b> a request is sent a second time, once, only when no connection could be made; every other failure is answered with 502,
/// 503 or 504 and a body that says what is wrong, or, once the response has begun, by breaking the client's connection.
/// </remarks>
internal sealed partial class Forwarder(
    Router router,
    UpstreamClient upstreams,
    GatewayMetrics metrics,
    GatewayOptions options,
    DrainState drain,
    Random random,
    TimeProvider time,
    ILogger<Forwarder> logger)
{
    private const int ClientClosedRequest = 499;
    private const int CopyBufferBytes = 16 * 1024;
    private static readonly ActivitySource Source = new("EnterpriseAI.Gateway");

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        var requestId = ForwardedHeaders.RequestIdOf(context.Request);
        context.Response.Headers[ForwardedHeaders.RequestId] = requestId;
        if (drain.Draining) context.Response.Headers.Connection = "close";

        var target = GatewayRequest.TargetOf(context);
        if (target is null)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "the request target must be a path in ASCII that starts with /").ConfigureAwait(false);
            metrics.Finished(null, null, StatusCodes.Status400BadRequest, time.GetElapsedTime(started));
            return;
        }
        var resolution = router.Resolve(context.Request.Host.Host, target);
        if (resolution.Service is not { } service)
        {
            var code = router.IsLoaded ? StatusCodes.Status404NotFound : StatusCodes.Status503ServiceUnavailable;
            await RefuseAsync(context, code, resolution.Error).ConfigureAwait(false);
            metrics.Finished(null, null, code, time.GetElapsedTime(started));
            return;
        }
        if (context.Request.ContentLength > options.MaxRequestBytes)
        {
            await RefuseTooLargeAsync(context).ConfigureAwait(false);
            metrics.Finished(service, null, StatusCodes.Status413PayloadTooLarge, time.GetElapsedTime(started));
            return;
        }
        if (service.Choose(random) is not { } revision)
        {
            service.Observations.CountUnserved();
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, WhyUnserved(service.Route)).ConfigureAwait(false);
            metrics.Finished(service, null, StatusCodes.Status503ServiceUnavailable, time.GetElapsedTime(started));
            return;
        }

        revision.Observations.Enter();
        var outcome = RequestOutcome.Failed;
        try
        {
            outcome = await ForwardAsync(context, service, revision, resolution.Target, requestId).ConfigureAwait(false);
        }
        finally
        {
            revision.Observations.Exit();
            var duration = time.GetElapsedTime(started);
            revision.Window.Record(outcome, duration);
            var code = context.RequestAborted.IsCancellationRequested && outcome == RequestOutcome.Abandoned
                ? ClientClosedRequest
                : context.Response.StatusCode;
            metrics.Finished(service, revision, code, duration);
        }
    }

    private async Task<RequestOutcome> ForwardAsync(
        HttpContext context, LiveService service, LiveRevision revision, string target, string requestId)
    {
        context.Response.Headers[ForwardedHeaders.Revision] = revision.Route.Name;
        using var span = Source.StartActivity("forward", ActivityKind.Client);
        span?.SetTag("enterpriseai.service", service.Route.FullName).SetTag("enterpriseai.revision", revision.Route.Name);
        using var deadline = new ProgressDeadline(options.RequestTimeout, context.RequestAborted);
        Upstream? failed = null;
        while (true)
        {
            var endpoint = revision.ChooseEndpoint(random, failed);
            var body = GatewayRequest.HasBody(context) ? new RequestBody(context.Request, deadline) : null;
            endpoint.Enter();
            try
            {
                using var request = GatewayRequest.Create(context, endpoint.Address, target, body, requestId);
                using var response = await upstreams.SendAsync(request, deadline.Token).ConfigureAwait(false);
                return await RelayAsync(context, response, deadline).ConfigureAwait(false);
            }
            catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested && !deadline.Expired && body is not { Started: true }
                && failed is null && revision.Endpoints.Length > 1 && UpstreamClient.NothingWasSent(failure))
            {
                failed = endpoint;
                metrics.Retried(service, revision);
                LogRetry(requestId, service.Route.FullName, revision.Route.Name, endpoint.Address, failure.Message);
            }
            catch (Exception failure)
            {
                span?.SetStatus(ActivityStatusCode.Error, failure.Message);
                return await FailAsync(context, service, revision, endpoint, body, deadline, failure, requestId).ConfigureAwait(false);
            }
            finally
            {
                endpoint.Exit();
                if (body is { Started: true })
                {
                    // The listener may use the connection again only when nothing reads its body any more.
                    deadline.Cancel();
                    await body.FinishedAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task<RequestOutcome> RelayAsync(HttpContext context, HttpResponseMessage response, ProgressDeadline deadline)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        ForwardedHeaders.CopyResponse(response, context.Response);
        var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBufferBytes);
        try
        {
            while (true)
            {
                deadline.WaitForServer();
                var read = await stream.ReadAsync(buffer, deadline.Token).ConfigureAwait(false);
                if (read == 0) break;
                deadline.WaitForClient();
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return response.StatusCode >= HttpStatusCode.InternalServerError ? RequestOutcome.Failed : RequestOutcome.Answered;
    }

    private async Task<RequestOutcome> FailAsync(
        HttpContext context,
        LiveService service,
        LiveRevision revision,
        Upstream endpoint,
        RequestBody? body,
        ProgressDeadline deadline,
        Exception failure,
        string requestId)
    {
        if (context.RequestAborted.IsCancellationRequested) return RequestOutcome.Abandoned;
        if (body?.ClientFailure is { } clientFailure)
        {
            if (context.Response.HasStarted) context.Abort();
            else if (clientFailure is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge })
                await RefuseTooLargeAsync(context).ConfigureAwait(false);
            else await RefuseAsync(context, StatusOf(clientFailure), $"the request body could not be read: {clientFailure.Message}").ConfigureAwait(false);
            return RequestOutcome.Abandoned;
        }
        var (code, what) = Describe(failure, deadline);
        LogFailure(requestId, service.Route.FullName, revision.Route.Name, endpoint.Address, what, failure.Message);
        if (context.Response.HasStarted)
        {
            // A status can no longer be sent; a clean end would pass for the whole answer.
            context.Abort();
            return RequestOutcome.Failed;
        }
        ClearUpstreamHeaders(context, revision, requestId);
        await RefuseAsync(context, code, $"revision '{revision.Route.Name}' of service {service.Route.FullName} {what}").ConfigureAwait(false);
        return RequestOutcome.Failed;
    }

    private (int Code, string What) Describe(Exception failure, ProgressDeadline deadline) => failure switch
    {
        _ when deadline.Expired =>
            (StatusCodes.Status504GatewayTimeout, $"did not answer within {options.RequestTimeout.TotalSeconds:0.###} s"),
        OperationCanceledException { InnerException: TimeoutException } =>
            (StatusCodes.Status504GatewayTimeout, $"could not be connected to within {options.ConnectTimeout.TotalSeconds:0.###} s"),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            (StatusCodes.Status502BadGateway, "refused the connection or is unreachable"),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            (StatusCodes.Status502BadGateway, "has an address that cannot be resolved"),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            (StatusCodes.Status502BadGateway, "sent something that is not an HTTP response"),
        _ => (StatusCodes.Status502BadGateway, "closed the connection before its answer was complete"),
    };

    private static void ClearUpstreamHeaders(HttpContext context, LiveRevision revision, string requestId)
    {
        context.Response.Clear();
        context.Response.Headers[ForwardedHeaders.Revision] = revision.Route.Name;
        context.Response.Headers[ForwardedHeaders.RequestId] = requestId;
    }

    private static int StatusOf(Exception failure) => failure is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status400BadRequest;

    private static string WhyUnserved(ServiceRoute route) => route.Stable is { } stable
        ? $"service {route.FullName} has no ready endpoint for its stable revision '{stable.Name}'; try again"
        : $"service {route.FullName} has no stable revision yet; try again";

    private Task RefuseTooLargeAsync(HttpContext context) =>
        RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"the request body is larger than the {options.MaxRequestBytes} bytes allowed");

    private static Task RefuseAsync(HttpContext context, int code, string error) => ErrorBody.WriteAsync(context, code, error);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "request {RequestId}: service {Service} revision {Revision} at {Endpoint}: no connection, trying another endpoint: {Cause}")]
    private partial void LogRetry(string requestId, string service, string revision, Uri endpoint, string cause);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "request {RequestId}: service {Service} revision {Revision} at {Endpoint} {What}: {Cause}")]
    private partial void LogFailure(string requestId, string service, string revision, Uri endpoint, string what, string cause);
}
