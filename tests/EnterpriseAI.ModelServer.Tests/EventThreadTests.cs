using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>In a process of its own, since the runtime reads only once whether sockets are answered where they are waited for.</summary>
public sealed partial class EventThreadTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    public async Task Requests_that_never_end_hold_up_no_other_connection()
    {
        using var folder = new TemporaryFolder();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "model-server"),
            ["--model", folder.Write("m.onnx", OnnxModels.Counter()), "--http", "127.0.0.1:0", "--grpc", "none", "--model-name", "m"])
        { RedirectStandardOutput = true };
        start.Environment.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        using var process = Process.Start(start)!;
        using var clients = new HttpClient { Timeout = Limit };
        try
        {
            clients.BaseAddress = await ReadyAsync(process);
            // Until now the model has always been over at once.
            for (var i = 0; i < 50; i++)
                Assert.That(await CountAsync(clients, 1), Is.EqualTo(HttpStatusCode.OK));
            var endless = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => CountAsync(clients, long.MaxValue)).ToArray();

            // Each over a new connection, so that every thread that waits for sockets has some of them.
            for (var i = 0; i < 8 * Environment.ProcessorCount; i++)
            {
                using var other = new HttpClient { BaseAddress = clients.BaseAddress, Timeout = TimeSpan.FromSeconds(20) };
                Assert.That((await other.GetAsync("/v2/health/live")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
            }
            Assert.That(endless.Where(static call => call.IsCompleted), Is.Empty, "they should have run on");
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<Uri> ReadyAsync(Process process)
    {
        Uri? address = null;
        for (var isReady = false; address is null || !isReady;)
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(Limit) ?? throw new InvalidOperationException("it ended before it was ready");
            isReady |= line.Contains("is ready", StringComparison.Ordinal);
            if (Listening().Match(line) is { Success: true } match)
                address = new Uri(match.Groups[1].Value);
        }
        _ = process.StandardOutput.ReadToEndAsync();
        return address;
    }

    private static async Task<HttpStatusCode> CountAsync(HttpClient client, long n)
    {
        var json = $$"""{"inputs":[{"name":"n","shape":[],"datatype":"INT64","data":[{{n}}]},{"name":"x","shape":[1],"datatype":"FP32","data":[0]}]}""";
        using var response = await client.PostAsync("/v2/models/m/infer", new StringContent(json, Encoding.UTF8, "application/json"));
        return response.StatusCode;
    }

    [GeneratedRegex("Now listening on: (http://[0-9.:]+)")]
    private static partial Regex Listening();

    private static readonly object[] Models =
    [
        new object[] { "a sum of products", OnnxModels.Linear(), false },
        new object[] { "a loop", OnnxModels.Counter(), true },
        new object[] { "a loop after an operator", OnnxModels.BatchCounter(), true },
        new object[] { "branches, whose operators count", OnnxModels.AttributeInFile("w", inBranch: true), false },
    ];

    [TestCaseSource(nameof(Models))]
    public void Numbers_may_decide_how_much_work_there_is(string what, byte[] model, bool expected) =>
        Assert.That(ValueDependence.Of(OnnxInspector.Inspect(model, new OnnxLimits())), Is.EqualTo(expected), what);

    [TestCase("ai.onnx", "Tile", true)]
    [TestCase("ai.onnx", "Relu", false)]
    [TestCase("ai.onnx.ml", "TreeEnsembleClassifier", false)]
    [TestCase("com.microsoft", "Relu", true)]
    [TestCase("com.example", "Tile", true)]
    public void What_an_operator_of_somebody_else_does_is_not_known(string domain, string name, bool expected) =>
        Assert.That(ValueDependence.Of(new OnnxDescription { Operators = [new OnnxOperator("ai.onnx", "Add", 1), new OnnxOperator(domain, name, 1)] }), Is.EqualTo(expected));

    [TestCase(99, 1)]
    [TestCase(100, 4)]
    public void A_model_that_needs_little_has_no_arena_and_one_thread_if_it_is_quick_too(int microseconds, int threads)
    {
        var tuned = SessionTuning.Decide(new SessionSettings { IntraOpThreads = 4 }, TimeSpan.FromMicroseconds(microseconds));
        Assert.That((tuned.MemoryArena, tuned.MemoryPattern, tuned.IntraOpThreads), Is.EqualTo((false, false, threads)));
    }
}
