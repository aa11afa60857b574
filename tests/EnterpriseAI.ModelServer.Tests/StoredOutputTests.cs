using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>
/// Models with stored inputs and outputs, those that the ONNX project publishes and some of our own, in each way of each protocol, alone
/// and in a batch with other requests.
/// </summary>
[NonParallelizable]
public class StoredOutputTests
{
    private sealed record StoredCase(string Name, byte[] Model, TensorFile[] Inputs, TensorFile[] Outputs);

    [Test]
    public async Task Published_models_give_their_stored_outputs_in_every_way_alone_and_batched()
    {
        var folder = Vectors.Folder("onnx");
        string[] light = Directory.GetFiles(Path.Combine(folder, "light"), "*.onnx"), nodes = Directory.GetDirectories(Path.Combine(folder, "nodes"));
        var tally = await TryAllAsync(nodes.Order().Select(Node).Concat(light.Order().Select(Light)));
        Assert.That(tally.Alone + tally.Unsupported, Is.EqualTo(light.Length + nodes.Length));
        // Whatever else is there, it must not come to pass that nothing was tried.
        Assert.That(tally.Alone, Is.GreaterThanOrEqualTo(30));
        Assert.That(tally.Batched, Is.GreaterThanOrEqualTo(20));
    }

    [Test]
    public async Task Models_of_our_own_give_their_stored_outputs_in_every_way_alone_and_batched()
    {
        var tally = await TryAllAsync(
        [
            new("Linear", OnnxModels.Linear(), [TensorFile.Of([2, 3], 1, 2, 3, 0, 0, 1)], [TensorFile.Of([2, 2], 32, 48, 15, 26)]),
            new("Identity", OnnxModels.Identity(OnnxModels.Float), [TensorFile.Of([1, 2], 1e-30f, -3e38f)], [TensorFile.Of([1, 2], 1e-30f, -3e38f)]),
            new("Identity of INT64", OnnxModels.Identity(OnnxModels.Int64), [Integers([2, 1], long.MinValue, 9007199254740993)], [Integers([2, 1], long.MinValue, 9007199254740993)]),
            new("Lookup", OnnxModels.Lookup(), [Integers([3], 2, 0, 1)], [TensorFile.Of([3], 3, 1, 2)]),
            new("TwoInputs", OnnxModels.TwoInputs(), [TensorFile.Of([2], 1, 9), TensorFile.Of([2], 4, 3)], [TensorFile.Of([2], 5, 12), TensorFile.Of([2], 0.25f, 3)]),
            new("Centred", OnnxModels.Centred(), [TensorFile.Of([2, 2], 1, 2, 3, 6)], [TensorFile.Of([2, 2], -1, -2, 1, 2)]),
            new("Total", OnnxModels.Total(), [TensorFile.Of([2, 2], 1, 2, 3, 6)], [TensorFile.Of([1, 2], 4, 8)]),
        ]);
        Assert.That((tally.Alone, tally.Batched, tally.Refused.Values.Sum()), Is.EqualTo((7, 5, 2)));
    }

    private static TensorFile Integers(long[] shape, params long[] values) => new("INT64", shape, OnnxModels.Of(values));

    private static StoredCase Node(string directory)
    {
        var data = Path.Combine(directory, "test_data_set_0");
        return new StoredCase(Path.GetFileName(directory), File.ReadAllBytes(Path.Combine(directory, "model.onnx")), Stored("input_*.pb"), Stored("output_*.pb"));

        TensorFile[] Stored(string pattern) => [.. Directory.GetFiles(data, pattern).Order().Select(TensorFile.Read)];
    }

    /// <summary>The stored output is that of an input that counts up from 0 to 1.</summary>
    private static StoredCase Light(string file)
    {
        const int count = 3 * 224 * 224;
        var input = TensorFile.Of([1, 3, 224, 224], [.. Enumerable.Range(0, count).Select(static index => (float)index / count)]);
        return new StoredCase(Path.GetFileName(file), File.ReadAllBytes(file), [input], [TensorFile.Read(file.Replace(".onnx", "_output_0.pb", StringComparison.Ordinal))]);
    }

    private sealed class Tally
    {
        public int Alone, Batched, Unsupported;

        public Dictionary<string, int> Refused { get; } = [];
    }

    private static async Task<Tally> TryAllAsync(IEnumerable<StoredCase> cases)
    {
        var tally = new Tally();
        foreach (var stored in cases)
        {
            if (await OthersAloneAsync(stored) is not { } others)
            {
                tally.Unsupported++;
                continue;
            }
            tally.Alone++;
            if (await BatchAsync(stored, others) is { } reason)
                tally.Refused[reason] = tally.Refused.GetValueOrDefault(reason) + 1;
            else
                tally.Batched++;
        }
        TestContext.Out.WriteLine($"alone: {tally.Alone} models, each by {string.Join(", ", InferenceWays.All)}");
        TestContext.Out.WriteLine($"batched, these four ways in one batch: {tally.Batched} models");
        TestContext.Out.WriteLine($"not loaded, for ONNX Runtime {OrtApi.LibraryVersion} has no implementation of their operators' old versions: {tally.Unsupported}");
        foreach (var (reason, count) in tally.Refused)
            TestContext.Out.WriteLine($"not batched: {count}: {reason}");
        return tally;
    }

    /// <summary>Each way alone.</summary>
    /// <returns>What the model answers to other inputs; null when ONNX Runtime does not have its operators.</returns>
    private static async Task<TensorFile[]?> OthersAloneAsync(StoredCase stored)
    {
        await using var client = await GrpcClient.StartAsync(stored.Model);
        if (client.Server.Refusal is { } refusal)
        {
            Assert.That(refusal.Message, Does.Contain("Could not find an implementation"), stored.Name);
            return null;
        }
        var ways = await InferenceWays.ToAsync(client);
        for (var way = 0; way < InferenceWays.All.Length; way++)
            AssertClose(stored.Outputs, await ways.InferAsync(way, stored.Inputs), $"{stored.Name} by {InferenceWays.All[way]}");
        return await ways.InferAsync(0, Others(stored));
    }

    private static TensorFile[] Others(StoredCase stored) => Array.ConvertAll(stored.Inputs, static input => input.Other());

    /// <summary>One batch of a request in each way, half of them with other inputs; then another with the halves changed.</summary>
    /// <returns>Why the model cannot run in a batch; null when it did.</returns>
    private static async Task<string?> BatchAsync(StoredCase stored, TensorFile[] others)
    {
        var model = OpenBatch.Of(stored.Model);
        if (await WhyNotAsync(model) is { } reason)
            return reason;
        var rows = (int)stored.Inputs[0].Shape[0];
        await using var client = await GrpcClient.StartAsync(model, options => options with
        {
            MaxBatchSize = rows * InferenceWays.All.Length,
            // Never waited for: the batch is full when all four are there.
            MaxBatchDelay = TimeSpan.FromSeconds(30),
        });
        var ways = await InferenceWays.ToAsync(client);
        for (var round = 0; round < 2; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, InferenceWays.All.Length).Select(way => ways.InferAsync(way, way % 2 == round ? stored.Inputs : Others(stored))));
            for (var way = 0; way < answers.Length; way++)
                AssertClose(way % 2 == round ? stored.Outputs : others, answers[way], $"{stored.Name} batched by {InferenceWays.All[way]}");
        }
        Assert.That(await client.Server.Client.GetStringAsync("/metrics"), Does.Match("""(?m)^nv_inference_exec_count(_total)?\{model="m",version=""\} 2$"""), $"{stored.Name} did not run in one batch");
        return null;
    }

    private static async Task<string?> WhyNotAsync(byte[] model)
    {
        using var folder = new TemporaryFolder();
        using var loaded = await ModelLoader.LoadAsync(new ModelOptions { Model = folder.Write("model.onnx", model) }, CancellationToken.None);
        var log = new RecordedLog();
        var options = new SchedulingOptions { Instances = 1, MaxPendingRequests = 1, RequestTimeout = TimeSpan.Zero, MaxBatchSize = 8 };
        return BatchDecision.Decide("m", loaded.Session, options, log).MaxBatchSize > 1 ? null : Generalized(log.Entries.Single());
    }

    /// <summary>Without the names and the numbers of one model.</summary>
    private static string Generalized(string reason)
    {
        foreach (var (cause, words) in new[]
        {
            ("depends on what else", "an output depends on what else is in its batch"),
            ("has the shape", "an output has not one row for each row of input"),
            ("could not be tried", "the model fails with a batch of another size than its own"),
            ("declares no dimensions", "an input or output declares no dimensions"),
            ("not open", "the file fixes the first dimension of an output within the model, as by a reshape"),
        })
        {
            if (reason.Contains(cause, StringComparison.Ordinal))
                return words;
        }
        return reason;
    }

    private static void AssertClose(TensorFile[] expected, TensorFile[] actual, string what)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        for (var output = 0; output < expected.Length; output++)
            Assert.That(expected[output].DifferenceFrom(actual[output]), Is.Null, $"{what}, output {output}");
    }
}
