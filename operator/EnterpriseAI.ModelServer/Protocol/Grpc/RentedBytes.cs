using System.Buffers;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Bytes in an array from the shared pool that grows as they come.</summary>
internal sealed class RentedBytes : IDisposable
{
    // A length that is only claimed costs no more than this.
    private const int FirstRent = 64 << 10;

    private byte[] _array = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    public void Append(in ReadOnlySequence<byte> bytes, int expected)
    {
        var length = checked((int)bytes.Length);
        bytes.CopyTo(Space(length, expected));
        Advance(length);
    }

    /// <summary>Room for at least <paramref name="atLeast"/> more bytes.</summary>
    /// <param name="atLeast">How many are wanted.</param>
    /// <param name="expected">How many there will be in all; only a bound to growing ahead of need.</param>
    public Span<byte> Space(int atLeast, int expected)
    {
        var needed = checked(Length + atLeast);
        if (needed > _array.Length)
            Grow(Math.Max(needed, (int)Math.Min(Math.Max(2L * _array.Length, FirstRent), expected)));
        return _array.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    private void Grow(int capacity)
    {
        var larger = ArrayPool<byte>.Shared.Rent(capacity);
        Span.CopyTo(larger);
        Return();
        _array = larger;
    }

    private void Return()
    {
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
    }

    public void Dispose()
    {
        Return();
        (_array, Length) = ([], 0);
    }
}
