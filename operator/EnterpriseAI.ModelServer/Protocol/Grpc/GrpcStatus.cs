using System.Text;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>gRPC's status codes, as far as this server sends them.</summary>
internal enum GrpcCode
{
    Ok = 0,
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

/// <summary>A call that ends with another status than OK.</summary>
internal sealed class GrpcException(GrpcCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public GrpcCode Code { get; } = code;

    public static GrpcException Invalid(string message, Exception? inner = null) => new(GrpcCode.InvalidArgument, message, inner);
}

/// <summary>How a call ends.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Message">Why; empty when it succeeded.</param>
internal readonly record struct GrpcStatus(GrpcCode Code, string Message)
{
    // Clients take 8 KiB of trailers by default. A message may quote names of any length from a request.
    private const int MaxEncodedMessage = 4096;

    public static GrpcStatus Ok => new(GrpcCode.Ok, "");

    /// <summary>The status for what a handler threw; null for what no handler should throw.</summary>
    public static GrpcStatus? Of(Exception exception) => exception switch
    {
        GrpcException e => new(e.Code, e.Message),
        RequestException e => new(OfHttp(e.Status), e.Message),
        BadHttpRequestException e => new(OfHttp(e.StatusCode), e.Message),
        OnnxRuntimeException e => new(GrpcCode.Internal, $"the model failed: {e.Message}"),
        _ => null,
    };

    private static GrpcCode OfHttp(int status) => status switch
    {
        StatusCodes.Status400BadRequest => GrpcCode.InvalidArgument,
        StatusCodes.Status403Forbidden => GrpcCode.PermissionDenied,
        StatusCodes.Status404NotFound => GrpcCode.NotFound,
        StatusCodes.Status408RequestTimeout or StatusCodes.Status499ClientClosedRequest => GrpcCode.Cancelled,
        StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests => GrpcCode.ResourceExhausted,
        StatusCodes.Status415UnsupportedMediaType or StatusCodes.Status501NotImplemented => GrpcCode.Unimplemented,
        StatusCodes.Status503ServiceUnavailable => GrpcCode.Unavailable,
        StatusCodes.Status504GatewayTimeout => GrpcCode.DeadlineExceeded,
        >= 400 and < 500 => GrpcCode.InvalidArgument,
        _ => GrpcCode.Internal,
    };

    /// <summary>The message for the trailer <c>grpc-message</c>: UTF-8, with a percent escape for every byte that is not printable ASCII.</summary>
    public string EncodedMessage()
    {
        var encoded = new StringBuilder();
        foreach (var rune in Message.EnumerateRunes())
        {
            if (encoded.Length >= MaxEncodedMessage)
                return encoded.Append("...").ToString();
            if (rune.Value is >= ' ' and <= '~' and not '%')
                encoded.Append((char)rune.Value);
            else
                Escape(encoded, rune);
        }
        return encoded.ToString();
    }

    private static void Escape(StringBuilder encoded, Rune rune)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var part in utf8[..rune.EncodeToUtf8(utf8)])
            encoded.Append('%').Append(part.ToString("X2"));
    }
}
