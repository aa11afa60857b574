using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>gRPC over HTTP/2: headers, framing, compression, status.</summary>
public class GrpcProtocolTests
{
    private const int MaxBytes = 100_000;
    private const string Live = GrpcClient.Service + "ServerLive";

    private static readonly byte[] Empty = GrpcClient.Frame([]);

    private GrpcClient _client = null!;

    [OneTimeSetUp]
    public async Task Start() => _client = await GrpcClient.StartAsync(OnnxModels.Linear(), options => options with { MaxRequestBytes = MaxBytes });

    [OneTimeTearDown]
    public async Task Stop() => await _client.DisposeAsync();

    [TestCase("application/grpc")]
    [TestCase("application/grpc+proto")]
    [TestCase("Application/gRPC")]
    [TestCase("application/grpc; charset=utf-8")]
    public async Task A_call_is_answered(string contentType)
    {
        var reply = await _client.SendAsync(Live, Empty, request => request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType));
        Assert.That(reply.Only(ServerLiveResponse.Parser).Live);
    }

    [TestCase("application/json")]
    [TestCase("application/grpc-web")]
    [TestCase("application/grpc-web+proto")]
    [TestCase("application/grpc+json")]
    [TestCase("application/grpcx")]
    public async Task Other_content_is_415(string contentType)
    {
        var reply = await _client.SendAsync(Live, Empty, request => request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType));
        Assert.That((reply.Http, reply.Status), Is.EqualTo((HttpStatusCode.UnsupportedMediaType, (GrpcCode?)null)));
    }

    [Test]
    public async Task A_body_without_a_content_type_is_415()
    {
        var reply = await _client.SendAsync(Live, Empty, static request => request.Content!.Headers.ContentType = null);
        Assert.That(reply.Http, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
    }

    [TestCase("GET")]
    [TestCase("PUT")]
    [TestCase("OPTIONS")]
    public async Task Another_method_than_POST_is_405(string method)
    {
        var reply = await _client.SendAsync(Live, Empty, request => request.Method = new HttpMethod(method));
        Assert.That(reply.Http, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    [Test]
    public async Task A_gRPC_client_at_the_port_of_HTTP_1_is_told_so()
    {
        using var request = GrpcClient.Request(Live, new ByteArrayContent(Empty));
        request.Version = HttpVersion.Version11;
        using var response = await _client.Server.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UpgradeRequired));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("--grpc"));
    }

    [Test]
    public async Task HTTP_1_at_the_port_of_gRPC_is_refused_and_does_no_harm()
    {
        using var http1 = new HttpClient { BaseAddress = _client.Http.BaseAddress };
        using var response = await http1.GetAsync("/v2");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await _client.SendAsync(Live, Empty)).Status, Is.EqualTo(GrpcCode.Ok));
    }

    [TestCase("/inference.GRPCInferenceService/Nothing")]
    [TestCase("/inference.GRPCInferenceService/serverlive")]
    [TestCase("/inference.GRPCInferenceService/ServerLive/")]
    [TestCase("/other.Service/ServerLive")]
    [TestCase("/v2")]
    [TestCase("/")]
    public async Task An_unknown_method_is_UNIMPLEMENTED(string path)
    {
        var reply = await _client.SendAsync(path, Empty);
        Assert.That((reply.Http, reply.Status), Is.EqualTo((HttpStatusCode.OK, GrpcCode.Unimplemented)));
        Assert.That(reply.Error, Does.StartWith("there is no method '/"));
    }

    private static IEnumerable<TestCaseData> Bodies()
    {
        static TestCaseData Case(string name, byte[] body, GrpcCode code, string error, string? encoding = null) =>
            new TestCaseData(body, code, error, encoding).SetArgDisplayNames(name);

        yield return Case("nothing", [], GrpcCode.Unimplemented, "no message");
        yield return Case("two messages", [.. Empty, .. Empty], GrpcCode.Unimplemented, "more than one message");
        yield return Case("a message and a bit", [.. Empty, 0], GrpcCode.Unimplemented, "more than one message");
        yield return Case("half a prefix", [0, 0, 0], GrpcCode.InvalidArgument, "ends within a message");
        yield return Case("half a message", [0, 0, 0, 0, 9, 1, 2], GrpcCode.InvalidArgument, "ends within a message");
        yield return Case("a prefix only", [0, 0, 0, 0, 1], GrpcCode.InvalidArgument, "ends within a message");
        yield return Case("a strange flag", [2, 0, 0, 0, 0], GrpcCode.InvalidArgument, "compression flag of a message is 2");
        yield return Case("no encoding", [1, 0, 0, 0, 0], GrpcCode.Internal, "grpc-encoding names no compression");
        yield return Case("identity", [1, 0, 0, 0, 0], GrpcCode.Internal, "grpc-encoding names no compression", "identity");
        yield return Case("identity, not compressed", Empty, GrpcCode.Ok, "", "identity");
        yield return Case("gzip", GrpcClient.Frame(GrpcClient.Gzip([]), 1), GrpcCode.Ok, "", "gzip");
        yield return Case("gzip, not compressed", Empty, GrpcCode.Ok, "", "gzip");
        yield return Case("gzip of something else", GrpcClient.Frame([1, 2, 3], 1), GrpcCode.InvalidArgument, "not what grpc-encoding says", "gzip");
        yield return Case("half a gzip", GrpcClient.Frame(GrpcClient.Gzip(new byte[5_000])[..^9], 1), GrpcCode.InvalidArgument, "not what grpc-encoding says", "gzip");
        yield return Case("a bomb", GrpcClient.Frame(GrpcClient.Gzip(new byte[60 << 20]), 1), GrpcCode.ResourceExhausted, "larger than the 100000 bytes", "gzip");
        yield return Case("one byte too many", GrpcClient.Frame(new byte[MaxBytes + 1]), GrpcCode.ResourceExhausted, "has 100001 bytes, 100000 are allowed");
        yield return Case("one byte too many, compressed", GrpcClient.Frame(GrpcClient.Gzip(new byte[MaxBytes + 1]), 1), GrpcCode.ResourceExhausted, "100000", "gzip");
        yield return Case("a length of 4 GiB", [0, 255, 255, 255, 255], GrpcCode.ResourceExhausted, "has 4294967295 bytes");
        yield return Case("snappy", Empty, GrpcCode.Unimplemented, "grpc-encoding 'snappy' is not supported: send identity or gzip", "snappy");
        yield return Case("not a message", GrpcClient.Frame([0xFF, 0xFF]), GrpcCode.InvalidArgument, "not well-formed");
        yield return Case("as large as allowed", GrpcClient.Frame([0x7A, .. LengthAnd(MaxBytes - 4)]), GrpcCode.Ok, "");
    }

    /// <summary>A length of three bytes and as many bytes.</summary>
    private static byte[] LengthAnd(int length) => [(byte)(length | 0x80), (byte)(length >> 7 | 0x80), (byte)(length >> 14), .. new byte[length]];

    [TestCaseSource(nameof(Bodies))]
    public async Task Each_body_has_its_status(byte[] body, int code, string error, string? encoding)
    {
        var reply = await _client.SendAsync(Live, body, request =>
        {
            if (encoding is not null)
                request.Headers.Add("grpc-encoding", encoding);
        });
        Assert.That((reply.Http, reply.Status), Is.EqualTo((HttpStatusCode.OK, (GrpcCode)code)), reply.Error);
        Assert.That(reply.Error, Does.Contain(error));
        if (encoding is not null)
            Assert.That(reply.Headers.GetValues("grpc-accept-encoding"), Is.EqualTo(new[] { "identity,gzip" }));
    }

    [Test]
    public async Task A_compressed_inference_gives_the_same_as_a_plain_one()
    {
        var message = GrpcInferTests.Linear(1, 2, 3).ToByteArray();
        var reply = await _client.SendAsync(GrpcClient.Service + "ModelInfer", GrpcClient.Frame(GrpcClient.Gzip(message), 1), static request => request.Headers.Add("grpc-encoding", "gzip"));
        Assert.That(reply.Only(ModelInferResponse.Parser), Is.EqualTo(await _client.InferAsync(GrpcInferTests.Linear(1, 2, 3))));
    }

    [TestCase("1", null)]
    [TestCase("S", null)]
    [TestCase("1x", null)]
    [TestCase("-1S", null)]
    [TestCase("+1S", null)]
    [TestCase("1.5S", null)]
    [TestCase(" 1S", null)]
    [TestCase("123456789S", null)]
    [TestCase("١S", null)]
    [TestCase("99999999H", double.PositiveInfinity)]
    [TestCase("600H", double.PositiveInfinity)]
    [TestCase("99999999n", 0.099999999)]
    [TestCase("1n", 0.0000001)]
    [TestCase("0n", 0d)]
    [TestCase("5u", 0.000005)]
    [TestCase("5m", 0.005)]
    [TestCase("5S", 5d)]
    [TestCase("5M", 300d)]
    [TestCase("5H", 18_000d)]
    public void Timeouts_are_read(string header, double? seconds)
    {
        if (seconds is null)
            Assert.That(Assert.Throws<GrpcException>(() => GrpcTimeout.Parse(header))!.Code, Is.EqualTo(GrpcCode.InvalidArgument));
        else
            Assert.That(GrpcTimeout.Parse(header)?.TotalSeconds ?? double.PositiveInfinity, Is.EqualTo(seconds).Within(0.0000001));
    }

    [TestCase("1x", GrpcCode.InvalidArgument)]
    [TestCase("0S", GrpcCode.DeadlineExceeded)]
    [TestCase("99999999H", GrpcCode.Ok)]
    [TestCase("30S", GrpcCode.Ok)]
    public async Task A_timeout_is_obeyed(string header, int code)
    {
        var reply = await _client.SendAsync(Live, Empty, request => request.Headers.TryAddWithoutValidation("grpc-timeout", header));
        Assert.That(reply.Status, Is.EqualTo((GrpcCode)code), reply.Error);
    }

    [TestCase("x-trace-bin", "not base64 !!")]
    [TestCase("x-trace-bin", "AAEC")]
    [TestCase("x-anything", "~ %zz")]
    [TestCase("grpc-message-type", "x")]
    [TestCase("grpc-accept-encoding", "zstd")]
    [TestCase("authorization", "Bearer x")]
    public async Task Metadata_does_no_harm(string name, string value)
    {
        var reply = await _client.SendAsync(Live, Empty, request => request.Headers.TryAddWithoutValidation(name, value));
        Assert.That(reply.Only(ServerLiveResponse.Parser).Live);
    }

    [TestCase("plain", "plain")]
    [TestCase("100%", "100%25")]
    [TestCase("a\nb\u0007", "a%0Ab%07")]
    [TestCase("Größe 🐧", "Gr%C3%B6%C3%9Fe %F0%9F%90%A7")]
    public void A_message_is_percent_encoded(string message, string encoded) =>
        Assert.That(new GrpcStatus(GrpcCode.Internal, message).EncodedMessage(), Is.EqualTo(encoded));

    [Test]
    public async Task A_message_that_quotes_a_long_name_is_cut()
    {
        var reply = await _client.CallAsync("ModelReady", new ModelReadyRequest { Name = new string('ä', 30_000) });
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.NotFound));
        Assert.That(Encoding.UTF8.GetByteCount(reply.Error), Is.GreaterThan(1_000).And.LessThan(2_000));
        Assert.That(reply.Error, Does.EndWith("..."));
    }

    [Test]
    public async Task An_error_before_any_message_is_one_block_of_headers()
    {
        using var request = GrpcClient.Request("/other/Method", new ByteArrayContent(Empty));
        using var response = await _client.Http.SendAsync(request);
        Assert.That(response.Headers.GetValues("grpc-status"), Is.EqualTo(new[] { "12" }));
        Assert.That(response.TrailingHeaders, Is.Empty);
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/grpc"));
    }
}
