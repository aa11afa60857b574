using System.Globalization;
using System.Runtime;
using System.Text;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Requests leave nothing behind, neither on the managed heap nor in native memory, whatever is wrong with them.</summary>
[NonParallelizable]
public class MemoryTests
{
    private const int Elements = 16 << 10, RawBytes = 4 * Elements, Half = 2_000;

    // One kind of request that left its tensor behind would leave Half / 11 of 64 KiB: 12 MB in each half.
    private const long ManagedBound = 3 << 20, NativeBound = 8 << 20;

    private GrpcClient _client = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxModels.Float));

    [OneTimeTearDown]
    public async Task StopAsync() => await _client.DisposeAsync();

    [Test]
    public async Task Memory_does_not_grow_with_good_and_bad_requests()
    {
        var kinds = Kinds().ToArray();
        await SendAsync(kinds, Half);
        var start = Measure();
        await SendAsync(kinds, Half);
        var middle = Measure();
        await SendAsync(kinds, Half);
        var end = Measure();
        TestContext.Out.WriteLine($"{Half} requests of {kinds.Length} kinds each time: managed {start.Managed}, {middle.Managed}, {end.Managed}; native {start.Native}, {middle.Native}, {end.Native}");
        Assert.Multiple(() =>
        {
            Assert.That(end.Managed - middle.Managed, Is.LessThan(ManagedBound), "the managed heap grows with requests");
            Assert.That(end.Native - middle.Native, Is.LessThan(NativeBound), "native memory grows with requests");
        });
    }

    private static async Task SendAsync(Func<Task<string>>[] kinds, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var answer = await kinds[i % kinds.Length]();
            Assert.That(answer, Is.EqualTo("OK").Or.EqualTo("BadRequest").Or.EqualTo("InvalidArgument"), $"kind {i % kinds.Length}");
        }
    }

    /// <summary>Bytes after a full collection: objects, and memory that belongs to no file.</summary>
    private static (long Managed, long Native) Measure()
    {
        for (var i = 0; i < 2; i++)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        var anonymous = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return (GC.GetTotalMemory(forceFullCollection: true), long.Parse(anonymous[8..^2], CultureInfo.InvariantCulture) << 10);
    }

    private IEnumerable<Func<Task<string>>> Kinds()
    {
        var zeros = "[" + string.Join(',', Enumerable.Repeat('0', Elements)) + "]";
        string Input(string data, string more = "") => $$"""{"inputs":[{"name":"x","shape":[1,{{Elements}}],"datatype":"FP32",{{data}}}{{more}}]}""";
        var good = Input($"\"data\":{zeros}");
        yield return () => PostAsync(Encoding.UTF8.GetBytes(good));
        // Each of these is found wrong when its tensor is there already.
        yield return () => PostAsync(Encoding.UTF8.GetBytes(Input($"\"data\":{zeros[..^2]}x]")));
        yield return () => PostAsync(Encoding.UTF8.GetBytes(Input($"\"data\":{zeros[..^3]}]")));
        yield return () => PostAsync(Encoding.UTF8.GetBytes(Input($"\"data\":{zeros}", ""","shape":1""")));
        yield return () => PostAsync(Encoding.UTF8.GetBytes(good[..^1]));
        yield return () => PostAsync(Encoding.UTF8.GetBytes(Input($"\"data\":{zeros}", $$""",{"name":"x","shape":[1],"datatype":"FP32","data":[1]}""")));
        var described = Encoding.UTF8.GetBytes(Input($"\"parameters\":{{\"binary_data_size\":{RawBytes}}}"));
        yield return () => PostAsync([.. described, .. new byte[RawBytes]], described.Length);
        yield return () => PostAsync([.. described, .. new byte[RawBytes + 1]], described.Length);
        var raw = new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { new InputTensor { Name = "x", Datatype = "FP32", Shape = { 1, Elements } } },
            RawInputContents = { ByteString.CopyFrom(new byte[RawBytes]) },
        };
        yield return () => CallAsync(raw);
        var twice = raw.Clone();
        twice.Inputs.Add(twice.Inputs[0]);
        twice.RawInputContents.Add(twice.RawInputContents[0]);
        yield return () => CallAsync(twice);
        var typed = new ModelInferRequest { ModelName = "m", Inputs = { new InputTensor { Name = "x", Datatype = "FP32", Shape = { 1, Elements }, Contents = new InferTensorContents { Fp32Contents = { new float[Elements] } } } } };
        yield return () => CallAsync(typed);
    }

    private async Task<string> PostAsync(byte[] body, int? jsonBytes = null)
    {
        var content = new ByteArrayContent(body);
        if (jsonBytes is { } length)
            content.Headers.Add("Inference-Header-Content-Length", length.ToString(CultureInfo.InvariantCulture));
        using var response = await _client.Server.Client.PostAsync("/v2/models/m/infer", content);
        await response.Content.ReadAsByteArrayAsync();
        return response.StatusCode.ToString();
    }

    private async Task<string> CallAsync(ModelInferRequest request)
    {
        var reply = await _client.CallAsync("ModelInfer", request);
        return reply.Status == GrpcCode.Ok ? "OK" : reply.Status.ToString()!;
    }
}
