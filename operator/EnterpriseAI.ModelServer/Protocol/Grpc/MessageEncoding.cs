using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>How the messages of a request may be compressed.</summary>
internal static class MessageEncoding
{
    public const string Header = "grpc-encoding";
    public const string AcceptHeader = "grpc-accept-encoding";
    public const string Accepted = "identity,gzip";

    private const string Identity = "identity", Gzip = "gzip";
    private const int Step = 64 << 10;
    private const int GzipLengthBytes = 4;

    /// <summary>Whether a message with the compression flag set is compressed by gzip.</summary>
    /// <exception cref="GrpcException">The encoding is not supported.</exception>
    public static bool IsGzip(string? header) => header switch
    {
        null or "" or Identity => false,
        Gzip => true,
        _ => throw new GrpcException(GrpcCode.Unimplemented, $"{Header} '{header}' is not supported: send {Identity} or {Gzip}"),
    };

    /// <exception cref="GrpcException">The bytes are not gzip's, or they become more than <paramref name="maxBytes"/>.</exception>
    public static RentedBytes Decompress(RentedBytes compressed, int maxBytes, CancellationToken cancellationToken)
    {
        MemoryMarshal.TryGetArray(compressed.Memory, out var packed);
        using var gzip = new GZipStream(new MemoryStream(packed.Array!, packed.Offset, packed.Count), CompressionMode.Decompress);
        var message = new RentedBytes();
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // One byte more than allowed is enough to know.
                var room = Math.Min(Step, maxBytes - message.Length + 1);
                var read = gzip.Read(message.Space(room, maxBytes)[..room]);
                if (read == 0)
                    return IsWhole(compressed.Span, message.Length) ? message : throw new InvalidDataException("it ends too early");
                message.Advance(read);
                if (message.Length > maxBytes)
                    throw new GrpcException(GrpcCode.ResourceExhausted, $"the message is larger than the {maxBytes} bytes that are allowed once it is decompressed");
            }
        }
        catch (InvalidDataException e)
        {
            message.Dispose();
            throw GrpcException.Invalid($"the message is not what {Header} says: {e.Message}", e);
        }
        catch
        {
            message.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The stream says nothing when its input is cut off, but gzip ends with the length of what was compressed. Of nothing, some
    /// clients make nothing.
    /// </summary>
    private static bool IsWhole(ReadOnlySpan<byte> compressed, int length) => compressed.IsEmpty
        || compressed.Length >= GzipLengthBytes && BinaryPrimitives.ReadInt32LittleEndian(compressed[^GzipLengthBytes..]) == length;
}
