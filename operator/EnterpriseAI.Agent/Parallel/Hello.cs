using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EnterpriseAI.Agent.Parallel;

/// <summary>What every worker must have in common with rank 0 before parameters are averaged.</summary>
/// <param name="Rank">The sender.</param>
/// <param name="WorldSize">How many workers the sender was told of.</param>
/// <param name="VectorLength">How many numbers it will send each round.</param>
/// <param name="Fingerprint">SHA-256 over the training data and every option that changes the result.</param>
internal sealed record Hello(int Rank, int WorldSize, int VectorLength, byte[] Fingerprint)
{
    public const ushort ProtocolVersion = 1;

    public const int Bytes = 4 + 2 + 4 + 4 + 4 + SHA256.HashSizeInBytes;

    // "EAIT" read as a little-endian number; tells another protocol's client from a worker.
    private const uint Magic = 0x54494145;

    public Frame ToFrame()
    {
        var payload = new byte[Bytes];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(4), ProtocolVersion);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(6), WorldSize);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(10), Rank);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(14), VectorLength);
        Fingerprint.CopyTo(payload, 18);
        return new Frame(FrameKind.Hello, payload);
    }

    /// <exception cref="FrameException">The frame is no greeting of this protocol's version.</exception>
    public static Hello Parse(Frame frame)
    {
        var payload = frame.Payload;
        if (frame.Kind != FrameKind.Hello || payload.Length < 6 || BinaryPrimitives.ReadUInt32LittleEndian(payload) != Magic)
        {
            throw new FrameException("the first frame is no greeting of a training worker");
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(payload.AsSpan(4));
        if (version != ProtocolVersion)
        {
            throw new FrameException($"it speaks protocol version {version}, rank 0 speaks {ProtocolVersion}; run the same image everywhere");
        }

        if (payload.Length != Bytes)
        {
            throw new FrameException($"its greeting has {payload.Length} bytes instead of {Bytes}");
        }

        return new Hello(
            BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(10)),
            BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(6)),
            BinaryPrimitives.ReadInt32LittleEndian(payload.AsSpan(14)),
            payload[18..]);
    }

    /// <summary>Why a worker with this greeting cannot take part; null when it can.</summary>
    public string? Mismatch(Hello worker) => worker switch
    {
        _ when worker.WorldSize != WorldSize => $"it has WORLD_SIZE {worker.WorldSize}, rank 0 has {WorldSize}",
        _ when worker.Rank < 1 || worker.Rank >= WorldSize => $"it has RANK {worker.Rank}, allowed are 1 to {WorldSize - 1}",
        _ when worker.VectorLength != VectorLength => $"its model has another shape ({worker.VectorLength} numbers, rank 0 has {VectorLength}); give the same data and options",
        _ when !worker.Fingerprint.AsSpan().SequenceEqual(Fingerprint) => "it was started with other data or options than rank 0",
        _ => null,
    };
}
