using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>One call: its messages in both directions, and when it shall end.</summary>
internal sealed class GrpcCall : IDisposable
{
    // So much is written before the connection is asked whether it takes more.
    private const int MaxUnsentBytes = 64 << 10;

    public const int Http2NoError = 0, Http2InternalError = 2, Http2Cancel = 8;

    private readonly HttpContext _context;
    private readonly MessageReader _reader;
    private readonly CancellationTokenSource? _deadline, _ends;
    private int _unsent;

    public GrpcCall(HttpContext context, bool gzip, int maxBytes, TimeSpan? timeout, TimeProvider time)
    {
        _context = context;
        _reader = new MessageReader(context.Request.BodyReader, gzip, maxBytes);
        if (timeout is { } limit)
        {
            // A timer counts whole milliseconds: a deadline may come late, never early.
            _deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Ceiling(limit.TotalMilliseconds)), time);
            _ends = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, context.RequestAborted);
        }
    }

    /// <summary>Canceled when the client went away or its deadline is over.</summary>
    public CancellationToken Ends => _ends?.Token ?? _context.RequestAborted;

    /// <summary>Canceled when the server closes its connections: calls without an end of their own end then.</summary>
    public CancellationToken Closing => _context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;

    /// <summary>Whether the client has sent all that it wants to.</summary>
    public bool RequestEnded => _reader.IsAtEnd;

    /// <summary>Whether a message was begun, so that the status comes after it and not in the headers.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Whether a message was begun and not ended, so that no status can follow it any more.</summary>
    public bool IsWithinMessage { get; private set; }

    /// <summary>The request's one message; the caller disposes it.</summary>
    public ValueTask<RentedBytes> ReadOnlyOneAsync() => _reader.ReadOnlyOneAsync(Ends);

    /// <summary>The one message of a request, parsed.</summary>
    public async ValueTask<T> ReadOnlyOneAsync<T>(MessageParser<T> parser) where T : IMessage<T>
    {
        using var message = await ReadOnlyOneAsync().ConfigureAwait(false);
        return Parse(parser, message);
    }

    /// <summary>The next message of a stream, null after the last; the caller disposes it.</summary>
    public async ValueTask<RentedBytes?> ReadNextAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Ends, Closing);
        try
        {
            return await _reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (Closing.IsCancellationRequested && !Ends.IsCancellationRequested)
        {
            throw ShuttingDown(e);
        }
    }

    public static T Parse<T>(MessageParser<T> parser, RentedBytes message) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw GrpcException.Invalid($"the message is not well-formed: {e.Message}", e);
        }
    }

    public static GrpcException ShuttingDown(Exception? inner = null) => new(GrpcCode.Unavailable, "shutting down", inner);

    /// <summary>Writes a message, which is sent with what follows: for the only one of a response, the status.</summary>
    public void Write(IMessage message)
    {
        var length = message.CalculateSize();
        BeginMessage(length);
        message.WriteTo(Space(length));
        Written(length);
        EndMessage();
    }

    /// <summary>Sends one message of a stream.</summary>
    public ValueTask WriteAsync(IMessage message)
    {
        Write(message);
        return FlushAsync();
    }

    /// <summary>Begins a message of a length that is known. No call may fail between here and its end for a reason that a client shall read.</summary>
    public void BeginMessage(int length)
    {
        Ends.ThrowIfCancellationRequested();
        IsWithinMessage = HasWritten = true;
        var prefix = Space(MessageReader.PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        Written(MessageReader.PrefixBytes);
    }

    /// <summary>Room for the next bytes of a message, exactly as many as asked for.</summary>
    public Span<byte> Space(int length) => _context.Response.BodyWriter.GetSpan(length)[..length];

    public void Written(int length)
    {
        _context.Response.BodyWriter.Advance(length);
        _unsent += length;
    }

    /// <summary>Sends what was written so far when it has become much.</summary>
    public ValueTask FlushMuchAsync() => _unsent >= MaxUnsentBytes ? FlushAsync() : ValueTask.CompletedTask;

    /// <summary>Sends what was written so far; waits while the client takes no more.</summary>
    public async ValueTask FlushAsync()
    {
        _unsent = 0;
        // A canceled flush would be told to the client as a failure of the server.
        var flush = _context.Response.BodyWriter.FlushAsync(CancellationToken.None);
        using var reset = flush.IsCompleted ? default : Ends.UnsafeRegister(static call => ((GrpcCall)call!).Reset(Http2Cancel), this);
        var result = await flush.ConfigureAwait(false);
        if (result.IsCanceled || result.IsCompleted)
            throw new OperationCanceledException("the client takes no more");
    }

    /// <summary>Ends the call without a status.</summary>
    public void Reset(int errorCode) => _context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);

    public void EndMessage() => IsWithinMessage = false;

    /// <summary>The status for what a handler threw; null for what no handler should throw.</summary>
    public GrpcStatus? StatusOf(Exception exception)
    {
        if (_context.RequestAborted.IsCancellationRequested)
            return new GrpcStatus(GrpcCode.Cancelled, "the client canceled the call");
        if (_deadline is { IsCancellationRequested: true })
            return new GrpcStatus(GrpcCode.DeadlineExceeded, $"the call took longer than {GrpcTimeout.Header} allows");
        return GrpcStatus.Of(exception) ?? (exception is OperationCanceledException or IOException
            ? new GrpcStatus(GrpcCode.Cancelled, "the client ended the request")
            : null);
    }

    public void Dispose()
    {
        _ends?.Dispose();
        _deadline?.Dispose();
    }
}
