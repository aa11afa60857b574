using System.Buffers.Binary;
using System.Net;
using System.Threading.Channels;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using Google.Protobuf;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>A call whose messages are sent and received one by one.</summary>
internal sealed class GrpcStreamCall : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Channel<byte[]> _sent = Channel.CreateUnbounded<byte[]>();
    private readonly CancellationTokenSource _reset = new();
    private readonly Task<HttpResponseMessage> _response;
    private Stream? _body;

    private GrpcStreamCall(GrpcClient client, string path, Action<HttpRequestMessage>? change)
    {
        var request = GrpcClient.Request(path, new Chunks(_sent.Reader));
        change?.Invoke(request);
        _response = client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _reset.Token);
    }

    public static GrpcStreamCall Open(GrpcClient client, string path, Action<HttpRequestMessage>? change = null) => new(client, path, change);

    public void Send(IMessage message) => SendBytes(GrpcClient.Frame(message.ToByteArray()));

    public void SendBytes(byte[] bytes) => Assert.That(_sent.Writer.TryWrite(bytes));

    /// <summary>Half-closes the call.</summary>
    public void Complete() => _sent.Writer.Complete();

    /// <summary>Cancels the call, by RST_STREAM.</summary>
    public async Task ResetAsync()
    {
        await _reset.CancelAsync();
        if (_response.IsCompletedSuccessfully)
            (await _response).Dispose();
    }

    /// <summary>Waits for the response to begin.</summary>
    public Task HeadersAsync() => _response.WaitAsync(Limit);

    /// <summary>The next message; null at the end.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        _body ??= await (await _response.WaitAsync(Limit)).Content.ReadAsStreamAsync().WaitAsync(Limit);
        using var limit = new CancellationTokenSource(Limit);
        var prefix = new byte[5];
        var read = await _body.ReadAtLeastAsync(prefix, 5, throwOnEndOfStream: false, limit.Token);
        if (read == 0)
            return null;
        Assert.That(read, Is.EqualTo(5));
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix.AsSpan(1))];
        await _body.ReadExactlyAsync(message, limit.Token);
        return message;
    }

    public async Task<T> ReceiveAsync<T>(MessageParser<T> parser) where T : IMessage<T> =>
        parser.ParseFrom(await ReceiveAsync() ?? throw new AssertionException($"the call ended: {await EndAsync()}"));

    /// <summary>Waits for the end of the call.</summary>
    public async Task<(GrpcCode? Status, string Error)> EndAsync()
    {
        while (await ReceiveAsync() is not null)
        {
        }
        return GrpcClient.StatusOf(await _response);
    }

    public async ValueTask DisposeAsync()
    {
        _sent.Writer.TryComplete();
        await ResetAsync();
        _reset.Dispose();
    }

    private sealed class Chunks(ChannelReader<byte[]> chunks) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await foreach (var chunk in chunks.ReadAllAsync())
            {
                await stream.WriteAsync(chunk);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
