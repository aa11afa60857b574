using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using EnterpriseAI.ModelServer.Serving;
using Google.Protobuf;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>What a call was answered.</summary>
/// <param name="Http">The HTTP status.</param>
/// <param name="Status">The gRPC status; null when there was none.</param>
/// <param name="Error">The decoded grpc-message.</param>
/// <param name="Messages">The messages, without their prefix.</param>
/// <param name="Headers">The response's headers.</param>
internal sealed record GrpcReply(HttpStatusCode Http, GrpcCode? Status, string Error, IReadOnlyList<byte[]> Messages, HttpResponseHeaders Headers)
{
    public T Only<T>(MessageParser<T> parser) where T : IMessage<T>
    {
        Assert.That(Status, Is.EqualTo(GrpcCode.Ok), Error);
        Assert.That(Messages, Has.Count.EqualTo(1));
        return parser.ParseFrom(Messages[0]);
    }
}

/// <summary>Calls a server's gRPC port over HTTP/2 with what the HTTP client of .NET has, so that every byte can be chosen.</summary>
internal sealed class GrpcClient : IAsyncDisposable
{
    public const string Service = "/inference.GRPCInferenceService/";
    public const string ContentType = "application/grpc";

    private GrpcClient(RunningServer server, HttpClient http) => (Server, Http) = (server, http);

    public RunningServer Server { get; }

    public HttpClient Http { get; }

    /// <summary>Serves a model as <c>m</c> and connects to it.</summary>
    public static async Task<GrpcClient> StartAsync(byte[] model, Func<ModelServerOptions, ModelServerOptions>? change = null, TimeProvider? time = null) =>
        Connect(await RunningServer.StartAsync(model, options => WithGrpc(change?.Invoke(options) ?? options), time));

    public static async Task<GrpcClient> StartAsync(string path, Func<ModelServerOptions, ModelServerOptions>? change = null) =>
        Connect(await RunningServer.StartAsync(path, options => WithGrpc(change?.Invoke(options) ?? options)));

    private static ModelServerOptions WithGrpc(ModelServerOptions options) => options with { Grpc = new ListenAddress(IPAddress.Loopback, 0) };

    private static GrpcClient Connect(RunningServer server) => new(server, new HttpClient(new SocketsHttpHandler())
    {
        BaseAddress = new Uri(server.App.Urls.Last()),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(60),
    });

    public static byte[] Frame(byte[] message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Gzip(byte[] message)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(message);
        return packed.ToArray();
    }

    public static HttpRequestMessage Request(string path, HttpContent content)
    {
        content.Headers.ContentType ??= MediaTypeHeaderValue.Parse(ContentType);
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.ParseAdd("trailers");
        return request;
    }

    /// <summary>Sends these bytes as the body.</summary>
    public async Task<GrpcReply> SendAsync(string path, byte[] body, Action<HttpRequestMessage>? change = null, CancellationToken cancellationToken = default)
    {
        using var request = Request(path, new ByteArrayContent(body));
        change?.Invoke(request);
        using var response = await Http.SendAsync(request, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var (status, error) = StatusOf(response);
        return new GrpcReply(response.StatusCode, status, error, status is null ? [] : Split(bytes), response.Headers);
    }

    public Task<GrpcReply> CallAsync(string method, IMessage request, CancellationToken cancellationToken = default) =>
        SendAsync(method.StartsWith('/') ? method : Service + method, Frame(request.ToByteArray()), null, cancellationToken);

    public async Task<ModelInferResponse> InferAsync(ModelInferRequest request) =>
        (await CallAsync("ModelInfer", request)).Only(ModelInferResponse.Parser);

    public static (GrpcCode? Status, string Error) StatusOf(HttpResponseMessage response)
    {
        var fields = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        return fields.TryGetValues("grpc-status", out var status)
            ? ((GrpcCode)int.Parse(status.Single()), fields.TryGetValues("grpc-message", out var message) ? Uri.UnescapeDataString(message.Single()) : "")
            : (null, "");
    }

    private static List<byte[]> Split(byte[] body)
    {
        var messages = new List<byte[]>();
        for (var at = 0; at < body.Length;)
        {
            Assert.That(body[at], Is.Zero, "a response is compressed");
            var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            messages.Add(body[(at + 5)..(at + 5 + length)]);
            at += 5 + length;
        }
        return messages;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }
}
