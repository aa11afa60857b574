using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>What reaches ONNX Runtime through the C ABI has the effect that its name says, so that no function stands for its neighbour.</summary>
public class SessionTests
{
    private static readonly SessionSettings OneThread = new() { IntraOpThreads = 1 };

    private static OrtSession Load(byte[] model, SessionSettings? settings = null) =>
        OrtSession.Create(model, new Dictionary<string, ReadOnlyMemory<byte>>(), settings ?? OneThread);

    private static float[] Run(OrtSession session, params OrtTensor[] inputs)
    {
        try
        {
            var outputs = session.Run(inputs, [0]);
            var values = outputs[0].Data<float>().ToArray();
            outputs[0].Dispose();
            return values;
        }
        finally
        {
            Array.ForEach(inputs, static input => input.Dispose());
        }
    }

    [Test]
    public void The_memory_of_an_arena_is_counted_and_without_one_nothing_is()
    {
        using var with = Load(OnnxModels.Linear());
        using var without = Load(OnnxModels.Linear(), OneThread with { MemoryArena = false });
        foreach (var session in new[] { with, without })
            Run(session, LoadedEngine.Floats([1, 3], 1, 2, 3));
        Assert.That(with.MemoryBytes, Is.GreaterThan(0));
        Assert.That(without.MemoryBytes, Is.Null.Or.EqualTo(0));
        with.Dispose();
        Assert.That(with.MemoryBytes, Is.Null);
    }

    [Test]
    public void A_memory_pattern_takes_the_memory_of_a_run_at_once()
    {
        using var with = Load(OnnxModels.Chain(8));
        using var without = Load(OnnxModels.Chain(8), OneThread with { MemoryPattern = false });
        foreach (var session in new[] { with, without })
            Run(session, LoadedEngine.Floats([1000], new float[1000]));
        Assert.That(AllocationsOfARun(without), Is.EqualTo(8), "one for each of the eight results");
        Assert.That(AllocationsOfARun(with), Is.LessThan(8));

        static long AllocationsOfARun(OrtSession session)
        {
            var before = Allocations(session);
            Run(session, LoadedEngine.Floats([1000], new float[1000]));
            return Allocations(session) - before;
        }
    }

    private static unsafe long Allocations(OrtSession session)
    {
        OrtApi.Check(OrtApi.CreateCpuMemoryInfo(1, 0, out var info));
        OrtApi.Check(OrtApi.CreateAllocator(session.DangerousGetHandle(), info, out var arena));
        OrtApi.Check(OrtApi.AllocatorGetStats(arena, out var statistics));
        fixed (byte* key = "NumAllocs\0"u8)
        {
            var count = long.Parse(Marshal.PtrToStringUTF8((nint)OrtApi.GetKeyValue(statistics, key))!);
            OrtApi.ReleaseKeyValuePairs(statistics);
            OrtApi.ReleaseAllocator(arena);
            OrtApi.ReleaseMemoryInfo(info);
            return count;
        }
    }

    [Test]
    public void Several_operators_run_at_once_where_that_is_asked_for()
    {
        using var session = Load(OnnxModels.Linear(), OneThread with { InterOpThreads = 2, AllowSpinning = true });
        Assert.That(Run(session, LoadedEngine.Floats([1, 3], 1, 2, 3)), Is.EqualTo(new[] { 32f, 48 }));
        OrtApi.Check(OrtApi.CreateSessionOptions(out var options));
        Assert.That(Assert.Throws<OnnxRuntimeException>(() => OrtApi.Check(OrtApi.SetSessionExecutionMode(options, 7)))!.Message, Is.EqualTo("execution_mode is not valid"));
        OrtApi.ReleaseSessionOptions(options);
    }

    [Test]
    public void Names_of_open_dimensions_are_read()
    {
        using var session = Load(OnnxModels.Linear());
        Assert.That((session.Inputs[0].FirstDimension, session.Outputs[0].FirstDimension), Is.EqualTo(("x0", "y0")));
        using var closed = Load(OnnxModels.TwoInputs());
        Assert.That(closed.Inputs[0].FirstDimension, Is.Null);
    }

    [Test]
    public void A_run_ends_early_when_it_is_told_to_and_its_options_can_be_used_again()
    {
        using var session = Load(OnnxModels.Counter());
        using var options = new OrtRunOptions();
        options.Terminate();
        using var x = LoadedEngine.Floats([1], 0);
        using var endless = LoadedEngine.Tensor(TensorElementType.Int64, [], long.MaxValue);
        Assert.That(Assert.Throws<OnnxRuntimeException>(() => session.Run([endless, x], [0], options))!.Message, Does.Contain("terminate"));
        options.Reset();
        using var three = LoadedEngine.Tensor(TensorElementType.Int64, [], 3L);
        using var result = session.Run([three, x], [0], options)[0];
        Assert.That(result.Data<float>()[0], Is.EqualTo(3));
    }

    [TestCase(17, "FLOAT8E4M3FN")]
    [TestCase(22, "INT4")]
    public async Task Types_that_no_request_can_have_are_refused_by_name(int type, string name)
    {
        using var folder = new TemporaryFolder();
        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() =>
            ModelLoader.LoadAsync(new ModelOptions { Model = folder.Write("m.onnx", OnnxModels.WithUnusedInput(type)) }, CancellationToken.None));
        Assert.That(refused!.Reason, Is.EqualTo("ModelUnsupported"));
        Assert.That(refused.Message, Does.Contain($"the input 'unused' is a tensor of {name}: the Open Inference Protocol has no such type"));
    }

    [Test]
    public async Task Without_a_usable_GPU_Auto_warns_and_takes_the_CPU_and_a_name_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.File(OrtLibrary.FileName), Path.Combine(OrtApi.LibraryFolder, OrtLibrary.FileName));
        folder.Write("libonnxruntime_providers_cuda.so", "not a library");
        folder.Write("libonnxruntime_providers_tensorrt.so", "not a library");
        var model = folder.Write("m.onnx", OnnxModels.Linear());

        using var process = Start(folder.Path, "--model", model, "--http", "127.0.0.1:0");
        try
        {
            var lines = new List<string>();
            while (lines.Count == 0 || !lines[^1].Contains("is ready", StringComparison.Ordinal))
                lines.Add(await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) ?? throw new EndOfStreamException(await process.StandardError.ReadToEndAsync()));
            Assert.That(lines.Where(static line => line.Contains("\"warn\"", StringComparison.Ordinal)), Has.One.Contains("the model runs on the CPU although"));
            Assert.That(lines[^1], Does.Contain("on Cpu"));
        }
        finally
        {
            process.Kill();
        }

        foreach (var provider in new[] { "Cuda", "TensorRt" })
        {
            using var refused = Start(folder.Path, "inspect", "--model", model, "--execution-provider", provider, "--device-id", "1", "--provider-option", "a=b");
            var error = await refused.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.That(error, Does.Contain($"the execution provider {provider} cannot be used").And.Contain("ExecutionProviderUnavailable"));
        }

        static Process Start(string native, params string[] arguments)
        {
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "model-server"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
            start.Environment["ENTERPRISEAI_NATIVE"] = native;
            start.Environment.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
            return Process.Start(start)!;
        }
    }
}
