using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Models and expected outputs that the ONNX project publishes, served over gRPC with raw contents.</summary>
[NonParallelizable]
public class GrpcVectorTests
{
    [Test]
    public async Task Node_models_give_the_published_outputs()
    {
        int passed = 0, unsupported = 0;
        var cases = Directory.GetDirectories(Path.Combine(Vectors.Folder("onnx"), "nodes"));
        foreach (var directory in cases)
        {
            await using var client = await GrpcClient.StartAsync(Path.Combine(directory, "model.onnx"));
            if (client.Server.Refusal is { } refusal)
            {
                // Operators of opset 6 and earlier that ONNX Runtime itself has no implementation of.
                Assert.That(refusal.Message, Does.Contain("Could not find an implementation"), directory);
                unsupported++;
                continue;
            }
            var data = Path.Combine(directory, "test_data_set_0");
            var inputs = Directory.GetFiles(data, "input_*.pb").Order().Select(TensorFile.Read).ToArray();
            var outputs = Directory.GetFiles(data, "output_*.pb").Order().Select(TensorFile.Read).ToArray();
            outputs[0].AssertCloseTo(await InferAsync(client, inputs), directory);
            passed++;
        }
        TestContext.Out.WriteLine($"{passed} of {cases.Length} passed, {unsupported} use operators that ONNX Runtime {OrtApi.LibraryVersion} does not implement");
        Assert.That(passed + unsupported, Is.EqualTo(cases.Length));
        Assert.That(passed, Is.GreaterThanOrEqualTo(28));
    }

    private static async Task<float[]> InferAsync(GrpcClient client, TensorFile[] inputs)
    {
        var model = (await client.CallAsync("ModelMetadata", new ModelMetadataRequest { Name = "m" })).Only(ModelMetadataResponse.Parser);
        var answer = await client.InferAsync(new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { inputs.Select((input, index) => new InputTensor { Name = model.Inputs[index].Name, Datatype = input.Datatype, Shape = { input.Shape } }) },
            RawInputContents = { inputs.Select(static input => ByteString.CopyFrom(input.Raw)) },
        });
        return GrpcInferTests.Floats(answer.RawOutputContents[0]);
    }
}
