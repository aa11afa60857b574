using System.Text.Json;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Models and expected outputs that the ONNX project publishes, served over HTTP.</summary>
[NonParallelizable]
public class OnnxVectorTests
{
    [Test]
    public async Task Node_models_give_the_published_outputs()
    {
        var folder = Path.Combine(Vectors.Folder("onnx"), "nodes");
        int passed = 0, unsupported = 0;
        var cases = Directory.GetDirectories(folder);
        foreach (var directory in cases)
        {
            await using var server = await RunningServer.StartAsync(Path.Combine(directory, "model.onnx"));
            if (server.Refusal is { } refusal)
            {
                // Operators of opset 6 and earlier that ONNX Runtime itself has no implementation of.
                Assert.That(refusal.Message, Does.Contain("Could not find an implementation"), directory);
                unsupported++;
                continue;
            }
            var data = Path.Combine(directory, "test_data_set_0");
            var inputs = Directory.GetFiles(data, "input_*.pb").Order().Select(TensorFile.Read).ToArray();
            var expected = Directory.GetFiles(data, "output_*.pb").Order().Select(TensorFile.Read).ToArray();
            expected[0].AssertCloseTo(await InferAsync(server, inputs), directory);
            passed++;
        }
        TestContext.Out.WriteLine($"{passed} of {cases.Length} passed, {unsupported} use operators that ONNX Runtime {OrtApi.LibraryVersion} does not implement");
        Assert.That(passed + unsupported, Is.EqualTo(cases.Length));
        Assert.That(passed, Is.GreaterThanOrEqualTo(28));
    }

    [Test]
    public async Task Image_models_give_the_published_outputs()
    {
        var files = Directory.GetFiles(Path.Combine(Vectors.Folder("onnx"), "light"), "*.onnx");
        foreach (var file in files)
        {
            await using var server = await RunningServer.StartAsync(file);
            Assert.That(server.Refusal, Is.Null, file);
            var shape = (await server.GetAsync("/v2/models/m")).Body.GetProperty("inputs")[0].GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64()).ToArray();
            var count = shape.Aggregate(1L, (product, dimension) => product * dimension);
            var values = Enumerable.Range(0, (int)count).Select(index => (float)index / count).ToArray();
            var actual = await InferAsync(server, [new TensorFile("FP32", shape, OnnxModels.Of(values))]);
            TensorFile.Read(file.Replace(".onnx", "_output_0.pb")).AssertCloseTo(actual, file);
        }
        TestContext.Out.WriteLine($"{files.Length} of {files.Length} passed");
    }

    private static async Task<float[]> InferAsync(RunningServer server, TensorFile[] inputs)
    {
        var declared = (await server.GetAsync("/v2/models/m")).Body.GetProperty("inputs");
        var names = declared.EnumerateArray().Select(input => input.GetProperty("name").GetString()!).ToArray();
        var json = string.Join(',', inputs.Select((input, index) => $$"""{"name":{{JsonSerializer.Serialize(names[index])}},"shape":[{{string.Join(',', input.Shape)}}],"datatype":"{{input.Datatype}}","data":{{input.Json()}}}"""));
        var (status, body) = await server.InferAsync($$"""{"inputs":[{{json}}]}""");
        Assert.That((int)status, Is.EqualTo(200), body.ToString());
        return [.. body.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];
    }
}
