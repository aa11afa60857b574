using System.Runtime.InteropServices;
using System.Text.Json;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Models and expected outputs that the ONNX project publishes, served over HTTP.</summary>
[NonParallelizable]
public class OnnxVectorTests
{
    // The tolerances of the ONNX backend tests.
    private const float Relative = 1e-3f, Absolute = 1e-6f;

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
            AssertClose(await InferAsync(server, inputs), expected[0].Floats, directory);
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
            AssertClose(actual, TensorFile.Read(file.Replace(".onnx", "_output_0.pb")).Floats, file);
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

    private static void AssertClose(float[] actual, float[] expected, string name)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), name);
        for (var index = 0; index < expected.Length; index++)
            Assert.That(MathF.Abs(actual[index] - expected[index]), Is.LessThanOrEqualTo(Absolute + Relative * MathF.Abs(expected[index])), $"{name} element {index}");
    }

    /// <summary>A serialized TensorProto of floats or 64-bit integers.</summary>
    private sealed record TensorFile(string Datatype, long[] Shape, byte[] Raw)
    {
        public float[] Floats => MemoryMarshal.Cast<byte, float>(Raw).ToArray();

        public string Json() => Datatype == "FP32"
            ? JsonSerializer.Serialize(Floats)
            : JsonSerializer.Serialize(MemoryMarshal.Cast<byte, long>(Raw).ToArray());

        public static TensorFile Read(string file)
        {
            var input = new ProtobufReader(File.ReadAllBytes(file));
            var shape = new List<long>();
            var type = 0L;
            byte[] raw = [];
            while (input.Next(out var field, out var wire))
            {
                switch (field, wire)
                {
                    case (1, 0): shape.Add(input.Varint()); break;
                    case (1, 2):
                        for (var packed = new ProtobufReader(input.Bytes()); packed.More;)
                            shape.Add(packed.Varint());
                        break;
                    case (2, 0): type = input.Varint(); break;
                    case (4 or 9, 2): raw = input.Bytes(); break;
                    case (_, 2): input.Bytes(); break;
                    default: input.Varint(); break;
                }
            }
            return new TensorFile(type == OnnxModels.Float ? "FP32" : "INT64", [.. shape], raw);
        }
    }

    /// <summary>Reads protocol buffers fields.</summary>
    private sealed class ProtobufReader(byte[] bytes)
    {
        private int _at;

        public bool More => _at < bytes.Length;

        public bool Next(out int field, out int wire)
        {
            var tag = More ? (int)Varint() : 0;
            (field, wire) = (tag >> 3, tag & 7);
            return tag != 0;
        }

        public long Varint()
        {
            var value = 0L;
            for (var shift = 0; ; shift += 7)
            {
                var part = bytes[_at++];
                value |= (long)(part & 0x7F) << shift;
                if (part < 0x80)
                    return value;
            }
        }

        public byte[] Bytes()
        {
            var length = (int)Varint();
            _at += length;
            return bytes[(_at - length).._at];
        }
    }
}
