using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections.Features;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>One call: its messages in both directions, and when it shall end.</summary>
internal sealed class GrpcCall : IDisposable
{
    private readonly HttpContext _context;
    private readonly MessageReader _reader;
    private readonly CancellationTokenSource? _deadline, _ends;

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

    public async ValueTask WriteAsync(IMessage message)
    {
        var length = message.CalculateSize();
        BeginMessage(length);
        message.WriteTo(Space(length));
        Written(length);
        await EndMessageAsync().ConfigureAwait(false);
    }

    /// <summary>Begins a message of a length that is known. No call may fail between here and its end for a reason that a client shall read.</summary>
    public void BeginMessage(int length)
    {
        Ends.ThrowIfCancellationRequested();
        IsWithinMessage = true;
        var prefix = Space(MessageReader.PrefixBytes);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        Written(MessageReader.PrefixBytes);
    }

    /// <summary>Room for the next bytes of a message, exactly as many as asked for.</summary>
    public Span<byte> Space(int length) => _context.Response.BodyWriter.GetSpan(length)[..length];

    public void Written(int length) => _context.Response.BodyWriter.Advance(length);

    /// <summary>Sends what was written so far; waits while the client takes no more.</summary>
    public async ValueTask FlushAsync()
    {
        var result = await _context.Response.BodyWriter.FlushAsync(Ends).ConfigureAwait(false);
        if (result.IsCanceled || result.IsCompleted)
            throw new OperationCanceledException("the client takes no more");
    }

    public async ValueTask EndMessageAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        IsWithinMessage = false;
    }

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
