using System.Diagnostics;
using System.Runtime.InteropServices;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;
using RequestedOutput = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>The service's methods, what they answer and how they fail.</summary>
public class GrpcInferTests
{
    private GrpcClient _linear = null!, _two = null!, _versioned = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _linear = await GrpcClient.StartAsync(OnnxModels.Linear());
        _two = await GrpcClient.StartAsync(OnnxModels.TwoInputs());
        _versioned = await GrpcClient.StartAsync(OnnxModels.Linear(), options => options with { ModelVersion = "7" });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _linear.DisposeAsync();
        await _two.DisposeAsync();
        await _versioned.DisposeAsync();
    }

    /// <summary>A request to <see cref="OnnxModels.Linear"/> with its row in the contents.</summary>
    internal static ModelInferRequest Linear(params float[] row) => new()
    {
        ModelName = "m",
        Inputs = { new InputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 3 }, Contents = new InferTensorContents { Fp32Contents = { row } } } },
    };

    /// <summary>The same with its row in the raw contents.</summary>
    internal static ModelInferRequest RawLinear(params float[] row) => new()
    {
        ModelName = "m",
        Inputs = { new InputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 3 } } },
        RawInputContents = { ByteString.CopyFrom(OnnxModels.Of(row)) },
    };

    internal static float[] Floats(ByteString raw) => MemoryMarshal.Cast<byte, float>(raw.Span).ToArray();

    [Test]
    public async Task Raw_inputs_are_answered_raw_and_typed_ones_typed()
    {
        var raw = await _linear.InferAsync(RawLinear(1, 2, 3));
        Assert.That(Floats(raw.RawOutputContents.Single()), Is.EqualTo(new[] { 32f, 48 }));
        Assert.That(raw.Outputs.Single().Contents, Is.Null);

        var typed = await _linear.InferAsync(Linear(1, 2, 3));
        Assert.That(typed.RawOutputContents, Is.Empty);
        Assert.That(typed.Outputs.Single().Contents.Fp32Contents, Is.EqualTo(new[] { 32f, 48 }));
    }

    [Test]
    public async Task The_answer_names_model_outputs_datatypes_shapes_and_the_id()
    {
        var request = RawLinear(1, 2, 3);
        request.Id = "anfrage 1 🐧";
        var answer = await _linear.InferAsync(request);
        answer.RawOutputContents.Clear();
        Assert.That(answer, Is.EqualTo(new ModelInferResponse
        {
            ModelName = "m",
            Id = "anfrage 1 🐧",
            Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "y", Datatype = "FP32", Shape = { 1, 2 } } },
        }));
    }

    [TestCase("", "7")]
    [TestCase("7", "7")]
    public async Task A_version_may_be_asked_for(string version, string served)
    {
        var request = RawLinear(1, 2, 3);
        request.ModelVersion = version;
        Assert.That((await _versioned.InferAsync(request)).ModelVersion, Is.EqualTo(served));
    }

    [TestCase("m", "8", "version '8'")]
    [TestCase("M", "", "model 'M' is unknown")]
    [TestCase("", "", "model '' is unknown")]
    public async Task Another_model_or_version_is_NOT_FOUND(string name, string version, string error)
    {
        var request = RawLinear(1, 2, 3);
        (request.ModelName, request.ModelVersion) = (name, version);
        foreach (var (method, message) in new (string, IMessage)[]
        {
            ("ModelInfer", request),
            ("ModelReady", new ModelReadyRequest { Name = name, Version = version }),
            ("ModelMetadata", new ModelMetadataRequest { Name = name, Version = version }),
        })
        {
            var reply = await _versioned.CallAsync(method, message);
            Assert.That(reply.Status, Is.EqualTo(GrpcCode.NotFound), method);
            Assert.That(reply.Error, Does.Contain(error), method);
        }
    }

    [Test]
    public async Task Server_and_model_describe_themselves()
    {
        Assert.That((await _versioned.CallAsync("ServerReady", new ServerReadyRequest())).Only(ServerReadyResponse.Parser).Ready);
        Assert.That((await _versioned.CallAsync("ModelReady", new ModelReadyRequest { Name = "m" })).Only(ModelReadyResponse.Parser).Ready);
        var server = (await _versioned.CallAsync("ServerMetadata", new ServerMetadataRequest())).Only(ServerMetadataResponse.Parser);
        Assert.That(server.Name, Is.EqualTo("enterpriseai-model-server"));
        Assert.That(server.Version, Does.Match(@"^\d+\.\d+\.\d+$"));
        var model = (await _versioned.CallAsync("ModelMetadata", new ModelMetadataRequest { Name = "m" })).Only(ModelMetadataResponse.Parser);
        Assert.That(model, Is.EqualTo(new ModelMetadataResponse
        {
            Name = "m",
            Versions = { "7" },
            Platform = "onnx_onnxv1",
            Inputs = { new ModelMetadataResponse.Types.TensorMetadata { Name = "x", Datatype = "FP32", Shape = { -1, 3 } } },
            Outputs = { new ModelMetadataResponse.Types.TensorMetadata { Name = "y", Datatype = "FP32", Shape = { -1, 2 } } },
        }));
    }

    private static ModelInferRequest Two(Action<ModelInferRequest>? change = null)
    {
        var request = new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { new InputTensor { Name = "a", Datatype = "FP32", Shape = { 2 } }, new InputTensor { Name = "b", Datatype = "FP32", Shape = { 2 } } },
            RawInputContents = { ByteString.CopyFrom(OnnxModels.Of(6f, 8)), ByteString.CopyFrom(OnnxModels.Of(2f, 4)) },
        };
        change?.Invoke(request);
        return request;
    }

    [Test]
    public async Task Only_the_outputs_asked_for_come_and_in_that_order()
    {
        async Task<(string[], float[][])> Ask(params string[] outputs)
        {
            var answer = await _two.InferAsync(Two(request => request.Outputs.AddRange(outputs.Select(static name => new RequestedOutput { Name = name }))));
            return ([.. answer.Outputs.Select(static output => output.Name)], [.. answer.RawOutputContents.Select(Floats)]);
        }

        Assert.That(await Ask(), Is.EqualTo((new[] { "sum", "quotient" }, new[] { new[] { 8f, 12 }, [3, 2] })));
        Assert.That(await Ask("quotient"), Is.EqualTo((new[] { "quotient" }, new[] { new[] { 3f, 2 } })));
        Assert.That(await Ask("quotient", "sum"), Is.EqualTo((new[] { "quotient", "sum" }, new[] { new[] { 3f, 2 }, [8, 12] })));
    }

    [Test]
    public async Task Raw_contents_belong_to_the_inputs_in_their_order()
    {
        var answer = await _two.InferAsync(Two(static request =>
        {
            (request.Inputs[0], request.Inputs[1]) = (request.Inputs[1], request.Inputs[0]);
            request.Outputs.Add(new RequestedOutput { Name = "quotient" });
        }));
        Assert.That(Floats(answer.RawOutputContents.Single()), Is.EqualTo(new[] { 2f / 6, 4f / 8 }));
    }

    [Test]
    public async Task Parameters_of_every_kind_are_accepted()
    {
        var parameters = new Dictionary<string, InferParameter>
        {
            ["b"] = new() { BoolParam = true },
            ["i"] = new() { Int64Param = -1 },
            ["s"] = new() { StringParam = "x" },
            ["d"] = new() { DoubleParam = 0.5 },
            ["u"] = new() { Uint64Param = ulong.MaxValue },
            ["none"] = new(),
        };
        var answer = await _two.InferAsync(Two(request =>
        {
            request.Parameters.Add(parameters);
            request.Inputs[0].Parameters.Add(parameters);
            request.Outputs.Add(new RequestedOutput { Name = "sum", Parameters = { parameters } });
        }));
        Assert.That(Floats(answer.RawOutputContents.Single()), Is.EqualTo(new[] { 8f, 12 }));
    }

    private static IEnumerable<TestCaseData> BadRequests()
    {
        static TestCaseData Case(string error, Action<ModelInferRequest> change) => new TestCaseData(change, error).SetArgDisplayNames(error);

        yield return Case("input 'a' is missing: the model needs 'a', 'b'", static request => { request.Inputs.Clear(); request.RawInputContents.Clear(); });
        yield return Case("input 'b' is missing", static request => { request.Inputs.RemoveAt(1); request.RawInputContents.RemoveAt(1); });
        yield return Case("input 'a' is given twice", static request => request.Inputs[1].Name = "a");
        yield return Case("input 'c' is unknown: the model has 'a', 'b'", static request => request.Inputs[1].Name = "c");
        yield return Case("input '' is unknown", static request => request.Inputs[1].Name = "");
        yield return Case("'raw_input_contents' has 1 entries for 2 inputs", static request => request.RawInputContents.RemoveAt(1));
        yield return Case("'raw_input_contents' has 3 entries for 2 inputs", static request => request.RawInputContents.Add(ByteString.Empty));
        yield return Case("input 'b': give either 'contents' or 'raw_input_contents'", static request => request.Inputs[1].Contents = new InferTensorContents());
        yield return Case("input 'a': datatype is FP64, the model needs FP32", static request => request.Inputs[0].Datatype = "FP64");
        yield return Case("input 'a': 'datatype' must be one of BOOL", static request => request.Inputs[0].Datatype = "");
        yield return Case("input 'a': 'datatype' must be one of BOOL", static request => request.Inputs[0].Datatype = "fp32");
        yield return Case("input 'a': shape is [3], the model needs [2]", static request => request.Inputs[0].Shape[0] = 3);
        yield return Case("input 'a': shape is [2,1], the model needs [2]", static request => request.Inputs[0].Shape.Add(1));
        yield return Case("input 'a': shape is [], the model needs [2]", static request => request.Inputs[0].Shape.Clear());
        yield return Case("'inputs[].shape' must have at most 32 sizes, each 0 or more", static request => request.Inputs[0].Shape[0] = -1);
        yield return Case("'inputs[].shape' must have at most 32 sizes", static request => request.Inputs[0].Shape.AddRange(Enumerable.Repeat(1L, 32)));
        yield return Case("input 'b': shape [2] needs more elements than the data has", static request => request.RawInputContents[1] = ByteString.CopyFrom(new byte[7]));
        yield return Case("input 'b': shape [2] needs 8 bytes of binary data, there are 9", static request => request.RawInputContents[1] = ByteString.CopyFrom(new byte[9]));
        yield return Case("input 'a': shape [2] needs 2 elements, the contents have 0", static request => request.RawInputContents.Clear());
        yield return Case("output 'z' is unknown: the model has 'sum', 'quotient'", static request => request.Outputs.Add(new RequestedOutput { Name = "z" }));
        yield return Case("an output is asked for twice", static request => request.Outputs.AddRange([new RequestedOutput { Name = "sum" }, new RequestedOutput { Name = "sum" }]));
        yield return Case("'inputs' has more than 1024 entries", static request => request.Inputs.AddRange(Enumerable.Repeat(new InputTensor(), 1_024)));
        yield return Case("'outputs' has more than 1024 entries", static request => request.Outputs.AddRange(Enumerable.Repeat(new RequestedOutput(), 1_025)));
        yield return Case("'raw_input_contents' has more than 1024 entries", static request => request.RawInputContents.AddRange(Enumerable.Repeat(ByteString.Empty, 1_024)));
    }

    [TestCaseSource(nameof(BadRequests))]
    public async Task Each_is_INVALID_ARGUMENT_that_names_what_is_wrong(object change, string error)
    {
        var reply = await _two.CallAsync("ModelInfer", Two((Action<ModelInferRequest>)change));
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.InvalidArgument), reply.Error);
        Assert.That(reply.Error, Does.Contain(error));
    }

    [Test]
    public async Task Strings_that_are_no_UTF_8_are_INVALID_ARGUMENT()
    {
        var message = Linear(1, 2, 3).ToByteArray();
        message[Array.IndexOf(message, (byte)'m')] = 0xFF;
        var reply = await _linear.SendAsync(GrpcClient.Service + "ModelInfer", GrpcClient.Frame(message));
        Assert.That((reply.Status, reply.Error), Is.EqualTo((GrpcCode.InvalidArgument, "'model_name' is not valid UTF-8")));
    }

    [Test]
    public async Task A_model_that_fails_is_INTERNAL_and_says_why()
    {
        await using var lookup = await GrpcClient.StartAsync(OnnxModels.Lookup());
        var request = new ModelInferRequest { ModelName = "m", Inputs = { new InputTensor { Name = "i", Datatype = "INT64", Shape = { 1 } } }, RawInputContents = { ByteString.CopyFrom(OnnxModels.Of(99L)) } };
        var reply = await lookup.CallAsync("ModelInfer", request);
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.Internal));
        Assert.That(reply.Error, Does.StartWith("the model failed: ").And.Contain("out of data bounds"));
        request.RawInputContents[0] = ByteString.CopyFrom(OnnxModels.Of(2L));
        Assert.That(Floats((await lookup.InferAsync(request)).RawOutputContents.Single()), Is.EqualTo(new[] { 3f }));
    }

    [Test]
    public async Task A_model_is_unloaded_and_loaded_again_and_the_index_tells_so()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear(), options => options with { ModelVersion = "7" });
        async Task<string[]> IndexAsync(bool ready) =>
            [.. (await client.CallAsync("RepositoryIndex", new RepositoryIndexRequest { Ready = ready })).Only(RepositoryIndexResponse.Parser).Models.Select(static model => $"{model.Name} {model.Version} {model.State}")];

        Assert.That(await IndexAsync(ready: true), Is.EqualTo(new[] { "m 7 READY" }));
        var unload = new RepositoryModelUnloadRequest { ModelName = "m", Parameters = { ["unload_dependents"] = new ModelRepositoryParameter { BoolParam = true } } };
        (await client.CallAsync("RepositoryModelUnload", unload)).Only(RepositoryModelUnloadResponse.Parser);
        Assert.That(await IndexAsync(ready: false), Is.EqualTo(new[] { "m 7 UNAVAILABLE" }));
        Assert.That(await IndexAsync(ready: true), Is.Empty);
        Assert.That((await client.CallAsync("ModelInfer", RawLinear(1, 2, 3))).Status, Is.EqualTo(GrpcCode.Unavailable));
        Assert.That((await client.CallAsync("ModelMetadata", new ModelMetadataRequest { Name = "m" })).Status, Is.EqualTo(GrpcCode.Unavailable));
        Assert.That((await client.CallAsync("ModelReady", new ModelReadyRequest { Name = "m" })).Only(ModelReadyResponse.Parser).Ready, Is.False);
        Assert.That((await client.CallAsync("ServerReady", new ServerReadyRequest())).Only(ServerReadyResponse.Parser).Ready, Is.False);
        (await client.CallAsync("RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "m" })).Only(RepositoryModelLoadResponse.Parser);
        Assert.That(await IndexAsync(ready: true), Is.EqualTo(new[] { "m 7 READY" }));
        Assert.That(Floats((await client.InferAsync(RawLinear(1, 2, 3))).RawOutputContents.Single()), Is.EqualTo(new[] { 32f, 48 }));
    }

    [Test]
    public async Task What_the_repository_cannot_do_is_refused_by_name()
    {
        var parameter = new ModelRepositoryParameter { StringParam = "{}" };
        foreach (var (method, request, code, error) in new (string, IMessage, GrpcCode, string)[]
        {
            ("RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "other" }, GrpcCode.NotFound, "model 'other' is unknown"),
            ("RepositoryModelUnload", new RepositoryModelUnloadRequest { ModelName = "other" }, GrpcCode.NotFound, "model 'other' is unknown"),
            ("RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "m", RepositoryName = "r" }, GrpcCode.InvalidArgument, "repository 'r' is unknown"),
            ("RepositoryModelUnload", new RepositoryModelUnloadRequest { ModelName = "m", RepositoryName = "r" }, GrpcCode.InvalidArgument, "repository 'r' is unknown"),
            ("RepositoryIndex", new RepositoryIndexRequest { RepositoryName = "r" }, GrpcCode.InvalidArgument, "repository 'r' is unknown"),
            ("RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "m", Parameters = { ["config"] = parameter } }, GrpcCode.InvalidArgument, "parameter 'config' is not supported"),
            ("RepositoryModelUnload", new RepositoryModelUnloadRequest { ModelName = "m", Parameters = { ["config"] = parameter } }, GrpcCode.InvalidArgument, "parameter 'config' is not supported"),
        })
        {
            var reply = await _linear.CallAsync(method, request);
            Assert.That(reply.Status, Is.EqualTo(code), $"{method}: {reply.Error}");
            Assert.That(reply.Error, Does.Contain(error), method);
        }
    }

    [Test]
    public async Task Requests_are_counted_as_those_of_REST_are()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear(), options => options with { ModelName = "counted" });
        ModelInferRequest Request(params float[] row)
        {
            var request = RawLinear(row);
            request.ModelName = "counted";
            return request;
        }

        await client.InferAsync(Request(1, 2, 3));
        Assert.That((await client.CallAsync("ModelInfer", Request(1, 2))).Status, Is.EqualTo(GrpcCode.InvalidArgument));
        var metrics = await client.Server.Client.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Match("""(?m)^nv_inference_request_success(_total)?\{model="counted",version=""\} 1$"""));
        Assert.That(metrics, Does.Match("""(?m)^nv_inference_request_failure(_total)?\{model="counted",reason="REJECTED",version=""\} 1$|^nv_inference_request_failure(_total)?\{model="counted",version="",reason="REJECTED"\} 1$"""));
    }

    [Test]
    public async Task A_trace_is_carried_on()
    {
        var traces = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "EnterpriseAI.ModelServer" or "Microsoft.AspNetCore",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.OperationName == "infer")
                    traces.Add(activity.TraceId.ToHexString());
            },
        };
        ActivitySource.AddActivityListener(listener);
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var reply = await _linear.SendAsync(GrpcClient.Service + "ModelInfer", GrpcClient.Frame(RawLinear(1, 2, 3).ToByteArray()),
            static request => request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01"));
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.Ok));
        Assert.That(traces, Does.Contain(trace));
    }
}
