using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>The published models: what is read of them is what ONNX Runtime says of them.</summary>
public class OnnxInspectorVectorTests
{
    [Test]
    public void Inputs_and_outputs_are_those_that_ONNX_Runtime_finds()
    {
        var files = Directory.GetFiles(Vectors.Folder("onnx"), "*.onnx", SearchOption.AllDirectories);
        int compared = 0, notRun = 0;
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            var description = OnnxInspector.Inspect(bytes);
            Assert.That(description.Operators, Is.Not.Empty, file);
            Assert.That(description.Opsets, Is.Not.Empty, file);
            try
            {
                using var session = OrtSession.Create(bytes, new Dictionary<string, ReadOnlyMemory<byte>>(), new SessionSettings { Provider = ExecutionProvider.Cpu, IntraOpThreads = 1 });
                Assert.That(description.Inputs.Select(Text), Is.EqualTo(session.Inputs.Select(Text)), file);
                Assert.That(description.Outputs.Select(Text), Is.EqualTo(session.Outputs.Select(Text)), file);
                compared++;
            }
            catch (OnnxRuntimeException)
            {
                // Operators so old that ONNX Runtime has no implementation of them.
                notRun++;
            }
        }
        TestContext.Out.WriteLine($"{compared} of {files.Length} models compared, {notRun} that ONNX Runtime does not load");
        Assert.That(compared, Is.GreaterThanOrEqualTo(37));
    }

    private static string Text(OnnxValue value) => $"{value.Name}: {value.Type} [{string.Join(',', value.Shape)}]";

    private static string Text(TensorDescription value) => $"{value.Name}: {value.Type} [{string.Join(',', value.Shape)}]";
}
