using System.Buffers.Binary;
using System.Text;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>What a frame carries.</summary>
internal enum FrameKind : byte
{
    /// <summary>A worker's first frame: who it is and what it was started with.</summary>
    Hello = 1,

    /// <summary>Rank 0's answer: everyone is there, begin.</summary>
    Welcome = 2,

    /// <summary>Rank 0's answer: not a worker of this training; the payload says why.</summary>
    Reject = 3,

    /// <summary>A round number and a vector to be averaged, or the average.</summary>
    Vector = 4,

    /// <summary>Rank 0 has written the model.</summary>
    Finished = 5,

    /// <summary>The sender cannot go on; the payload says why.</summary>
    Abort = 6,
}

/// <summary>The bytes on a connection were no frame of this protocol.</summary>
internal sealed class FrameException(string message) : IOException(message);

/// <summary>One message between workers: 4 bytes payload length (little-endian), 1 byte kind, the payload.</summary>
internal readonly record struct Frame(FrameKind Kind, byte[] Payload)
{
    public const int HeaderBytes = 5;

    /// <summary>A reason longer than this is cut.</summary>
    public const int MaxTextBytes = 2048;

    public string Text => Encoding.UTF8.GetString(Payload);

    public static Frame Of(FrameKind kind, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new Frame(kind, bytes.Length <= MaxTextBytes ? bytes : bytes[..MaxTextBytes]);
    }

    /// <summary>Reads one frame; allocates no more than <paramref name="maxPayload"/> bytes whatever the sender claims.</summary>
    /// <exception cref="FrameException">The length or the kind is not allowed.</exception>
    /// <exception cref="EndOfStreamException">The connection was closed, also in the middle of a frame.</exception>
    public static async Task<Frame> ReadAsync(Stream stream, int maxPayload, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        await stream.ReadExactlyAsync(header, cancellationToken);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        var limit = Math.Max(maxPayload, MaxTextBytes);
        if (length > limit)
        {
            throw new FrameException($"a frame of {length} bytes was announced, allowed are {limit}");
        }

        var kind = (FrameKind)header[4];
        if (!Enum.IsDefined(kind))
        {
            throw new FrameException($"a frame of unknown kind {header[4]} was received");
        }

        var payload = new byte[length];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return new Frame(kind, payload);
    }

    /// <summary>Writes the frame in one piece, so that small frames do not wait for an acknowledgement.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[HeaderBytes + Payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Payload.Length);
        bytes[4] = (byte)Kind;
        Payload.CopyTo(bytes, HeaderBytes);
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }
}
