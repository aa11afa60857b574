using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>What no client library sends, byte by byte over a socket: each is answered as HTTP and the protocol want it, and the server lives on.</summary>
public class OddRequestTests
{
    private const string Good = """{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";
    private const string GoodAnswer = "\"data\":[1,2]";

    private RunningServer _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await RunningServer.StartAsync(OnnxModels.Identity(OnnxModels.Float), options => options with { MaxRequestBytes = 100_000 });

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    private static byte[] Post(string body, string headers = "", string version = "1.1", string path = "/v2/models/m/infer") =>
        Encoding.Latin1.GetBytes($"POST {path} HTTP/{version}\r\nHost: h\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n\r\n").Concat(Encoding.UTF8.GetBytes(body)).ToArray();

    /// <summary>All that comes back until the server closes.</summary>
    private async Task<string> SendAsync(byte[] bytes, bool thenClose = false)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _server.Client.BaseAddress!.Port, limit.Token);
        await socket.SendAsync(bytes, limit.Token);
        if (thenClose)
            socket.Shutdown(SocketShutdown.Send);
        var answer = new MemoryStream();
        var buffer = new byte[16 << 10];
        try
        {
            for (int count; (count = await socket.ReceiveAsync(buffer, limit.Token)) > 0;)
                answer.Write(buffer, 0, count);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // A server that has said no need not read on.
        }
        return Encoding.UTF8.GetString(answer.ToArray());
    }

    [TearDown]
    public async Task It_lives_on()
    {
        var (status, body) = await _server.InferAsync(Good);
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body.ToString());
    }

    private static IEnumerable<TestCaseData> Requests()
    {
        static TestCaseData Case(string name, byte[] bytes, int status, string answer = "") => new TestCaseData(bytes, status, answer).SetArgDisplayNames(name);
        static byte[] Raw(string text) => Encoding.Latin1.GetBytes(text);

        yield return Case("HTTP/1.0", Post(Good, version: "1.0"), 200, GoodAnswer);
        yield return Case("a path in absolute form", Post(Good, path: "http://elsewhere:1/v2/models/m/infer"), 400);
        yield return Case("a query is no part of the path", Post(Good, path: "/v2/models/m/infer?version=1"), 200, GoodAnswer);
        yield return Case("a name in percent signs", Post(Good, path: "/v2/models/%6D/infer"), 200, GoodAnswer);
        yield return Case("a slash in percent signs is none", Post(Good, path: "/v2/models%2Fm/infer"), 404);
        yield return Case("dots in the path", Post(Good, path: "/v2/models/../models/m/infer"), 200, GoodAnswer);
        yield return Case("a slash at the end", Post(Good, path: "/v2/models/m/infer/"), 404, "error");
        yield return Case("an empty version", Post(Good, path: "/v2/models/m/versions//infer"), 404, "error");
        yield return Case("expect 100-continue", Post(Good, "Expect: 100-continue\r\n"), 200, GoodAnswer);
        yield return Case("an expectation that nobody knows", Post(Good, "Expect: miracles\r\n"), 200, GoodAnswer);
        yield return Case("chunks", Raw($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{Good[..5]}\r\n{Good.Length - 5:x}\r\n{Good[5..]}\r\n0\r\n\r\n"), 200, GoodAnswer);
        yield return Case("chunks and a length", Raw($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{Good.Length:x}\r\n{Good}\r\n0\r\n\r\n"), 200, GoodAnswer);
        yield return Case("a chunk of no number", Raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
        yield return Case("two lengths", Raw($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{Good}"), 400);
        yield return Case("a length below zero", Raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"), 400);
        yield return Case("a length beyond 64 bits", Raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n"), 400);
        yield return Case("a length of gigabytes", Raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000000000000000\r\n\r\n"), 413, "100000 bytes");
        yield return Case("no host", Raw("POST /v2/models/m/infer HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), 400);
        yield return Case("no length and no body", Raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), 400, "JSON");
        yield return Case("a header of a megabyte", Post(Good, $"X: {new string('x', 1 << 20)}\r\n"), 431);
        yield return Case("ten thousand headers", Post(Good, string.Concat(Enumerable.Range(0, 10_000).Select(static index => $"X{index}: 1\r\n"))), 431);
        yield return Case("a path of a megabyte", Post(Good, path: "/" + new string('x', 1 << 20)), 414);
        yield return Case("another method", Raw("BREW /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), 404, "error");
        yield return Case("a newline in the header", Raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"), 400);
        yield return Case("no HTTP at all", Raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400);
        yield return Case("two encodings, of which the first is none", Post(Good, "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"), 415, "gzip");
        yield return Case("two encodings in one", Post(Good, "Content-Encoding: identity, gzip\r\n"), 415);
        yield return Case("no encoding by name", Post(Good, "Content-Encoding: IDENTITY\r\n"), 200, GoodAnswer);
        yield return Case("the length of the JSON twice", Post(Good, $"Inference-Header-Content-Length: {Good.Length}\r\nInference-Header-Content-Length: 3\r\n"), 400, "2 times");
        yield return Case("the length of the JSON is empty", Post(Good, "Inference-Header-Content-Length:\r\n"), 400, "is not a length");
        yield return Case("the length of the JSON beyond 32 bits", Post(Good, "Inference-Header-Content-Length: 4294967296\r\n"), 400, "is not a length");
        yield return Case("another content type", Post(Good, "Content-Type: text/xml; charset=utf-16\r\n"), 200, GoodAnswer);
        yield return Case("a byte order mark", Post("\ufeff" + Good), 400, "JSON");
        yield return Case("comments", Post("/* */" + Good), 400, "JSON");
        yield return Case("a comma at the end", Post(Good.Replace("]}]}", "]}],}", StringComparison.Ordinal)), 400, "JSON");
        yield return Case("a thousand brackets around what nobody reads", Post(Good.Replace("{\"inputs\"", $"{{\"more\":{new string('[', 1000)}{new string(']', 1000)},\"inputs\"", StringComparison.Ordinal)), 400, "JSON");
        yield return Case("a thousand brackets around data", Post(Good.Replace("[1,2]}", $"{new string('[', 1000)}1,2{new string(']', 1000)}}}", StringComparison.Ordinal)), 400, "nested");
        yield return Case("a parameter twice", Post(Good.Replace("{\"inputs\"", "{\"parameters\":{\"binary_data_output\":false,\"binary_data_output\":true},\"inputs\"", StringComparison.Ordinal)), 400, "twice");
        yield return Case("an output's parameter twice", Post(Good.Replace("{\"inputs\"", "{\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":false,\"binary_data\":true}}],\"inputs\"", StringComparison.Ordinal)), 400, "twice");
        yield return Case("a name in escapes", Post(Good.Replace("\"x\"", "\"\\u0078\"", StringComparison.Ordinal)), 200, GoodAnswer);
        yield return Case("a shape with a fraction", Post(Good.Replace("[1,2],\"d", "[1.0,2],\"d", StringComparison.Ordinal)), 400, "shape");
        yield return Case("a shape beyond 64 bits", Post(Good.Replace("[1,2],\"d", "[1,18446744073709551618],\"d", StringComparison.Ordinal)), 400, "shape");
        yield return Case("a scalar where the model has two dimensions", Post(Good.Replace("[1,2],\"d", "[],\"d", StringComparison.Ordinal)), 400, "shape is []");
        yield return Case("data that is no array", Post(Good.Replace("\"data\":[1,2]", "\"data\":1", StringComparison.Ordinal)), 400, "array");
        yield return Case("1e400", Post(Good.Replace("[1,2]}", "[1,1e400]}", StringComparison.Ordinal)), 400, "element 1");
        yield return Case("a number of a thousand digits", Post(Good.Replace("[1,2]}", $"[1,0.{new string('3', 1000)}]}}", StringComparison.Ordinal)), 200, "0.33333334");
        yield return Case("an exponent of a thousand digits", Post(Good.Replace("[1,2]}", $"[1,1e-{new string('9', 1000)}]}}", StringComparison.Ordinal)), 200, "\"data\":[1,0]");
        yield return Case("nan in small letters", Post(Good.Replace("[1,2]}", "[1,\"nan\"]}", StringComparison.Ordinal)), 400, "element 1");
        yield return Case("NaN without quotes", Post(Good.Replace("[1,2]}", "[1,NaN]}", StringComparison.Ordinal)), 400, "element 1");
        yield return Case("an id of 50 KB", Post(Good.Replace("{\"inputs\"", $"{{\"id\":\"{new string('ä', 25_000)}\",\"inputs\"", StringComparison.Ordinal)), 200, GoodAnswer);
        yield return Case("an id that is half a character", Post(Good.Replace("{\"inputs\"", "{\"id\":\"\\ud83d\",\"inputs\"", StringComparison.Ordinal)), 400, "JSON");
    }

    [TestCaseSource(nameof(Requests))]
    public async Task Each_is_answered(byte[] bytes, int status, string answer)
    {
        var all = await SendAsync(bytes);
        Assert.That(all, Does.StartWith($"HTTP/1.1 {status.ToString(CultureInfo.InvariantCulture)}"));
        Assert.That(all, Does.Contain(answer));
    }

    [Test]
    public async Task Requests_one_after_the_other_without_waiting_are_answered_in_their_order()
    {
        var requests = Enumerable.Range(0, 50).SelectMany(index =>
        {
            var body = $$"""{"id":"{{index}}","inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[{{(index % 7 == 3 ? "x" : index)}}]}]}""";
            return Encoding.ASCII.GetBytes($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n{(index == 49 ? "Connection: close\r\n" : "")}\r\n{body}");
        }).ToArray();
        var answers = await SendAsync(requests);
        var seen = answers.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.That(seen, Has.Length.EqualTo(50));
        for (var index = 0; index < seen.Length; index++)
            Assert.That(seen[index], index % 7 == 3 ? Does.StartWith("400") : Does.StartWith("200").And.Contain($"\"id\":\"{index}\"").And.Contain($"\"data\":[{index}]"));
    }

    [Test]
    public async Task A_client_that_goes_in_the_middle_of_its_body_does_no_harm()
    {
        for (var bytes = 1; bytes < Good.Length; bytes += 7)
            await SendAsync(Post(Good)[..^bytes], thenClose: true);
    }

    [TestCase(10, "FP16", "[65504,-65504,6e-8,5.9604645e-08]", 200)]
    [TestCase(10, "FP16", "[65520,0,0,0]", 400)]
    [TestCase(10, "FP16", "[\"NaN\",\"Infinity\",\"-Infinity\",-0]", 200)]
    [TestCase(16, "BF16", "[3.38e38,1e-40,0.1,-0]", 200)]
    [TestCase(16, "BF16", "[3.4e38,0,0,0]", 400)]
    [TestCase(7, "INT64", "[9007199254740993,-9007199254740993,9223372036854775807,-9223372036854775808]", 200)]
    [TestCase(7, "INT64", "[9223372036854775808,0,0,0]", 400)]
    [TestCase(7, "INT64", "[1e3,0,0,0]", 400)]
    [TestCase(7, "INT64", "[1.0,0,0,0]", 400)]
    [TestCase(13, "UINT64", "[18446744073709551615,9007199254740993,0,1]", 200)]
    [TestCase(13, "UINT64", "[18446744073709551616,0,0,0]", 400)]
    [TestCase(13, "UINT64", "[-1,0,0,0]", 400)]
    [TestCase(3, "INT8", "[128,0,0,0]", 400)]
    [TestCase(9, "BOOL", "[1,0,1,0]", 400)]
    [TestCase(9, "BOOL", "[truex,true,true,true]", 400)]
    [TestCase(8, "BYTES", "[\"\\ud800\",\"\",\"\",\"\"]", 400)]
    [TestCase(8, "BYTES", "[\"\\u0000\",\"\\ud83d\\udc27\",\"</script>\",\"\\\\\"]", 200)]
    public async Task Edges_of_the_datatypes(int type, string datatype, string data, int expected)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Identity(type));
        var (status, body) = await server.InferAsync($$"""{"inputs":[{"name":"x","shape":[2,2],"datatype":"{{datatype}}","data":{{data}}}]}""");
        Assert.That((int)status, Is.EqualTo(expected), body.ToString());
        if (expected != 200 || datatype is "FP16" or "BF16")
            return;
        var answered = body.GetProperty("outputs")[0].GetProperty("data");
        Assert.That(answered.EnumerateArray().Select(static element => element.ToString()),
            Is.EqualTo(JsonSerializer.Deserialize<JsonElement>(data).EnumerateArray().Select(static element => element.ToString())));
    }

    [TestCase(new byte[] { 255, 255, 255, 255, 1 })]
    [TestCase(new byte[] { 255, 255, 255, 127, 1 })]
    [TestCase(new byte[] { 2, 0, 0, 0, 1 })]
    [TestCase(new byte[] { 0, 0, 0, 128, 0, 0, 0, 0 })]
    public async Task BYTES_whose_lengths_overflow_are_refused(byte[] data)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.TextColumn());
        var (status, error) = await PostBinaryAsync(server, data);
        Assert.That((status, error), Is.EqualTo((HttpStatusCode.BadRequest, """{"error":"input 'x': the binary data ends within element 0"}""")));
    }

    [Test]
    public async Task BYTES_that_are_no_UTF_8_come_back_as_they_are_in_binary_and_with_replacements_in_JSON()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.TextColumn());
        byte[] data = [3, 0, 0, 0, 0xFF, 0x00, (byte)'a'];
        var (status, body) = await PostBinaryAsync(server, data);
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body);
        Assert.That(JsonSerializer.Deserialize<JsonElement>(body).GetProperty("outputs")[0].GetProperty("data")[0].GetString(), Is.EqualTo("\ufffd\0a"));
        (status, body) = await PostBinaryAsync(server, data, "\"parameters\":{\"binary_data_output\":true},");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body);
        Assert.That(body, Does.EndWith(Encoding.Latin1.GetString(data)));
    }

    private static async Task<(HttpStatusCode Status, string Body)> PostBinaryAsync(RunningServer server, byte[] data, string parameters = "")
    {
        var json = Encoding.UTF8.GetBytes($$$"""{{{{parameters}}}"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":{{{data.Length}}}}}]}""");
        var content = new ByteArrayContent([.. json, .. data]);
        content.Headers.Add("Inference-Header-Content-Length", json.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await server.Client.PostAsync("/v2/models/m/infer", content);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType == "application/json" ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes));
    }
}
