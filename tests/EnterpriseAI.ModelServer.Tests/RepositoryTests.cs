using System.Net;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.ModelServer.Tests;

public class RepositoryTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const string Request = """{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""";

    private static void Put(TemporaryFolder folder, string version, byte[] model)
    {
        Directory.CreateDirectory(folder.File(version));
        folder.Write($"{version}/model.onnx", model);
    }

    private static Task<RunningServer> StartAsync(TemporaryFolder folder, Func<ModelServerOptions, ModelServerOptions>? change = null) =>
        RunningServer.StartAsync(folder.Path, options => (change?.Invoke(options) ?? options) with { IsRepository = true });

    private static ModelRepository RepositoryOf(RunningServer server) => server.App.Services.GetRequiredService<ModelRepository>();

    private static string[] IndexOf(RunningServer server, bool readyOnly = false) =>
        [.. RepositoryOf(server).Index(readyOnly).Select(static entry => $"{entry.Name}/{entry.Version} {entry.State}")];

    [Test]
    public async Task Versions_are_served_side_by_side_and_the_highest_by_default()
    {
        using var folder = new TemporaryFolder();
        Put(folder, "linear/2", OnnxModels.Linear());
        Put(folder, "linear/10", OnnxModels.Identity(OnnxModels.Float));
        Put(folder, "other/1.0.0-rc.1", OnnxModels.Linear());
        Put(folder, "other/1.0.0", OnnxModels.Linear());
        Put(folder, "other/latest", OnnxModels.Linear());
        folder.Write("README", "no model");
        await using var server = await StartAsync(folder);
        Assert.That(server.Refusal, Is.Null);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "linear/2 READY", "linear/10 READY", "other/1.0.0-rc.1 READY", "other/1.0.0 READY" }));
        Assert.That(RepositoryOf(server).VersionsOf("linear"), Is.EqualTo(new[] { "2", "10" }));
        Assert.That((await server.GetAsync("/v2/health/ready")).Status, Is.EqualTo(HttpStatusCode.OK));

        var (_, highest) = await server.InferAsync(Request, "/v2/models/linear/infer");
        Assert.That(highest.GetRawText(), Does.Contain("\"model_version\":\"10\"").And.Contain("[1,2,3]"));
        var (_, two) = await server.InferAsync(Request, "/v2/models/linear/versions/2/infer");
        Assert.That(two.GetRawText(), Does.Contain("\"model_version\":\"2\"").And.Contain("[32,48]"));
        Assert.That((await server.GetAsync("/v2/models/other")).Body.GetProperty("versions").GetRawText(), Is.EqualTo("""["1.0.0-rc.1","1.0.0"]"""));

        var metrics = await server.Client.GetStringAsync("/metrics");
        foreach (var version in new[] { "2", "10" })
        {
            Assert.That(metrics, Does.Contain($"nv_inference_exec_count{{model=\"linear\",version=\"{version}\"}} 1"));
            Assert.That(metrics, Does.Contain($"inference_session_memory_bytes{{model=\"linear\",version=\"{version}\"}} "));
        }

        var (status, unknown) = await server.InferAsync(Request, "/v2/models/other/versions/latest/infer");
        Assert.That((status, unknown.GetProperty("error").GetString()), Is.EqualTo((HttpStatusCode.NotFound, "version 'latest' of model 'other' is unknown: this server has '1.0.0', '1.0.0-rc.1'")));
        (status, unknown) = await server.InferAsync(Request, "/v2/models/README/infer");
        Assert.That((status, unknown.GetProperty("error").GetString()), Is.EqualTo((HttpStatusCode.NotFound, "model 'README' is unknown: this server has 'linear', 'other'")));
    }

    [Test]
    public async Task A_model_that_cannot_be_loaded_makes_the_server_not_ready_and_the_others_serve()
    {
        using var folder = new TemporaryFolder();
        Put(folder, "broken/1", "no model"u8.ToArray());
        Put(folder, "good/1", OnnxModels.Linear());
        Directory.CreateDirectory(folder.File("empty"));
        Directory.CreateSymbolicLink(folder.File("link"), folder.File("good"));
        Directory.CreateSymbolicLink(folder.File("good/2"), folder.File("broken/1"));
        await using var server = await StartAsync(folder);
        Assert.That(server.Refusal, Is.Null);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "broken/1 UNAVAILABLE", "empty/ UNAVAILABLE", "good/1 READY", "good/2 UNAVAILABLE", "link/ UNAVAILABLE" }));
        Assert.That(IndexOf(server, readyOnly: true), Is.EqualTo(new[] { "good/1 READY" }));
        Assert.That(RepositoryOf(server).Index(false).Select(static entry => entry.Reason).ToArray(), Is.EqualTo(new[]
        {
            $"'{folder.File("broken/1/model.onnx")}' is not an ONNX model",
            $"'{folder.File("empty")}' has no version: a folder whose name is a whole number or a semantic version",
            "",
            $"'{folder.File("good/2")}' is a symbolic link: put the folder itself there",
            $"'{folder.File("link")}' is a symbolic link: put the folder itself there",
        }));
        Assert.That((await server.GetAsync("/v2/health/ready")).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await server.GetAsync("/v2/health/live")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await server.GetAsync("/v2/models/good/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await server.GetAsync("/v2/models/broken/ready")).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await server.InferAsync(Request, "/v2/models/good/infer")).Status, Is.EqualTo(HttpStatusCode.OK));
        foreach (var path in new[] { "/v2/models/broken/infer", "/v2/models/good/versions/2/infer", "/v2/models/empty/versions/1/infer" })
            Assert.That((await server.InferAsync(Request, path)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), path);

        // What is put right and loaded makes it ready.
        var repository = RepositoryOf(server);
        Put(folder, "broken/1", OnnxModels.Linear());
        Put(folder, "empty/1", OnnxModels.Linear());
        Directory.Delete(folder.File("link"));
        Directory.Delete(folder.File("good/2"));
        await repository.LoadAsync("broken", default);
        await repository.LoadAsync("empty", default);
        await repository.LoadAsync("good", default);
        await repository.UnloadAsync("link", default);
        Assert.That(repository.NotReady, Is.Null);
    }

    [Test]
    public async Task A_repository_that_is_not_there_ends_the_process()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(folder.File("absent"), static options => options with { IsRepository = true });
        Assert.That(server.Refusal!.Reason, Is.EqualTo("ArtifactNotFound"));
    }

    [Test]
    public async Task Versions_come_and_go_by_loading_the_model_again()
    {
        using var folder = new TemporaryFolder();
        Put(folder, "m/1", OnnxModels.Linear());
        await using var server = await StartAsync(folder);
        var repository = RepositoryOf(server);

        Put(folder, "m/2", OnnxModels.Linear());
        Put(folder, "new/1", OnnxModels.Linear());
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "m/1 READY" }), "nothing is loaded before it is asked for");
        await repository.LoadAsync("m", default);
        await repository.LoadAsync("new", default);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "m/1 READY", "m/2 READY", "new/1 READY" }));

        Directory.Delete(folder.File("m/1"), recursive: true);
        await repository.LoadAsync("m", default);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "m/2 READY", "new/1 READY" }));

        await repository.UnloadAsync("new", default);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "m/2 READY", "new/1 UNAVAILABLE" }));
        Assert.That(repository.Index(false)[1].Reason, Is.EqualTo("unloaded"));
        Assert.That(repository.NotReady, Is.Null);
        Assert.That(Assert.Throws<RequestException>(() => repository.Acquire("new", null))!.Status, Is.EqualTo(503));
        Assert.That(repository.VersionsOf("new"), Is.Empty);
        await repository.LoadAsync("new", default);
        Assert.That(repository.IsReady("new", "1"));
    }

    [Test]
    public async Task A_load_that_fails_leaves_what_is_served_and_says_why([Values] bool isRepository)
    {
        using var folder = new TemporaryFolder();
        Put(folder, "m/1", OnnxModels.Linear());
        await using var server = isRepository ? await StartAsync(folder) : await RunningServer.StartAsync(folder.File("m/1"), static options => options with { ModelVersion = "1" });
        var repository = RepositoryOf(server);
        folder.Write("m/1/model.onnx", "no model");
        var refused = await Assert.ThrowsAsync<RequestException>(() => repository.LoadAsync("m", default));
        Assert.That((refused!.Status, refused.Message), Is.EqualTo((400, $"model 'm' cannot be loaded: '{folder.File("m/1/model.onnx")}' is not an ONNX model")));
        Assert.That(repository.Index(false).Single(), Is.EqualTo(new ModelIndexEntry("m", "1", "READY", $"'{folder.File("m/1/model.onnx")}' is not an ONNX model")));
        Assert.That(repository.NotReady, Is.Null);
        Assert.That(await server.DataAsync(Request), Is.EqualTo("[32,48]"));

        Put(folder, "m/1", OnnxModels.Identity(OnnxModels.Float));
        await repository.LoadAsync("m", default);
        Assert.That(repository.Index(false).Single(), Is.EqualTo(new ModelIndexEntry("m", "1", "READY", "")));
        Assert.That(await server.DataAsync(Request), Is.EqualTo("[1,2,3]"));
    }

    [TestCase("../outside")]
    [TestCase("..")]
    [TestCase(".hidden")]
    [TestCase("a/b")]
    [TestCase("a\0b")]
    [TestCase("")]
    [TestCase("absent")]
    public async Task A_name_is_no_path(string name)
    {
        using var folder = new TemporaryFolder();
        Put(folder, "repository/m/1", OnnxModels.Linear());
        Put(folder, "outside/1", OnnxModels.Linear());
        Put(folder, "repository/.hidden/1", OnnxModels.Linear());
        Put(folder, "repository/a/b/1", OnnxModels.Linear());
        await using var server = await RunningServer.StartAsync(folder.File("repository"), static options => options with { IsRepository = true });
        var repository = RepositoryOf(server);
        Assert.That((await Assert.ThrowsAsync<RequestException>(() => repository.LoadAsync(name, default)))!.Status, Is.EqualTo(404));
        Assert.That((await Assert.ThrowsAsync<RequestException>(() => repository.UnloadAsync(name, default)))!.Status, Is.EqualTo(404));
        Assert.That(Assert.Throws<RequestException>(() => repository.Acquire(name, null))!.Status, Is.EqualTo(404));
    }

    [Test]
    public async Task A_single_model_can_be_unloaded_and_loaded_again()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        var repository = RepositoryOf(server);
        await repository.UnloadAsync("m", default);
        Assert.That(repository.NotReady, Is.EqualTo("no model is loaded"));
        Assert.That(await server.DataAsync(Request), Is.EqualTo("""503 {"error":"model 'm' is not loaded: unloaded"}"""));
        await repository.LoadAsync("m", default);
        Assert.That(repository.NotReady, Is.Null);
        Assert.That(await server.DataAsync(Request), Is.EqualTo("[32,48]"));
    }

    [Test]
    public async Task Unloading_waits_for_those_who_use_the_model()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        var repository = RepositoryOf(server);
        var lease = repository.Acquire("m", null);
        var unloading = repository.UnloadAsync("m", default);
        Assert.That(unloading.IsCompleted, Is.False);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "m/ UNLOADING" }));
        using (var result = await lease.Model.InferAsync([new InputTensor("x", LoadedEngine.Floats([1, 3], 1, 2, 3))], ["y"], default))
            Assert.That(result.Outputs[0].Data<float>().ToArray(), Is.EqualTo(new[] { 32f, 48 }));
        lease.Dispose();
        lease.Dispose();
        await unloading.WaitAsync(Limit);
        Assert.That(IndexOf(server), Is.EqualTo(new[] { "m/ UNAVAILABLE" }));
    }

    [Test]
    public async Task What_still_runs_when_the_server_ends_is_answered_503()
    {
        using var folder = new TemporaryFolder();
        var time = TimeProvider.System;
        using var metrics = new ModelServerMetrics();
        var options = new ModelServerOptions { Model = new ModelOptions { Model = folder.Write("m.onnx", OnnxModels.Counter()) }, ModelName = "m", Http = new ListenAddress(null, 0) };
        var repository = new ModelRepository(options, new VersionLoader(options, metrics, time, NullLogger<VersionLoader>.Instance), NullLogger<ModelRepository>.Instance);
        await repository.StartAsync(default);
        using var lease = repository.Acquire("m", null);
        Task[] endless = [.. Enumerable.Range(0, 3).Select(_ => lease.Model.InferAsync(
            [new InputTensor("n", LoadedEngine.Tensor(TensorElementType.Int64, [], long.MaxValue)), new InputTensor("x", LoadedEngine.Floats([1], 0))], ["y"], default))];
        var ending = repository.DisposeAsync();
        foreach (var run in endless)
            Assert.That((await Assert.ThrowsAsync<RequestException>(() => run.WaitAsync(Limit)))!.Status, Is.EqualTo(503));
        lease.Dispose();
        await ending;
    }

    [Test]
    public async Task A_model_may_have_a_configuration_of_its_own()
    {
        using var folder = new TemporaryFolder();
        Put(folder, "batched/1", OnnxModels.Linear());
        folder.Write("batched/config.json", """{"maxBatchSize":2,"maxBatchDelayUs":10000000,"instances":1}""");
        Put(folder, "plain/1", OnnxModels.Linear());
        await using var server = await StartAsync(folder);
        using var lease = RepositoryOf(server).Acquire("batched", null);
        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => lease.Model.InferAsync([new InputTensor("x", LoadedEngine.Floats([1, 3], 1, 2, 3))], ["y"], default))).WaitAsync(Limit);
        Assert.That(answers.Select(static answer => answer.BatchSize), Is.EqualTo(new[] { 2, 2 }));
        Array.ForEach(answers, static answer => answer.Dispose());
        Assert.That((await server.InferAsync(Request, "/v2/models/plain/infer")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("nonsense", "is not valid")]
    [TestCase("null", "must be a JSON object")]
    [TestCase("""{"maxBatchSize":-1}""", "has 'maxBatchSize' -1: give a whole number from 0 to 65536")]
    [TestCase("""{"instances":100000}""", "has 'instances' 100000: give a whole number from 0 to 1024")]
    [TestCase("""{"maxBatchSizes":1}""", "maxBatchSizes")]
    [TestCase("""{"instances":1,"instances":2}""", "instances")]
    public async Task A_wrong_configuration_is_refused_by_name(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        Put(folder, "m/1", OnnxModels.Linear());
        folder.Write("m/config.json", json);
        await using var server = await StartAsync(folder);
        Assert.That(RepositoryOf(server).NotReady, Does.Contain("config.json").And.Contain(expected));
    }

    [Test]
    public void Versions_are_ordered_as_semantic_versioning_has_it()
    {
        string[] ordered = ["0", "0.9.10", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1", "1.0.0", "1.0.0+build", "1.2.3", "2", "10", "999999999999999999"];
        var shuffled = ordered.Select(static text => VersionName.Parse(text)!).OrderBy(static version => version.GetHashCode()).Order();
        Assert.That(shuffled.Select(static version => version.Text), Is.EqualTo(ordered));
        foreach (var text in new[] { "", "v1", "01", "1.2", "1.2.3.4", "1.02.3", "-1", "1.0.0-", "1.0.0-a..b", "1.0.0/..", "..", "1\n", "9999999999999999999", "1.0.0-" + new string('a', 200) })
            Assert.That(VersionName.Parse(text), Is.Null, text);
    }

    /// <summary>Loads and requests at once: nobody is turned away, and everybody gets the answer of one of the models.</summary>
    [Test]
    public async Task Reloading_drops_no_request()
    {
        using var folder = new TemporaryFolder();
        Put(folder, "m/1", OnnxModels.Linear());
        await using var server = await StartAsync(folder);
        var repository = RepositoryOf(server);
        using var stop = new CancellationTokenSource();
        var requests = 0;
        var clients = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var lease = repository.Acquire("m", null);
                using var result = await lease.Model.InferAsync([new InputTensor("x", LoadedEngine.Floats([1, 3], 1, 2, 3))], ["y"], default);
                Assert.That(result.Outputs[0].Data<float>().ToArray(), Is.EqualTo(new[] { 32f, 48 }).Or.EqualTo(new[] { 1f, 2, 3 }));
                Interlocked.Increment(ref requests);
            }
        })).ToList();
        for (var round = 0; round < 30; round++)
        {
            Put(folder, "m/1", round % 2 == 0 ? OnnxModels.Identity(OnnxModels.Float) : OnnxModels.Linear());
            await repository.LoadAsync("m", default);
        }
        await stop.CancelAsync();
        await Task.WhenAll(clients).WaitAsync(Limit);
        TestContext.Out.WriteLine($"{requests} requests over 30 loads");
        Assert.That(requests, Is.Positive);
    }
}
