using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(120_000)]
public sealed class S3FetchTests
{
    private static readonly byte[] Content = FetchBench.Bytes(1_000_003);

    [Test]
    public async Task An_object_comes_in_chunks_with_the_credentials_of_a_secret()
    {
        await using var store = await LoopbackS3.StartAsync();
        using var bench = new FetchBench();
        await store.PutAsync("a/model #1.onnx", Content);

        var run = await bench.Workspace.AgentAsync(
            ["fetch", "--from", "s3://models/a/model #1.onnx", "--to", bench.Target, "--digest", ModelDigest.OfBytes(Content).ToString(), .. Options(store, bench.Workspace)]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(bench.Got, Is.EqualTo(Content));
        bench.AssertLeft("got", "secret", Path.GetFileName(Directory.GetFiles(bench.Workspace.At(), "termination-*").Single()));
    }

    [Test]
    public async Task A_prefix_is_a_folder()
    {
        await using var store = await LoopbackS3.StartAsync();
        using var bench = new FetchBench();
        await store.PutAsync("a/b/model.onnx", Content);
        await store.PutAsync("a/b/labels/names.txt", "names"u8.ToArray());
        await store.PutAsync("a/b/model.sig", "{}"u8.ToArray());
        await store.PutAsync("a/b/", []);
        await store.PutAsync("a/bc", "not of the folder"u8.ToArray());

        await bench.FetchAsync(await RequestAsync(store, bench, "s3://models/a/b/"));

        Assert.That(
            Directory.GetFiles(bench.Target, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(bench.Target, file)),
            Is.EquivalentTo((string[])["model.onnx", "labels/names.txt", "model.sig"]));
        Assert.That(File.ReadAllBytes(Path.Combine(bench.Target, "model.onnx")), Is.EqualTo(Content));
    }

    [Test]
    public async Task An_empty_object_is_a_file()
    {
        await using var store = await LoopbackS3.StartAsync();
        using var bench = new FetchBench();
        await store.PutAsync("empty", []);

        await bench.FetchAsync(await RequestAsync(store, bench, "s3://models/empty"));

        Assert.That(bench.Got, Is.Empty);
    }

    [Test]
    public async Task An_object_that_changes_midway_is_fetched_anew()
    {
        await using var store = await LoopbackS3.StartAsync();
        using var bench = new FetchBench();
        var next = FetchBench.Bytes(Content.Length, 2);
        await store.PutAsync("model.onnx", Content);
        var request = await RequestAsync(store, bench, "s3://models/model.onnx");
        using var source = new S3Source(request, _ => null);
        using var transfer = new Transfer(new AgentHost(bench.Said, TextWriter.Null, _ => null, TimeProvider.System), request, new ByteBudget(1 << 30, "s3"));
        var file = (await source.ListAsync(transfer, default)).Files[0].File;
        var changing = new ChangingFile(file, () => store.PutAsync("model.onnx", next));

        await new FileDownload(changing, transfer).RunAsync(bench.Target, default);

        Assert.That(bench.Got, Is.EqualTo(next));
        Assert.That(bench.Said.ToString(), Does.Match("the (store has another object|server has another file) there than when the download began; starting anew"));
    }

    [Test]
    public async Task What_is_missing_forbidden_or_packed_is_named()
    {
        await using var store = await LoopbackS3.StartAsync();
        using var bench = new FetchBench();
        await store.PutAsync("packed", Content, "gzip");
        await store.PutAsync("model.onnx", Content);

        var missing = await bench.FailureAsync(await RequestAsync(store, bench, "s3://models/absent"));
        var bucket = await bench.FailureAsync(await RequestAsync(store, bench, "s3://nowhere/model.onnx"));
        var folder = await bench.FailureAsync(await RequestAsync(store, bench, "s3://models/absent/"));
        var packed = await bench.FailureAsync(await RequestAsync(store, bench, "s3://models/packed"));
        bench.Workspace.Write("secret/accessKey", "unknown");
        var forbidden = await bench.FailureAsync(await RequestAsync(store, bench, "s3://models/model.onnx", write: false));

        Assert.That(missing.Message, Does.Contain("NoSuchKey").And.Contain("s3://models/absent"));
        Assert.That(bucket.Message, Does.Contain("NoSuchBucket"));
        Assert.That(folder.Message, Does.Contain("holds no file to fetch"));
        Assert.That(packed.Reason, Is.EqualTo("EncodingRefused"));
        Assert.That(forbidden.Message, Does.Contain("InvalidAccessKeyId").And.Contain("the credentials do not allow it"));
    }

    [Test]
    public async Task A_store_that_is_not_there_is_tried_again()
    {
        using var bench = new FetchBench();
        Credentials(bench.Workspace);

        var run = await bench.Workspace.AgentAsync(
            ["fetch", "--from", "s3://models/model.onnx", "--to", bench.Target, "--s3-endpoint", "http://127.0.0.1:9", "--retries", "1", "--credentials", bench.Workspace.At("secret")]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Retryable), run.Error);
        Assert.That(run.TerminationLog, Does.Contain("could not be fetched in 2 attempts"));
    }

    [TestCase("s3://models", "has no key")]
    [TestCase("s3://models/", "has no key")]
    public async Task An_address_without_a_key_is_refused(string from, string expected)
    {
        using var workspace = new Workspace();

        var run = await workspace.AgentAsync(["fetch", "--from", from, "--to", workspace.At("got")]);

        Assert.That(run.Error, Does.Contain(expected));
    }

    private static string[] Options(LoopbackS3 store, Workspace workspace)
    {
        Credentials(workspace);
        return ["--s3-endpoint", store.Endpoint.ToString(), "--s3-path-style", "--credentials", workspace.At("secret")];
    }

    private static void Credentials(Workspace workspace)
    {
        workspace.Write("secret/accessKey", LoopbackS3.Key);
        workspace.Write("secret/secretKey", LoopbackS3.Key);
    }

    private static async Task<FetchRequest> RequestAsync(LoopbackS3 store, FetchBench bench, string from, bool write = true)
    {
        if (write)
        {
            Credentials(bench.Workspace);
        }

        return bench.Request(FetchSource.Parse(from)) with
        {
            S3 = new S3Store { Endpoint = store.Endpoint, PathStyle = true },
            Credentials = await SourceCredentials.LoadAsync(bench.Workspace.At("secret"), default),
        };
    }

    // Another object takes its place after a few chunks.
    private sealed class ChangingFile(IRemoteFile file, Func<Task> change) : IRemoteFile
    {
        private int _asked;

        public string Shown => file.Shown;

        public async Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _asked) == 5)
            {
                await change();
            }

            return await file.OpenAsync(range, cancellationToken);
        }
    }
}
