using EnterpriseAI.Agent.Fetching;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>Answers that some S3 stores give, and the one of <see cref="LoopbackS3"/> never does.</summary>
[CancelAfter(60_000)]
public sealed class S3AnswerTests
{
    private const string Address = "/models/model.onnx";
    private static readonly byte[] Content = FetchBench.Bytes(300_000);

    [TestCase("gzip", false)]
    [TestCase("identity", true)]
    [TestCase("aws-chunked", true)]
    public async Task Packed_objects_are_refused(string encoding, bool isTaken)
    {
        using var bench = new FetchBench();
        await using var store = new FileServer { Files = { [Address] = new ServedFile(Content, "\"v1\"") { More = $"Content-Encoding: {encoding}\r\n" } } };
        var fetch = async () => await bench.FetchAsync(await RequestAsync(bench, store));

        if (isTaken)
        {
            await fetch();
            Assert.That(bench.Got, Is.EqualTo(Content));
        }
        else
        {
            Assert.That((await Failure.OfAsync(fetch)).Reason, Is.EqualTo("EncodingRefused"));
        }
    }

    [Test]
    public async Task An_object_that_changes_midway_is_fetched_anew_though_the_store_ignores_conditions()
    {
        using var bench = new FetchBench();
        var next = FetchBench.Bytes(Content.Length, 2);
        await using var store = new FileServer();
        store.Before = request =>
        {
            store.Files[Address] = request.Number < 2 ? new ServedFile(Content, "\"v1\"") : new ServedFile(next, "\"v2\"");
            return Task.FromResult<Misbehaviour?>(null);
        };

        await bench.FetchAsync(await RequestAsync(bench, store) with { Connections = 1 });

        Assert.That(bench.Got, Is.EqualTo(next));
        Assert.That(bench.Said.ToString(), Does.Contain("the store has another object there than when the download began; starting anew"));
    }

    [Test]
    public async Task A_part_of_no_place_is_not_taken_for_the_object()
    {
        using var bench = new FetchBench();
        await using var store = new FileServer { Files = { [Address] = new ServedFile(Content, "\"v1\"") } };
        store.Before = request => Task.FromResult(request.Number == 0 ? new Misbehaviour { Raw = "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nETag: \"v1\"\r\n\r\npart" } : null);

        await bench.FetchAsync(await RequestAsync(bench, store));

        Assert.That(bench.Got, Is.EqualTo(Content));
    }

    [TestCase("\"v1\"")]
    [TestCase("\"0x8D4BCC2E4835CD0\"")]
    [TestCase("\"00000000000000000000000000000000\"")]
    public async Task The_tag_of_a_whole_object_need_not_be_its_checksum(string tag)
    {
        using var bench = new FetchBench();
        await using var store = new FileServer { Files = { ["/models/folder/model.sig"] = new ServedFile("signature"u8.ToArray(), tag) } };
        var request = await RequestAsync(bench, store, "s3://models/folder/");
        using var source = new S3Source(request, _ => null);
        using var transfer = new Transfer(new AgentHost(bench.Said, TextWriter.Null, _ => null, TimeProvider.System), request, new ByteBudget(1 << 20, "s3"));

        Assert.That(await transfer.ReadAllAsync(source.Signature!, 100, CancellationToken.None), Is.EqualTo("signature"u8.ToArray()));
    }

    [TestCase("42", "?versionId=42")]
    [TestCase("null", "")]
    public async Task A_store_that_keeps_versions_is_asked_for_the_one_that_the_download_began_with(string version, string query)
    {
        using var bench = new FetchBench();
        var file = new ServedFile(Content, "\"v1\"") { More = $"x-amz-version-id: {version}\r\n" };
        await using var store = new FileServer { Files = { [Address] = file, [Address + query] = file } };

        await bench.FetchAsync(await RequestAsync(bench, store));

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(store.Requests.Skip(1).Select(request => request.Path), Is.Not.Empty.And.All.EqualTo(Address + query));
    }

    private static async Task<FetchRequest> RequestAsync(FetchBench bench, FileServer store, string from = "s3://models/model.onnx")
    {
        bench.Workspace.Write("secret/accessKey", "anna");
        bench.Workspace.Write("secret/secretKey", "secret");
        return bench.Request(FetchSource.Parse(from)) with
        {
            S3 = new S3Store { Endpoint = store.At("/"), PathStyle = true },
            Credentials = await SourceCredentials.LoadAsync(bench.Workspace.At("secret"), CancellationToken.None),
        };
    }
}
