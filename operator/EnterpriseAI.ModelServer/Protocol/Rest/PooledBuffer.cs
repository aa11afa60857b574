using System.Buffers;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>A growing buffer of pooled memory: a response is written here first, because its length goes before it.</summary>
internal sealed class PooledBuffer(int initialBytes = 4096) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(initialBytes);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public int Length => _length;

    /// <summary>At least <paramref name="bytes"/> bytes to write to, before <see cref="Advance"/>.</summary>
    public Span<byte> Free(int bytes)
    {
        if (_bytes.Length - _length < bytes)
            Grow(bytes);
        return _bytes.AsSpan(_length);
    }

    public void Advance(int bytes) => _length += bytes;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free(bytes.Length));
        _length += bytes.Length;
    }

    public void Write(byte value)
    {
        Free(1)[0] = value;
        _length++;
    }

    /// <summary>Writes a number as text, the shortest that reads back as the same.</summary>
    public void WriteText<T>(T value) where T : IUtf8SpanFormattable
    {
        const int longest = 32;
        if (!value.TryFormat(Free(longest), out var written, default, System.Globalization.CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"a number is longer than {longest} bytes");
        _length += written;
    }

    private void Grow(int bytes)
    {
        var larger = ArrayPool<byte>.Shared.Rent(checked((int)Math.Min(Math.Max((long)_bytes.Length * 2, (long)_length + bytes), Array.MaxLength)));
        if (larger.Length - _length < bytes)
            throw new InvalidOperationException("the response is larger than an array can be: ask for binary data or for fewer outputs");
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }
}
