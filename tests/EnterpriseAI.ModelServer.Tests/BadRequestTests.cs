using System.Net;
using System.Text;

namespace EnterpriseAI.ModelServer.Tests;

public class BadRequestTests
{
    private RunningServer _server = null!;

    [OneTimeSetUp]
    public async Task Start() => _server = await RunningServer.StartAsync(OnnxModels.TwoInputs(), options => options with { MaxRequestBytes = 100_000 });

    [OneTimeTearDown]
    public async Task Stop() => await _server.DisposeAsync();

    private const string A = """{"name":"a","shape":[2],"datatype":"FP32","data":[1,2]}""";
    private const string B = """{"name":"b","shape":[2],"datatype":"FP32","data":[1,2]}""";

    [TestCase("", "JSON")]
    [TestCase("nonsense", "JSON")]
    [TestCase("[]", "must be a JSON object")]
    [TestCase("null", "must be a JSON object")]
    [TestCase("{}", "no 'inputs'")]
    [TestCase("""{"inputs":[A,B]} {}""", "JSON")]
    [TestCase("""{"inputs":{}}""", "'inputs' must be an array")]
    [TestCase("""{"inputs":[1]}""", "an input must be an object")]
    [TestCase("""{"inputs":[]}""", "input 'a' is missing")]
    [TestCase("""{"inputs":[A]}""", "input 'b' is missing")]
    [TestCase("""{"inputs":[A,A]}""", "input 'a' is given twice")]
    [TestCase("""{"inputs":[A,B],"inputs":[A,B]}""", "'inputs' twice")]
    [TestCase("""{"inputs":[A,B,{"name":"c","shape":[2],"datatype":"FP32","data":[1,2]}]}""", "input 'c' is unknown: the model has 'a', 'b'")]
    [TestCase("""{"id":1,"inputs":[A,B]}""", "'id' must be a string")]
    [TestCase("""{"inputs":[A,B],"outputs":[{"name":"z"}]}""", "output 'z' is unknown: the model has 'sum', 'quotient'")]
    [TestCase("""{"inputs":[A,B],"outputs":[{}]}""", "an output has no 'name'")]
    [TestCase("""{"inputs":[A,B],"outputs":[{"name":"sum"},{"name":"sum"}]}""", "twice")]
    [TestCase("""{"inputs":[A,B],"parameters":{"binary_data_output":1}}""", "'parameters.binary_data_output' must be true or false")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP64","data":[1,2]}]}""", "input 'b': datatype is FP64, the model needs FP32")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"float","data":[1,2]}]}""", "input 'b': 'datatype' must be one of BOOL")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[3],"datatype":"FP32","data":[1,2,3]}]}""", "input 'b': shape is [3], the model needs [2]")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2,1],"datatype":"FP32","data":[1,2]}]}""", "input 'b': shape is [2,1]")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[-1],"datatype":"FP32","data":[1,2]}]}""", "'inputs[].shape'")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":2,"datatype":"FP32","data":[1,2]}]}""", "'inputs[].shape' must be an array")]
    [TestCase("""{"inputs":[A,{"name":"b","datatype":"FP32","data":[1,2]}]}""", "input 'b': 'shape'")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32"}]}""", "input 'b': give either 'data'")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":"12"}]}""", "must be an array")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1]}]}""", "input 'b': shape [2] needs 2 elements, 'data' has 1")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1,2,3]}]}""", "input 'b': shape [2] needs 2 elements, 'data' has more")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1,null]}]}""", "input 'b': element 1 of 'data' is not a valid FP32")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1,"2"]}]}""", "input 'b': element 1")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1,1e99]}]}""", "input 'b': element 1")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1,{}]}]}""", "input 'b': element 1")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[[1,2]]}]}""", "input 'b': 'data' is nested otherwise")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", "input 'b': binary_data_size is 8, but the body has only 0 bytes left")]
    [TestCase("""{"inputs":[A,{"name":"b","shape":[2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8}}]}""", "input 'b': give either 'data'")]
    public async Task Each_is_a_400_that_names_what_is_wrong(string body, string expected)
    {
        var (status, answer) = await _server.InferAsync(body.Replace("A", A).Replace("B,", B + ",").Replace("B]", B + "]"));
        Assert.That(status, Is.EqualTo(HttpStatusCode.BadRequest), answer.ToString());
        Assert.That(answer.GetProperty("error").GetString(), Does.Contain(expected));
    }

    [TestCase("[2,2]", "[[1,2,3,4]]")]
    [TestCase("[2,2]", "[[1,2],3,4]")]
    [TestCase("[2,2]", "[1,[2],3,4]")]
    [TestCase("[2,2]", "[[1],[2,3,4]]")]
    [TestCase("[2,2]", "[[[1,2],[3,4]]]")]
    [TestCase("[3,2]", "[[1,2,3],[4,5,6]]")]
    public async Task Data_nested_otherwise_than_the_shape_is_refused(string shape, string data)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Identity(OnnxModels.Float));
        Assert.That(await server.DataAsync($$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"FP32","data":{{data}}}]}"""), Does.StartWith("400").And.Contain("nested"));
    }

    [TestCase("[1000000000,1000000000]")]
    [TestCase("[9223372036854775807,9223372036854775807]")]
    [TestCase("[100000,100000]")]
    public async Task A_huge_shape_without_the_data_for_it_takes_no_memory(string shape)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Identity(OnnxModels.Float));
        Assert.That(await server.DataAsync($$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"FP32","data":[1]}]}"""), Does.StartWith("400").And.Contain("needs more elements"));
    }

    [TestCase("/v2/models/other/infer", HttpStatusCode.NotFound, "model 'other' is unknown: this server has 'm'")]
    [TestCase("/v2/models/m/versions/1/infer", HttpStatusCode.NotFound, "without a version")]
    [TestCase("/v2/models/M/infer", HttpStatusCode.NotFound, "'M' is unknown")]
    [TestCase("/v3", HttpStatusCode.NotFound, "nothing at '/v3'")]
    public async Task Unknown_paths_are_404(string path, HttpStatusCode expected, string error)
    {
        var (status, answer) = await _server.InferAsync("{}", path);
        Assert.That(status, Is.EqualTo(expected));
        Assert.That(answer.GetProperty("error").GetString(), Does.Contain(error));
    }

    [Test]
    public async Task A_body_over_the_bound_is_413([Values] bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer") { Content = new ByteArrayContent(new byte[200_000]) };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await _server.Client.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("larger than the 100000 bytes"));
    }

    [Test]
    public async Task A_compressed_body_is_415()
    {
        var content = new StringContent("{}");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await _server.Client.PostAsync("/v2/models/m/infer", content);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
    }

    [TestCase("-1")]
    [TestCase("999999")]
    [TestCase("x")]
    public async Task A_wrong_binary_header_is_400(string length)
    {
        var content = new StringContent("{}");
        content.Headers.Add("Inference-Header-Content-Length", length);
        using var response = await _server.Client.PostAsync("/v2/models/m/infer", content);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Mutated_bodies_are_answered_200_or_400()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        foreach (var (type, datatype, data) in new[] { (OnnxModels.Float, "FP32", "[[1,2.5],[\"NaN\",-1e3]]"), (8, "BYTES", "[[\"a\",\"\\u00e4\"],[\"\",\"\\ud83d\\udc27\"]]"), (OnnxModels.Bool, "BOOL", "[true,false,true,true]") })
        {
            await using var server = await RunningServer.StartAsync(OnnxModels.Identity(type));
            var valid = Encoding.UTF8.GetBytes($$"""{"id":"1","parameters":{"binary_data_output":false},"inputs":[{"name":"x","shape":[2,2],"datatype":"{{datatype}}","parameters":{},"data":{{data}}}],"outputs":[{"name":"y"}]}""");
            var answered = 0;
            for (var round = 0; round < 3_000; round++)
            {
                var body = Mutate(valid, random);
                var content = new ByteArrayContent(body);
                if (random.Next(10) == 0)
                    content.Headers.Add("Inference-Header-Content-Length", $"{random.Next(body.Length + 10)}");
                using var response = await server.Client.PostAsync("/v2/models/m/infer", content);
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.BadRequest), Encoding.Latin1.GetString(body));
                answered += response.StatusCode == HttpStatusCode.OK ? 1 : 0;
            }
            TestContext.Out.WriteLine($"{datatype}: {answered} of 3000 were still valid");
        }
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var body = valid.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(body.Count);
            switch (random.Next(5))
            {
                case 0: body[at] = (byte)random.Next(256); break;
                case 1: body[at] = (byte)"\"{}[]:,\\0-9eE.tn "[random.Next(17)]; break;
                case 2: body.RemoveRange(at, Math.Min(random.Next(1, 8), body.Count - at)); break;
                case 3: body.InsertRange(at, body.GetRange(at, Math.Min(random.Next(1, 20), body.Count - at))); break;
                default: body.InsertRange(at, Encoding.UTF8.GetBytes(new[] { "[", "null", "1e999", "\\ud800", "[[", "-0", "{}" }[random.Next(7)])); break;
            }
            if (body.Count == 0)
                body.Add((byte)'{');
        }
        return [.. body];
    }
}
