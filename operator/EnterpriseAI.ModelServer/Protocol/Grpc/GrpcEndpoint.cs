using System.Collections.Frozen;
using EnterpriseAI.ModelServer.Serving;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Answers HTTP/2 requests by gRPC's rules: which method, in which encoding, until when, and with what status.</summary>
internal sealed partial class GrpcEndpoint(IEnumerable<GrpcMethod> methods, ModelServerOptions options, TimeProvider time, ILogger<GrpcEndpoint> logger)
{
    private const string ContentType = "application/grpc";

    private readonly FrozenDictionary<string, GrpcMethod> _methods = methods.ToFrozenDictionary(static method => method.Path, StringComparer.Ordinal);
    private readonly int _maxBytes = (int)Math.Min(options.MaxRequestBytes, Array.MaxLength);

    public async Task HandleAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = HttpMethods.Post;
            return;
        }
        if (!IsGrpc(context.Request.ContentType))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        context.Response.ContentType = ContentType;
        var request = context.Request.Headers;
        if (request.GrpcEncoding.Count > 0)
            context.Response.Headers.GrpcAcceptEncoding = MessageEncoding.Accepted;
        GrpcCall call;
        GrpcMethod method;
        try
        {
            method = _methods.GetValueOrDefault(context.Request.Path.Value ?? "")
                ?? throw new GrpcException(GrpcCode.Unimplemented, $"there is no method '{context.Request.Path.Value}'");
            call = new GrpcCall(context, MessageEncoding.IsGzip(request.GrpcEncoding), _maxBytes, GrpcTimeout.Parse(request.GrpcTimeout), time);
        }
        catch (GrpcException e)
        {
            End(context.Response, new GrpcStatus(e.Code, e.Message), afterMessages: false);
            return;
        }
        using (call)
            await AnswerAsync(context, method, call).ConfigureAwait(false);
    }

    /// <summary>Tells a gRPC client that came to a port without HTTP/2 what is wrong.</summary>
    public static async Task RefuseWithoutHttp2Async(HttpContext context)
    {
        context.Response.Headers.Upgrade = "h2c";
        await Errors.WriteAsync(context, StatusCodes.Status426UpgradeRequired, "gRPC needs HTTP/2: use the port that --grpc names").ConfigureAwait(false);
    }

    /// <summary>application/grpc or application/grpc+proto, but not application/grpc-web.</summary>
    public static bool IsGrpc(string? contentType)
    {
        var type = contentType.AsSpan();
        if (type.IndexOf(';') is >= 0 and var end)
            type = type[..end];
        type = type.Trim();
        return type.Equals(ContentType, StringComparison.OrdinalIgnoreCase) || type.Equals(ContentType + "+proto", StringComparison.OrdinalIgnoreCase);
    }

    private async Task AnswerAsync(HttpContext context, GrpcMethod method, GrpcCall call)
    {
        // The bound is on a message, wherever its bytes come from.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        if (method.Streams && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        GrpcStatus status;
        try
        {
            await method.Answer(call).ConfigureAwait(false);
            status = GrpcStatus.Ok;
        }
        catch (Exception e)
        {
            status = call.StatusOf(e) ?? Unexpected(e, method);
        }
        if (context.RequestAborted.IsCancellationRequested)
            return;
        if (call.IsWithinMessage)
        {
            call.Reset(status.Code is GrpcCode.DeadlineExceeded or GrpcCode.Cancelled ? GrpcCall.Http2Cancel : GrpcCall.Http2InternalError);
            return;
        }
        End(context.Response, status, call.HasWritten);
        if (call.RequestEnded)
            return;
        // Lest the client sends on what nobody reads, and the connection waits for it when the server stops.
        await context.Response.CompleteAsync().ConfigureAwait(false);
        call.Reset(GrpcCall.Http2NoError);
    }

    private GrpcStatus Unexpected(Exception exception, GrpcMethod method)
    {
        LogFailed(exception, method.Path);
        return new GrpcStatus(GrpcCode.Internal, "the server failed: see its log");
    }

    /// <summary>Sends the status: after the messages, where there are any, else in the headers.</summary>
    private static void End(HttpResponse response, GrpcStatus status, bool afterMessages)
    {
        var code = status.Code.ToString("D");
        if (!afterMessages)
        {
            response.Headers.GrpcStatus = code;
            if (status.Message.Length > 0)
                response.Headers.GrpcMessage = status.EncodedMessage();
            return;
        }
        response.AppendTrailer("grpc-status", code);
        if (status.Message.Length > 0)
            response.AppendTrailer("grpc-message", status.EncodedMessage());
    }

    [LoggerMessage(LogLevel.Error, "call of {Method} failed")]
    private partial void LogFailed(Exception exception, string method);
}
