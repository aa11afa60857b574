using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Takes messages from a request's body: each has a byte that says whether it is compressed, and its length in four.</summary>
internal sealed class MessageReader(PipeReader body, bool gzip, int maxBytes)
{
    public const int PrefixBytes = 5;

    /// <summary>Whether the client has sent all that it wants to.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>The one message of a call that has one.</summary>
    /// <exception cref="GrpcException">There is none, or more than one, or it is not well-formed.</exception>
    public async ValueTask<RentedBytes> ReadOnlyOneAsync(CancellationToken cancellationToken)
    {
        var message = await ReadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new GrpcException(GrpcCode.Unimplemented, "the request has no message: this method takes one");
        try
        {
            if (!await AtEndAsync(cancellationToken).ConfigureAwait(false))
                throw new GrpcException(GrpcCode.Unimplemented, "the request has more than one message: this method takes one");
            return message;
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    /// <returns>The next message; null after the last.</returns>
    /// <exception cref="GrpcException">It is not well-formed.</exception>
    public async ValueTask<RentedBytes?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await ReadPrefixAsync(cancellationToken).ConfigureAwait(false) is not { } prefix)
            return null;
        var message = await ReadBytesAsync(prefix.Length, cancellationToken).ConfigureAwait(false);
        if (!prefix.Compressed)
            return message;
        using (message)
            return MessageEncoding.Decompress(message, maxBytes, cancellationToken);
    }

    private async ValueTask<(bool Compressed, int Length)?> ReadPrefixAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await ReadBodyAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (buffer.Length >= PrefixBytes)
            {
                var prefix = ParsePrefix(buffer);
                body.AdvanceTo(buffer.GetPosition(PrefixBytes));
                return prefix;
            }
            var empty = buffer.IsEmpty;
            body.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
                return empty ? null : throw Truncated();
        }
    }

    private (bool Compressed, int Length) ParsePrefix(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        buffer.Slice(0, PrefixBytes).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] > 1)
            throw GrpcException.Invalid($"the compression flag of a message is {prefix[0]}: it must be 0 or 1");
        // The one fault of a client for which gRPC itself prescribes INTERNAL.
        if (prefix[0] == 1 && !gzip)
            throw new GrpcException(GrpcCode.Internal, $"a message has its compression flag set, but {MessageEncoding.Header} names no compression");
        if (length > maxBytes)
            throw new GrpcException(GrpcCode.ResourceExhausted, $"the message has {length} bytes, {maxBytes} are allowed");
        return (prefix[0] == 1, (int)length);
    }

    private async ValueTask<RentedBytes> ReadBytesAsync(int length, CancellationToken cancellationToken)
    {
        var message = new RentedBytes();
        try
        {
            while (message.Length < length)
            {
                var result = await ReadBodyAsync(cancellationToken).ConfigureAwait(false);
                var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, length - message.Length));
                message.Append(part, length);
                body.AdvanceTo(part.End);
                if (result.IsCompleted && message.Length < length)
                    throw Truncated();
            }
            return message;
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    private async ValueTask<bool> AtEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await ReadBodyAsync(cancellationToken).ConfigureAwait(false);
            var (empty, completed) = (result.Buffer.IsEmpty, result.IsCompleted);
            body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (!empty || completed)
                return empty;
        }
    }

    private async ValueTask<ReadResult> ReadBodyAsync(CancellationToken cancellationToken)
    {
        var result = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
        IsAtEnd = result.IsCompleted;
        return result;
    }

    private static GrpcException Truncated() => GrpcException.Invalid("the request ends within a message");
}
