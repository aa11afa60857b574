using System.Diagnostics;
using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.Commands;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;
using static EnterpriseAI.ModelServer.Tests.Onnx.GraphWriter;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary><c>model-server inspect</c>: what it prints of a model, and what it refuses before ONNX Runtime sees it.</summary>
public class InspectCommandTests
{
    private static async Task<(int ExitCode, JsonElement Result)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "model-server"), ["inspect", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That(output, Is.Not.Empty, await error);
        return (process.ExitCode, JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]).RootElement);
    }

    [Test]
    public async Task The_result_tells_what_the_file_says()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("model"));
        folder.Write("model/weights.bin", OnnxModels.LinearWeights());
        folder.Write("model/model.onnx", OnnxModels.LinearWithExternalWeights("weights.bin"));
        var (exitCode, result) = await RunAsync("--model", folder.File("model"));
        Assert.That(exitCode, Is.Zero);
        Assert.That(result.GetProperty("interface").GetProperty("inputs")[0].GetProperty("name").GetString(), Is.EqualTo("x"));
        Assert.That(result.GetProperty("irVersion").GetInt32(), Is.EqualTo(8));
        Assert.That(result.GetProperty("opset").GetRawText(), Is.EqualTo("""[{"domain":"ai.onnx","version":13}]"""));
        Assert.That(result.GetProperty("operators").GetRawText(), Is.EqualTo("""[{"domain":"ai.onnx","name":"Gemm","count":1}]"""));
        Assert.That(result.GetProperty("externalData").GetRawText(), Is.EqualTo("""[{"file":"weights.bin","tensors":1,"bytes":24}]"""));
        Assert.That(result.GetProperty("customOperators").GetRawText(), Is.EqualTo("[]"));
        Assert.That(result.GetProperty("largeConstants").GetRawText(), Is.EqualTo("[]"));
        Assert.That(result.TryGetProperty("omitted", out _), Is.False);
    }

    /// <summary>ONNX Runtime computes such a tensor while it loads the model.</summary>
    [Test]
    public async Task A_memory_bomb_is_refused_before_it_goes_off()
    {
        using var folder = new TemporaryFolder();
        var bomb = folder.Write("m.onnx", Model(Graph(
            (1, Node("ConstantOfShape", ["s"], ["y"])), (5, Shape("s", 1 << 20, 1 << 20)), (11, Value("x", OnnxModels.Float, 1)), (12, Value("y", OnnxModels.Float, -1, -1)))).ToArray());
        var (exitCode, result) = await RunAsync("--model", bomb);
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(result.GetProperty("error").GetProperty("reason").GetString(), Is.EqualTo("ModelUnsupported"));
        Assert.That(result.GetProperty("error").GetProperty("message").GetString(), Does.Contain("ConstantOfShape for 'y' makes a tensor of 4398046511104 bytes"));
    }

    [Test]
    public async Task The_limit_can_be_set()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Write("m.onnx", Model(Graph(
            (1, Node("ConstantOfShape", ["s"], ["c"])), (1, Node("Add", ["x", "c"], ["y"])), (5, Shape("s", 1000)), (11, Value("x", OnnxModels.Float, 1000)), (12, Value("y", OnnxModels.Float, 1000)))).ToArray());
        Assert.That((await RunAsync("--model", model, "--max-constant-bytes", "3999")).ExitCode, Is.EqualTo(1));
        Assert.That((await RunAsync("--model", model, "--max-constant-bytes", "4000")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Weights_beyond_the_end_of_their_file_are_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("weights.bin", OnnxModels.LinearWeights()[..^1]);
        folder.Write("model.onnx", OnnxModels.LinearWithExternalWeights("weights.bin"));
        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => ModelLoader.LoadAsync(new ModelOptions { Model = folder.Path, Session = new SessionSettings() }, CancellationToken.None));
        Assert.That(refused!.Message, Does.Contain("beyond the file's 23 bytes"));
    }

    [Test]
    public void Lists_that_do_not_fit_a_termination_message_are_cut_and_counted()
    {
        var inspection = new Inspection("sha256:" + new string('0', 64), null, new InspectedInterface([], []), null)
        {
            Operators = [.. Enumerable.Range(0, 300).Select(static index => new InspectedOperator("ai.onnx", $"Operator{index}", 300 - index))],
            CustomOperators = [.. Enumerable.Range(0, 20).Select(static index => $"domain::Custom{index}")],
        };
        var text = InspectionText.Of(inspection);
        Assert.That(Encoding.UTF8.GetByteCount(text), Is.LessThanOrEqualTo(4096));
        var json = JsonDocument.Parse(text).RootElement;
        var kept = json.GetProperty("operators").GetArrayLength();
        Assert.That(kept, Is.GreaterThan(0));
        Assert.That(kept + json.GetProperty("omitted").GetProperty("operators").GetInt32(), Is.EqualTo(300));
        Assert.That(json.GetProperty("operators")[0].GetProperty("name").GetString(), Is.EqualTo("Operator0"), "the most frequent stay");
        Assert.That(InspectionText.Of(inspection with { Operators = [] }), Does.Not.Contain("omitted"));
    }
}
