using System.Text;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Tests;

public class BatchingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Longer than any test: only a full batch runs.</summary>
    private static SchedulingOptions Full(SchedulingOptions options, int rows) => options with { MaxBatchSize = rows, MaxBatchDelay = TimeSpan.FromHours(1) };

    private static Task<InferenceResult> InferAsync(LoadedEngine engine, OrtTensor x, CancellationToken cancellationToken = default) =>
        engine.Model.InferAsync([new InputTensor(engine.Model.Inputs[0].Name, x)], ["y"], cancellationToken);

    private static async Task<float[]> FloatsAsync(Task<InferenceResult> answer)
    {
        using var result = await answer.WaitAsync(Limit);
        return result.Outputs[0].Data<float>().ToArray();
    }

    [Test]
    public async Task Requests_run_together_and_each_gets_its_own_rows()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Linear(), options => Full(options, 6));
        var one = InferAsync(engine, LoadedEngine.Floats([1, 3], 1, 2, 3));
        var two = InferAsync(engine, LoadedEngine.Floats([2, 3], 0, 0, 0, 1, 0, 0));
        await engine.WaitingAsync(2);
        var three = InferAsync(engine, LoadedEngine.Floats([3, 3], 0, 1, 0, 0, 0, 1, 2, 0, 0));
        Assert.That((await one.WaitAsync(Limit)).BatchSize, Is.EqualTo(3));
        Assert.That((await two).Outputs[0].Shape, Is.EqualTo(new[] { 2, 2 }));
        Assert.That(await FloatsAsync(one), Is.EqualTo(new[] { 32f, 48 }));
        Assert.That(await FloatsAsync(two), Is.EqualTo(new[] { 10f, 20, 11, 22 }));
        Assert.That(await FloatsAsync(three), Is.EqualTo(new[] { 13f, 24, 15, 26, 12, 24 }));
    }

    [Test]
    public async Task What_has_other_shapes_forms_another_batch()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Identity(OnnxModels.Float), options => Full(options, 2));
        var wide = InferAsync(engine, LoadedEngine.Floats([1, 3], 1, 2, 3));
        var narrow = InferAsync(engine, LoadedEngine.Floats([1, 2], 4, 5));
        await engine.WaitingAsync(2);
        var narrow2 = InferAsync(engine, LoadedEngine.Floats([1, 2], 6, 7));
        Assert.That((await narrow.WaitAsync(Limit)).BatchSize, Is.EqualTo(2));
        Assert.That(await FloatsAsync(narrow), Is.EqualTo(new[] { 4f, 5 }));
        Assert.That(await FloatsAsync(narrow2), Is.EqualTo(new[] { 6f, 7 }));
        Assert.That(wide.IsCompleted, Is.False);
        var wide2 = InferAsync(engine, LoadedEngine.Floats([1, 3], 8, 9, 10));
        Assert.That(await FloatsAsync(wide), Is.EqualTo(new[] { 1f, 2, 3 }));
        Assert.That(await FloatsAsync(wide2), Is.EqualTo(new[] { 8f, 9, 10 }));
    }

    [Test]
    public async Task Strings_share_a_batch()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Identity((int)TensorElementType.String), options => Full(options, 3));
        var one = InferAsync(engine, Strings([1, 2], "", "ab"));
        var two = InferAsync(engine, Strings([2, 2], "c", "dä", "", "e"));
        using var first = await one.WaitAsync(Limit);
        using var second = await two.WaitAsync(Limit);
        Assert.That(first.BatchSize, Is.EqualTo(2));
        Assert.That(TextOf(first), Is.EqualTo(new[] { "", "ab" }));
        Assert.That(TextOf(second), Is.EqualTo(new[] { "c", "dä", "", "e" }));

        static OrtTensor Strings(long[] shape, params string[] texts)
        {
            var tensor = OrtTensor.Create(TensorElementType.String, shape);
            for (var i = 0; i < texts.Length; i++)
                tensor.SetString(i, Encoding.UTF8.GetBytes(texts[i]));
            return tensor;
        }

        static string[] TextOf(InferenceResult result)
        {
            var (content, offsets) = result.Outputs[0].Strings();
            return [.. Enumerable.Range(0, (int)result.Outputs[0].Count).Select(i => Encoding.UTF8.GetString(content.AsSpan((int)offsets[i]..(int)offsets[i + 1])))];
        }
    }

    [Test]
    public async Task Only_the_request_that_makes_a_batch_fail_gets_the_error()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Lookup(), options => Full(options, 3));
        var good = InferAsync(engine, LoadedEngine.Tensor(TensorElementType.Int64, [1], 0L));
        var guilty = InferAsync(engine, LoadedEngine.Tensor(TensorElementType.Int64, [1], 7L));
        var good2 = InferAsync(engine, LoadedEngine.Tensor(TensorElementType.Int64, [1], 2L));
        Assert.That(await FloatsAsync(good), Is.EqualTo(new[] { 1f }));
        Assert.That(await FloatsAsync(good2), Is.EqualTo(new[] { 3f }));
        Assert.That((await Assert.ThrowsAsync<OnnxRuntimeException>(() => guilty))!.Message, Does.Contain("Gather"));
    }

    [Test]
    public async Task Outputs_without_a_row_for_each_row_end_joining_and_every_request_still_has_its_own_answer()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Total(), options => Full(options, 2));
        for (var round = 0; round < 2; round++)
        {
            var one = InferAsync(engine, LoadedEngine.Floats([1, 2], 1, 2));
            var two = InferAsync(engine, LoadedEngine.Floats([1, 2], 3, 4));
            Assert.That((await two.WaitAsync(Limit)).BatchSize, Is.EqualTo(1));
            Assert.That(await FloatsAsync(one), Is.EqualTo(new[] { 1f, 2 }));
            Assert.That(await FloatsAsync(two), Is.EqualTo(new[] { 3f, 4 }));
        }
        Assert.That(engine.Log.Entries, Is.EqualTo(new[] { "Warning: requests are run one by one from now on: output 'y' has the shape [1,2] for 2 rows of input" }));
    }

    [Test]
    public async Task One_that_leaves_a_batch_leaves_the_others_in_it()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.BatchCounter(), options => Full(options, 2));
        using CancellationTokenSource gone = new(), stop = new();

        // While it waits.
        var left = CountAsync(1, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => left);
        var together = new[] { CountAsync(3, default), CountAsync(2, default) };
        Assert.That((await Task.WhenAll(together).WaitAsync(Limit)).SelectMany(static result => result.Outputs[0].Data<float>().ToArray()), Is.EqualTo(new[] { 3f, 3 }));

        // While it runs.
        using var gone2 = new CancellationTokenSource();
        var leaves = CountAsync(long.MaxValue, gone2.Token);
        var stays = CountAsync(long.MaxValue, stop.Token);
        await engine.WaitingAsync(0);
        await gone2.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => leaves);
        Assert.That(stays.IsCompleted, Is.False);

        // A run that nobody waits for any more ends.
        await stop.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => stays);
        var next = new[] { CountAsync(1, default), CountAsync(1, default) };
        foreach (var result in await Task.WhenAll(next).WaitAsync(Limit))
            Assert.That(result.BatchSize, Is.EqualTo(2));

        Task<InferenceResult> CountAsync(long n, CancellationToken cancellationToken) => engine.Model.InferAsync(
            [new InputTensor("n", LoadedEngine.Tensor(TensorElementType.Int64, [1], n)), new InputTensor("x", LoadedEngine.Floats([1], 0))], ["y"], cancellationToken);
    }

    [Test]
    public async Task A_lone_request_waits_no_longer_than_the_delay()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Linear(), options => options with { MaxBatchSize = 8, MaxBatchDelay = TimeSpan.FromMicroseconds(300) });
        for (var round = 0; round < 20; round++)
        {
            using var result = await InferAsync(engine, LoadedEngine.Floats([1, 3], 1, 2, 3)).WaitAsync(Limit);
            Assert.That(result.Outputs[0].Data<float>().ToArray(), Is.EqualTo(new[] { 32f, 48 }));
            Assert.That(result.Queue, Is.GreaterThanOrEqualTo(TimeSpan.FromMicroseconds(299)));
        }
    }

    [Test]
    public async Task Waiting_for_company_turns_no_request_away()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Linear(), options => Full(options, 8) with { MaxPendingRequests = 0 });
        Assert.That(await FloatsAsync(InferAsync(engine, LoadedEngine.Floats([1, 3], 1, 2, 3))), Is.EqualTo(new[] { 32f, 48 }));
    }

    [Test]
    public async Task Requests_for_other_outputs_or_with_unequal_batches_run_for_themselves()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.BatchCounter(), options => Full(options, 2));
        // n has two rows and x one, which the model takes.
        using var result = await engine.Model.InferAsync(
            [new InputTensor("n", LoadedEngine.Tensor(TensorElementType.Int64, [2], 1L, 2)), new InputTensor("x", LoadedEngine.Floats([1], 0))], ["y"], default).WaitAsync(Limit);
        Assert.That(result.Outputs[0].Data<float>().ToArray(), Is.EqualTo(new[] { 2f }));

        var empty = await engine.Model.InferAsync(
            [new InputTensor("n", LoadedEngine.Tensor(TensorElementType.Int64, [1], 1L)), new InputTensor("x", LoadedEngine.Floats([0]))], ["y"], default).WaitAsync(Limit);
        Assert.That(empty.Outputs[0].Shape, Is.EqualTo(new[] { 0 }));
    }

    [TestCase("Linear", null)]
    [TestCase("Lookup", null)]
    [TestCase("TwoInputs", "the first dimension of input 'a' is 2, not open")]
    [TestCase("IdentityOfAnyShape", "input 'x' declares no dimensions")]
    [TestCase("Counter", "input 'n' declares no dimensions")]
    [TestCase("Centred", "output 'y' of a request depends on what else is in its batch")]
    [TestCase("Quantized", "output 'y' of a request depends on what else is in its batch")]
    [TestCase("Total", "the first dimension of output 'y' is 1, not open")]
    [TestCase("First", "output 'y' has the shape [1,2] for 3 rows of input")]
    [TestCase("Positions", "output 'y' of a request depends on what else is in its batch")]
    public async Task Only_models_that_answer_row_by_row_are_batched(string model, string? refusal)
    {
        var bytes = (byte[])typeof(OnnxModels).GetMethod(model)!.Invoke(null, null)!;
        using var folder = new TemporaryFolder();
        using var loaded = await ModelLoader.LoadAsync(new ModelOptions { Model = folder.Write("m.onnx", bytes) }, CancellationToken.None);
        var log = new RecordedLog();
        var options = new SchedulingOptions { Instances = 1, MaxPendingRequests = 1, RequestTimeout = TimeSpan.Zero, MaxBatchSize = 8 };
        var decided = BatchDecision.Decide("m", loaded.Session, options, log);
        Assert.That(decided.MaxBatchSize, Is.EqualTo(refusal is null ? 8 : 0));
        Assert.That(log.Entries, Is.EqualTo(refusal is null ? Array.Empty<string>() : [$"Warning: requests of model m run one by one: {refusal}"]));
    }

    /// <summary>Many clients with rows, shapes and patience of all kinds.</summary>
    [Test]
    public async Task Under_load_every_request_is_answered_with_its_own_data()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Identity(OnnxModels.Float),
            options => options with { Instances = 2, MaxBatchSize = 16, MaxBatchDelay = TimeSpan.FromMicroseconds(200) });
        int answered = 0, cancelled = 0, shared = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(client => Task.Run(async () =>
        {
            var random = new Random(seed + client);
            for (var round = 0; round < 300; round++)
            {
                long[] shape = [random.Next(1, 20), random.Next(1, 4)];
                var values = Enumerable.Range(0, (int)(shape[0] * shape[1])).Select(_ => random.NextSingle()).ToArray();
                using var patience = new CancellationTokenSource();
                var answer = InferAsync(engine, LoadedEngine.Floats(shape, values), patience.Token);
                if (random.Next(5) == 0)
                    await patience.CancelAsync();
                try
                {
                    using var result = await answer.WaitAsync(Limit);
                    Assert.That(result.Outputs[0].Shape, Is.EqualTo(shape));
                    Assert.That(result.Outputs[0].Data<float>().SequenceEqual(values), $"client {client} got other data");
                    Interlocked.Increment(ref answered);
                    Interlocked.Add(ref shared, result.BatchSize > 1 ? 1 : 0);
                }
                catch (OperationCanceledException) when (patience.IsCancellationRequested)
                {
                    Interlocked.Increment(ref cancelled);
                }
            }
        })));
        TestContext.Out.WriteLine($"{answered} answered, {shared} of them in a shared batch, {cancelled} cancelled");
        Assert.That(answered + cancelled, Is.EqualTo(32 * 300));
        Assert.That(shared, Is.Positive);
        Assert.That(engine.Model.Metrics.Pending, Is.Zero);
    }

    [Test]
    public async Task Over_HTTP_fewer_runs_than_requests_are_counted()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { ModelName = "batched", MaxBatchSize = 4, MaxBatchDelay = TimeSpan.FromHours(1) });
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(x => server.InferAsync($$"""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[{{x}},0,0]}]}""", "/v2/models/batched/infer")));
        for (var x = 0; x < answers.Length; x++)
            Assert.That(answers[x].Body.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo($"[{x + 10},{2 * x + 20}]"));
        var metrics = await server.Client.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("nv_inference_count{model=\"batched\",version=\"\"} 8"));
        Assert.That(metrics, Does.Contain("nv_inference_exec_count{model=\"batched\",version=\"\"} 2"));
        Assert.That(metrics, Does.Contain("inference_batch_size_bucket{model=\"batched\",version=\"\",le=\"2\"} 0"));
        Assert.That(metrics, Does.Contain("inference_batch_size_bucket{model=\"batched\",version=\"\",le=\"4\"} 2"));
    }
}
