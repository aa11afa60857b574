using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Tests;
using EnterpriseAI.Story;

namespace EnterpriseAI.Benchmarks.ModelServer;

/// <summary>The model server against ONNX Runtime without a server, and against a minimal server on Node.js; each pair in turns.</summary>
internal static class ModelServerBenchmark
{
    private const int Rounds = 5, BinaryAnswerBytes = 237;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2), Duration = TimeSpan.FromSeconds(5), CompileWarmUp = TimeSpan.FromSeconds(10);

    public static readonly string[] Parts = ["tiny", "resnet50", "batching"];

    /// <param name="program">The folder with the model server as its image holds it.</param>
    /// <param name="peer">The folder with the peer and its packages.</param>
    /// <param name="only">One of <see cref="Parts"/>; all of them if null.</param>
    public static async Task<IReadOnlyList<Figure>> RunAsync(string program, string peer, string? only = null)
    {
        var folder = Directory.CreateTempSubdirectory("bench-").FullName;
        try
        {
            return
            [
                .. only is null or "tiny" ? await TinyAsync(program, peer, folder) : [],
                .. only is null or "resnet50" ? await ResNetAsync(program) : [],
                .. only is null or "batching" ? await BatchingAsync(program, folder) : [],
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<Figure>> TinyAsync(string program, string peer, string folder)
    {
        var model = await TrainAsync(folder);
        using var ours = await ServerProcess.OursAsync(program, model);
        await Task.Delay(WarmUp);
        var figures = new List<Figure>
        {
            Figure.Once("ready_ms", ours.ReadyAfter.TotalMilliseconds, "ms"),
            Figure.Once("rest_resident_mb", ours.Memory().Resident / 1e6, "MB"),
            // The model is a few kilobytes.
            Figure.Once("rest_mb", (ours.Memory().Resident - ours.MemoryOf("libonnxruntime.so.1")) / 1e6, "MB"),
        };
        using var node = await ServerProcess.NodeAsync(peer, Path.Combine(model, "model.onnx"));
        // As long as the model server's answers in binary.
        using var bare = await ServerProcess.BareAsync(BinaryAnswerBytes);
        var inputs = await InputsAsync(ours);
        var json = Post(JsonBody(inputs), null);
        var binary = BinaryPost(inputs);
        // Both runtimes compile what is used most anew, from what they saw of its use; on busy processors that takes a while.
        Say("tiny classifier, warming up");
        foreach (var (server, request) in new[] { (ours, json), (ours, binary), (node, json), (bare, binary) })
            ClosedLoop.Run(server.Address, request, 64, CompileWarmUp, TimeSpan.FromSeconds(1));
        var rounds = new List<(LoopResult Json, LoopResult Binary, LoopResult Node, LoopResult Bare)>();
        for (var round = 0; round < Rounds; round++)
        {
            Say($"tiny classifier, 64 connections, round {round + 1} of {Rounds}");
            rounds.Add((Loop(ours, json, 64), Loop(ours, binary, 64), Loop(node, json, 64), Loop(bare, binary, 64)));
        }
        var nodes = rounds.Select(round => round.Node.RequestsPerSecond).ToList();
        figures.Add(Figure.Of("tiny_json_vs_node", [.. rounds.Select(round => round.Json.RequestsPerSecond)], "requests/s", nodes));
        figures.Add(Figure.Of("tiny_binary_vs_node", [.. rounds.Select(round => round.Binary.RequestsPerSecond)], "requests/s", nodes));
        figures.Add(Figure.Of("tiny_json_p99_ms", [.. rounds.Select(round => round.Json.P99Ms)], "ms", [.. rounds.Select(round => round.Node.P99Ms)]));
        figures.Add(Figure.Of("tiny_binary_p99_ms", [.. rounds.Select(round => round.Binary.P99Ms)], "ms", [.. rounds.Select(round => round.Node.P99Ms)]));
        figures.Add(Figure.Of("node_requests_per_second", nodes, "requests/s"));
        // No server on the same HTTP library, on the same processors and with the same clients can be quicker.
        figures.Add(Figure.Of("bare_http_vs_node", [.. rounds.Select(round => round.Bare.RequestsPerSecond)], "requests/s", nodes));
        // What the clients took of one processor: the larger it is, the less was left for the server that is measured.
        figures.Add(Figure.Of("generator_share_binary", [.. rounds.Select(round => round.Binary.GeneratorShare)], "processors", [.. rounds.Select(round => round.Node.GeneratorShare)]));
        return figures;
    }

    /// <summary>The classifier of the demo, trained as the demo trains it.</summary>
    private static async Task<string> TrainAsync(string folder)
    {
        var output = Path.Combine(folder, "penguins");
        var (code, said) = await Shell.OwnAsync("agent",
            ["train", "--data", Path.Combine("artifacts", "native", "data", "penguins.json"), "--label", "Species",
             "--features", "Beak Length (mm),Beak Depth (mm),Flipper Length (mm),Body Mass (g)", "--output", output, "--seed", "7"], CancellationToken.None);
        return code == 0 ? output : throw new InvalidOperationException($"training failed: {said}");
    }

    private static async Task<IReadOnlyList<Figure>> ResNetAsync(string program)
    {
        var model = Path.Combine("..", "shared", "vectors", "onnx", "light", "light_resnet50.onnx");
        if (!File.Exists(model))
        {
            Say($"without {model} there is no resnet50_vs_bare_runtime");
            return [];
        }
        const int clients = 4;
        using var ours = await ServerProcess.OursAsync(program, model);
        var request = BinaryPost(await InputsAsync(ours));
        var bytes = await File.ReadAllBytesAsync(model);
        using var bare = OrtSession.Create(bytes, new Dictionary<string, ReadOnlyMemory<byte>>(), new SessionSettings { Provider = ExecutionProvider.Cpu });
        var (served, alone) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            Say($"resnet50, {clients} clients, round {round + 1} of {Rounds}");
            served.Add(Loop(ours, request, clients).RequestsPerSecond);
            alone.Add(BareLoop(bare, clients));
        }
        return [Figure.Of("resnet50_vs_bare_runtime", served, "requests/s", alone)];
    }

    /// <summary>Threads that each run the model again as soon as they have its outputs.</summary>
    private static double BareLoop(OrtSession session, int clients)
    {
        var runs = 0;
        var counting = false;
        using var stop = new CancellationTokenSource();
        var threads = Enumerable.Range(0, clients).Select(_ => new Thread(() =>
        {
            var inputs = session.Inputs.Select(input => OrtTensor.Create(input.Type, [.. input.Shape.Select(size => Math.Max(size, 1))])).ToArray();
            // What the server is sent: other numbers may take another time.
            foreach (var input in inputs)
            {
                var data = input.Data<float>();
                for (var i = 0; i < data.Length; i++)
                    data[i] = Small(i);
            }
            int[] outputs = [.. Enumerable.Range(0, session.Outputs.Count)];
            while (!stop.IsCancellationRequested)
            {
                foreach (var output in session.Run(inputs, outputs))
                    output.Dispose();
                if (Volatile.Read(ref counting))
                    Interlocked.Increment(ref runs);
            }
            Array.ForEach(inputs, input => input.Dispose());
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Thread.Sleep(WarmUp);
        Volatile.Write(ref counting, true);
        var started = Stopwatch.GetTimestamp();
        Thread.Sleep(Duration);
        var perSecond = Volatile.Read(ref runs) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        stop.Cancel();
        threads.ForEach(thread => thread.Join());
        return perSecond;
    }

    private static async Task<IReadOnlyList<Figure>> BatchingAsync(string program, string folder)
    {
        // Three layers of 2048 by 2048: one row reads 50 MB of weights, and 32 rows read the same 50 MB once.
        var model = Path.Combine(folder, "wide.onnx");
        await File.WriteAllBytesAsync(model, OnnxModels.Wide(2048, 3));
        const int clients = 32;
        using var batched = await ServerProcess.OursAsync(program, model, "--max-batch-size", "32", "--max-batch-delay-us", "2000");
        using var single = await ServerProcess.OursAsync(program, model);
        var request = BinaryPost(await InputsAsync(single));
        var (with, without) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            Say($"batching, {clients} clients, round {round + 1} of {Rounds}");
            with.Add(Loop(batched, request, clients).RequestsPerSecond);
            without.Add(Loop(single, request, clients).RequestsPerSecond);
        }
        return [Figure.Of("batching_gain", with, "requests/s", without)];
    }

    private static LoopResult Loop(ServerProcess server, byte[] request, int connections)
    {
        var result = ClosedLoop.Run(server.Address, request, connections, WarmUp, Duration);
        return result.Failures == 0 ? result : throw new InvalidOperationException($"{result.Failures} requests failed");
    }

    private sealed record Input(string Name, string Datatype, long[] Shape);

    private static async Task<IReadOnlyList<Input>> InputsAsync(ServerProcess server)
    {
        using var client = new HttpClient();
        using var metadata = JsonDocument.Parse(await client.GetStringAsync($"http://{server.Address}/v2/models/m"));
        return [.. metadata.RootElement.GetProperty("inputs").EnumerateArray().Select(input => new Input(
            input.GetProperty("name").GetString()!, input.GetProperty("datatype").GetString()!,
            [.. input.GetProperty("shape").EnumerateArray().Select(size => Math.Max(size.GetInt64(), 1))]))];
    }

    private static byte[] JsonBody(IReadOnlyList<Input> inputs) => Encoding.UTF8.GetBytes($$"""{"id":"1","inputs":[{{string.Join(',', inputs.Select(input =>
        $$"""{"name":{{JsonSerializer.Serialize(input.Name)}},"shape":[{{string.Join(',', input.Shape)}}],"datatype":"{{input.Datatype}}","data":[{{string.Join(',', Values(input).Select(value => value.ToString(CultureInfo.InvariantCulture)))}}]}"""))}}]}""");

    private static byte[] BinaryPost(IReadOnlyList<Input> inputs)
    {
        var described = inputs.Select(input => $$$"""{"name":{{{JsonSerializer.Serialize(input.Name)}}},"shape":[{{{string.Join(',', input.Shape)}}}],"datatype":"{{{input.Datatype}}}","parameters":{"binary_data_size":{{{Bytes(input).Length}}}}}""");
        var json = Encoding.UTF8.GetBytes($$$"""{"id":"1","parameters":{"binary_data_output":true},"inputs":[{{{string.Join(',', described)}}}]}""");
        return Post([.. json, .. inputs.SelectMany(Bytes)], json.Length);
    }

    /// <summary>A little above the means of the demo's features, and small numbers for every other model.</summary>
    private static IEnumerable<double> Values(Input input)
    {
        double[] typical = [45.5, 17.5, 200.5, 4250];
        var count = input.Shape.Aggregate(1L, (product, size) => product * size);
        return Enumerable.Range(0, (int)count).Select(index => count == typical.Length ? typical[index] : Small(index));
    }

    private static float Small(int index) => index % 100 / 100f;

    private static byte[] Bytes(Input input) => input.Datatype switch
    {
        "FP32" => [.. Values(input).SelectMany(value => BitConverter.GetBytes((float)value))],
        "FP64" => [.. Values(input).SelectMany(BitConverter.GetBytes)],
        var other => throw new InvalidOperationException($"no values for {other}"),
    };

    private static byte[] Post(byte[] body, int? jsonBytes) =>
    [
        .. Encoding.ASCII.GetBytes($"POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nContent-Type: {(jsonBytes is null ? "application/json" : "application/octet-stream")}\r\n"
            + (jsonBytes is { } length ? $"Inference-Header-Content-Length: {length}\r\n" : "") + $"Content-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];

    private static void Say(string what) => Console.WriteLine($"   {DateTimeOffset.Now:HH:mm:ss}  {what}");
}
