using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace EnterpriseAI.ModelServer.Tests;

public class ProtocolTests
{
    [Test]
    public async Task Health_and_metadata_follow_the_protocol()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { ModelVersion = "1.0.0" });
        foreach (var path in new[] { "/v2/health/live", "/v2/health/ready", "/v2/models/m/ready", "/v2/models/m/versions/1.0.0/ready" })
            Assert.That((await server.GetAsync(path)).Status, Is.EqualTo(HttpStatusCode.OK), path);
        foreach (var path in new[] { "/healthz", "/readyz" })
            Assert.That((await server.Client.GetAsync(path)).StatusCode, Is.EqualTo(HttpStatusCode.OK), path);

        var (_, metadata) = await server.GetAsync("/v2");
        Assert.That(metadata.GetProperty("extensions")[0].GetString(), Is.EqualTo("binary_tensor_data"));

        foreach (var path in new[] { "/v2/models/m", "/v2/models/m/versions/1.0.0" })
        {
            Assert.That((await server.GetAsync(path)).Body.GetRawText(), Is.EqualTo(
                """{"name":"m","versions":["1.0.0"],"platform":"onnx_onnxv1","inputs":[{"name":"x","datatype":"FP32","shape":[-1,3]}],"outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]}"""));
        }
    }

    [Test]
    public async Task Inference_answers_in_the_protocols_form()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { ModelVersion = "2" });
        const string request = """{"id":"a","inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}],"parameters":{"anything":true},"later":[{}]}""";
        foreach (var path in new[] { "/v2/models/m/infer", "/v2/models/m/versions/2/infer" })
        {
            var (status, body) = await server.InferAsync(request, path);
            Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(body.GetRawText(), Is.EqualTo(
                """{"model_name":"m","model_version":"2","id":"a","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[32,48]}]}"""));
        }
    }

    [TestCase("[2,3]", "[1,2,3,0,0,0]", "[32,48,10,20]")]
    [TestCase("[2,3]", "[[1,2,3],[0,0,0]]", "[32,48,10,20]")]
    [TestCase("[1,3]", "[[1e0, 2.0, 0.3e1]]", "[32,48]")]
    [TestCase("[0,3]", "[]", "[]")]
    [TestCase("[1,3]", "[\"NaN\",0,0]", "[\"NaN\",\"NaN\"]")]
    [TestCase("[1,3]", "[\"-Infinity\",0,0]", "[\"-Infinity\",\"-Infinity\"]")]
    public async Task Data_may_be_flat_or_nested(string shape, string data, string expected)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        Assert.That(await server.DataAsync($$"""{"inputs":[{"data":{{data}},"datatype":"FP32","name":"x","shape":{{shape}}}]}"""), Is.EqualTo(expected));
    }

    [TestCase(9, "BOOL", "[true,false,true,true]")]
    [TestCase(2, "UINT8", "[0,255,1,2]")]
    [TestCase(4, "UINT16", "[0,65535,1,2]")]
    [TestCase(12, "UINT32", "[0,4294967295,1,2]")]
    [TestCase(13, "UINT64", "[0,18446744073709551615,1,2]")]
    [TestCase(3, "INT8", "[-128,127,1,2]")]
    [TestCase(5, "INT16", "[-32768,32767,1,2]")]
    [TestCase(6, "INT32", "[-2147483648,2147483647,1,2]")]
    [TestCase(7, "INT64", "[-9223372036854775808,9223372036854775807,1,2]")]
    [TestCase(10, "FP16", "[-1.5,65504,0.25,2]")]
    [TestCase(16, "BF16", "[-1.5,3.3895314E+38,9.1835E-41,2]")]
    [TestCase(1, "FP32", "[-1.5,3.4028235E+38,1E-45,0.1]")]
    [TestCase(11, "FP64", "[-1.5,1.7976931348623157E+308,5E-324,0.1]")]
    [TestCase(8, "BYTES", "[\"\",\"a\\u0000b\",\"\\u00E4\\uD83D\\uDC27\",\"\\u0022\"]")]
    public async Task Every_datatype_survives_in_JSON_and_in_binary(int type, string datatype, string data)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Identity(type));
        var request = $$"""{"inputs":[{"name":"x","shape":[2,2],"datatype":"{{datatype}}","data":{{data}}}]""";
        Assert.That(await server.DataAsync(request + "}"), Is.EqualTo(data));

        // Out in binary, back in binary, out in JSON again.
        using var asked = await server.Client.PostAsync("/v2/models/m/infer", new StringContent(request + ""","outputs":[{"name":"y","parameters":{"binary_data":true}}]}"""));
        var answer = await asked.Content.ReadAsByteArrayAsync();
        var jsonLength = int.Parse(asked.Headers.GetValues("Inference-Header-Content-Length").Single());
        Assert.That(asked.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/octet-stream"));
        var size = JsonSerializer.Deserialize<JsonElement>(answer.AsSpan(0, jsonLength)).GetProperty("outputs")[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
        Assert.That(answer, Has.Length.EqualTo(jsonLength + size));

        var back = System.Text.Encoding.UTF8.GetBytes($$$"""{"inputs":[{"name":"x","shape":[2,2],"datatype":"{{{datatype}}}","parameters":{"binary_data_size":{{{size}}}}}]}""");
        var content = new ByteArrayContent([.. back, .. answer.AsSpan(jsonLength)]);
        content.Headers.Add("Inference-Header-Content-Length", $"{back.Length}");
        using var returned = await server.Client.PostAsync("/v2/models/m/infer", content);
        var body = JsonSerializer.Deserialize<JsonElement>(await returned.Content.ReadAsByteArrayAsync());
        Assert.That(body.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo(data));
    }

    [Test]
    public async Task Only_the_outputs_asked_for_come_in_the_order_asked_for()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.TwoInputs());
        const string inputs = """{"inputs":[{"name":"b","shape":[2],"datatype":"FP32","data":[2,4]},{"name":"a","shape":[2],"datatype":"FP32","data":[1,1]}]""";
        var (_, all) = await server.InferAsync(inputs + "}");
        Assert.That(all.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString()), Is.EqualTo(new[] { "sum", "quotient" }));
        var (_, two) = await server.InferAsync(inputs + ""","outputs":[{"name":"quotient"},{"name":"sum"}]}""");
        Assert.That(two.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString()), Is.EqualTo(new[] { "quotient", "sum" }));
        Assert.That(await server.DataAsync(inputs + ""","outputs":[{"name":"quotient"}]}"""), Is.EqualTo("[0.5,0.25]"));
    }

    [Test]
    public async Task An_input_without_a_declared_shape_takes_any()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.IdentityOfAnyShape());
        foreach (var (shape, data) in new[] { ("[]", "[1]"), ("[3]", "[1,2,3]"), ("[1,2,1]", "[[[1],[2]]]") })
            Assert.That(await server.DataAsync($$"""{"inputs":[{"name":"x","shape":{{shape}},"datatype":"FP32","data":{{data}}}]}"""), Is.EqualTo(data.Replace("[[[1],[2]]]", "[1,2]")));
    }

    [Test]
    public async Task A_failure_of_the_model_is_a_500_with_its_error()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Lookup());
        Assert.That(await server.DataAsync("""{"inputs":[{"name":"i","shape":[1],"datatype":"INT64","data":[2]}]}"""), Is.EqualTo("[3]"));
        var (status, body) = await server.InferAsync("""{"inputs":[{"name":"i","shape":[1],"datatype":"INT64","data":[7]}]}""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(body.GetProperty("error").GetString(), Does.StartWith("the model failed: ").And.Contain("Gather"));
    }

    [Test]
    public async Task Metrics_count_what_happened()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { ModelName = "counted", ModelVersion = "7" });
        const string path = "/v2/models/counted/infer";
        await server.InferAsync("""{"inputs":[{"name":"x","shape":[4,3],"datatype":"FP32","data":[1,2,3,1,2,3,1,2,3,1,2,3]}]}""", path);
        await server.InferAsync("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""", path);
        await server.InferAsync("{}", path);
        var metrics = await server.Client.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("nv_inference_request_success{model=\"counted\",version=\"7\"} 2"));
        Assert.That(metrics, Does.Contain("nv_inference_count{model=\"counted\",version=\"7\"} 5"));
        Assert.That(metrics, Does.Contain("nv_inference_exec_count{model=\"counted\",version=\"7\"} 2"));
        Assert.That(metrics, Does.Match("nv_inference_request_failure\\{model=\"counted\",[^}]*reason=\"REJECTED\"[^}]*\\} 1"));
        Assert.That(metrics, Does.Contain("request_predict_seconds_count{model_name=\"counted\"} 2"));
        Assert.That(metrics, Does.Contain("nv_inference_pending_request_count{model=\"counted\",version=\"7\"} 0"));
        Assert.That(metrics, Does.Match("inference_session_memory_bytes\\{model=\"counted\",version=\"7\"\\} [1-9]"));
    }

    [Test]
    public async Task A_trace_is_carried_on()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "EnterpriseAI.ModelServer" or "Microsoft.AspNetCore",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4737", caller = "00f067aa0ba902b8";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/m/infer")
        {
            Content = new StringContent("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}"""),
            Headers = { { "traceparent", $"00-{trace}-{caller}-01" } },
        };
        (await server.Client.SendAsync(request)).Dispose();
        // The server's own span ends after the client has its answer.
        await LoadedEngine.UntilAsync(() => spans.Any(static span => span.ParentSpanId.ToHexString() == caller), static () => "no span is a child of the caller's");
        var http = spans.Single(static span => span.ParentSpanId.ToHexString() == caller);
        var infer = spans.Single(static span => span.OperationName == "infer" && span.TraceId.ToHexString() == trace);
        Assert.That((http.TraceId.ToHexString(), infer.ParentSpanId), Is.EqualTo((trace, http.SpanId)));
        Assert.That(infer.GetTagItem("model.name"), Is.EqualTo("m"));
    }
}
