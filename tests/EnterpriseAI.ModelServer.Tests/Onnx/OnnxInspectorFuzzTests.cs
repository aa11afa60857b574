using EnterpriseAI.ModelServer.Onnx;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>Real models with fields changed, doubled, moved and cut: read or refused, within bounds of time and memory.</summary>
public class OnnxInspectorFuzzTests
{
    private const int LargestSeed = 64 << 10;
    private const long AllowedBase = 1 << 20;
    private const int AllowedPerByte = 64;

    [Test, CancelAfter(300_000)]
    public void Only_the_documented_exception_and_no_more_memory_than_the_file_is_worth()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("ENTERPRISEAI_FUZZ"), out var inputs) ? inputs : 100_000;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MODEL_SEED"), out var given) ? given : Random.Shared.Next();
        TestContext.Out.WriteLine($"MODEL_SEED={seed}");
        var random = new Random(seed);
        var models = Seeds();
        int read = 0, refused = 0;
        long most = 0;
        var slowest = TimeSpan.Zero;
        for (var index = 0; index < count; index++)
        {
            var input = Mutated(models, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var began = TimeProvider.System.GetTimestamp();
            try
            {
                var description = OnnxInspector.Inspect(input);
                Serving.OnnxExternalData.RefusalOf(description, new Dictionary<string, long>());
                read++;
            }
            catch (OnnxInspectionException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"input {index} of MODEL_SEED={seed} ended in {e}");
            }
            var took = TimeProvider.System.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            most = Math.Max(most, allocated);
            Assert.That(allocated, Is.LessThan(AllowedBase + (AllowedPerByte * (long)input.Length)), $"memory for input {index} of {input.Length} bytes, MODEL_SEED={seed}");
        }
        TestContext.Out.WriteLine($"{count} inputs: {read} read, {refused} refused; at most {most} bytes allocated, {slowest.TotalMilliseconds:0.0} ms");
        Assert.That(read, Is.GreaterThan(count / 20), "hardly anything is still a model, so nothing deep was reached");
        Assert.That(refused, Is.GreaterThan(count / 20), "hardly anything is refused, so nothing was broken");
    }

    private static List<byte[]> Seeds()
    {
        List<byte[]> models =
        [
            OnnxModels.Linear(), OnnxModels.LinearWithExternalWeights("weights.bin"), OnnxModels.AttributeInFile("weights.bin", true), OnnxModels.Counter(),
            OnnxModels.BatchCounter(), OnnxModels.Quantized(), OnnxModels.Chain(5), OnnxModels.Centred(), OnnxModels.TextColumn(),
        ];
        models.AddRange(Directory.GetFiles(Vectors.Folder("onnx"), "*.onnx", SearchOption.AllDirectories).Where(static file => new FileInfo(file).Length <= LargestSeed).Order().Select(File.ReadAllBytes));
        return models;
    }

    private static byte[] Mutated(List<byte[]> models, Random random)
    {
        var model = models[random.Next(models.Count)];
        if (random.Next(8) == 0)
            return Raw(model, random);
        var tree = ProtobufTree.Parse(model, 12)!;
        for (var changes = random.Next(1, 4); changes > 0; changes--)
            tree.Mutate(random, () => ProtobufTree.Parse(models[random.Next(models.Count)], 12)!);
        return tree.ToArray();
    }

    private static byte[] Raw(byte[] model, Random random)
    {
        var bytes = model.ToArray();
        for (var changes = random.Next(1, 8); changes > 0; changes--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.Next(2) == 0 ? bytes : bytes[..random.Next(bytes.Length)];
    }
}
