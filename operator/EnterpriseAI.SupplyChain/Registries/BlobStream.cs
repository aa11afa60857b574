namespace EnterpriseAI.SupplyChain;

/// <summary>The body of an answer, of a length that is known: it neither goes on for longer nor keeps silent for long.</summary>
/// <remarks>What ends early is an <see cref="IOException"/>, for who reads to go on from there.</remarks>
internal sealed class BlobStream : Stream
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _body;
    private readonly string _name;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _stalled;
    private readonly ITimer _timer;
    private long _left;

    private BlobStream(HttpResponseMessage response, Stream body, long length, string name, OciRegistryOptions options)
    {
        _response = response;
        _body = body;
        _left = length;
        _name = name;
        _patience = options.StallTimeout;
        _stalled = new CancellationTokenSource();
        _timer = options.Time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), _stalled, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public static async Task<BlobStream> OpenAsync(HttpResponseMessage response, long skip, long length, string name, OciRegistryOptions options, CancellationToken cancellationToken)
    {
        var stream = new BlobStream(response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), skip + length, name, options);
        try
        {
            // A registry that knows no ranges sends all of it.
            var buffer = new byte[Math.Min(skip, 1 << 16)];
            for (var left = skip; left > 0;)
                left -= await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stalled.Token);
        _timer.Change(_patience, Timeout.InfiniteTimeSpan);
        try
        {
            var count = await _body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], both.Token).ConfigureAwait(false);
            if (count == 0)
                throw new BrokenOffException($"{_name} ended {_left} bytes early");
            _left -= count;
            return count;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrokenOffException($"{_name} did not go on for {_patience.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not BrokenOffException)
        {
            throw new BrokenOffException($"{_name} broke off: {e.Message}", e);
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("it is read asynchronously only");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _timer.Dispose();
            _body.Dispose();
            _response.Dispose();
            _stalled.Dispose();
        }
        base.Dispose(disposing);
    }
}

/// <summary>A registry stopped sending before the end.</summary>
internal sealed class BrokenOffException(string message, Exception? inner = null) : IOException(message, inner);
