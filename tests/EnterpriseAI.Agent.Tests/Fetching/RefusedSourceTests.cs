using System.Text;
using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>Sources, answers, secrets and leftovers with one thing wrong each.</summary>
[CancelAfter(60_000)]
public sealed class RefusedSourceTests
{
    private static readonly byte[] Content = FetchBench.Bytes(300_000);

    [TestCase("")]
    [TestCase("Location: ftp://localhost/model.onnx\r\n")]
    [TestCase("Location: file:///etc/passwd\r\n")]
    public async Task A_redirect_to_nowhere_that_can_be_fetched_from_is_refused(string location)
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Before = _ => Task.FromResult<Misbehaviour?>(Misbehaviour.Status(302, location)) };

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("RedirectRefused", AgentFailure.Permanent)));
        bench.AssertLeft();
    }

    [Test]
    public async Task A_folder_whose_address_has_a_query_is_refused()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();

        var failure = await bench.FailureAsync(bench.Request(server.At("/model/?signature=x")));

        Assert.That((failure.Reason, failure.Message.Contains("signature=x", StringComparison.Ordinal)), Is.EqualTo(("InvalidSource", false)));
    }

    [TestCase("file://server/share/model.onnx")]
    [TestCase("https:///model.onnx")]
    [TestCase("model.onnx")]
    public void What_is_no_address_is_refused(string address)
        => Assert.That(Assert.Throws<AgentFailure>(() => FetchSource.Parse(address))!.Message, Does.Contain("is not allowed, allowed are"));

    [Test]
    public async Task A_secret_that_is_none_is_refused()
    {
        using var workspace = new Workspace();
        async Task<string> WithAsync(string token)
        {
            workspace.Write("secret/token", token);
            return (await Failure.OfAsync(() => SourceCredentials.LoadAsync(workspace.At("secret"), CancellationToken.None))).Message;
        }

        Assert.That(await WithAsync(new string('x', (64 << 10) + 1)), Does.Contain("is larger than 65536 bytes"));
        Assert.That(await WithAsync(""), Does.Contain("is empty or holds control characters"));
        Assert.That(await WithAsync("a\r\nX-Evil: 1"), Does.Contain("is empty or holds control characters"));
    }

    [TestCase("s3://models/model.onnx", "token", "needs files named accessKey and secretKey")]
    [TestCase("oci://localhost:1/models/penguin:1", "accessKey,secretKey", "needs files named username and password, or token, or .dockerconfigjson")]
    public async Task A_secret_for_another_kind_of_source_is_refused(string from, string files, string expected)
    {
        using var bench = new FetchBench();
        foreach (var file in files.Split(','))
        {
            bench.Workspace.Write($"secret/{file}", "x");
        }

        var request = bench.Request(FetchSource.Parse(from)) with { Credentials = await SourceCredentials.LoadAsync(bench.Workspace.At("secret"), CancellationToken.None) };

        Assert.That(() => ArtifactSources.Open(request, Host(bench)), Throws.TypeOf<AgentFailure>().With.Message.Contains(expected));
    }

    [Test]
    public async Task A_file_of_authorities_is_not_endless()
    {
        using var bench = new FetchBench();
        var file = bench.Workspace.Write("ca.pem", new string('x', (1 << 20) + 1));

        var failure = await bench.FailureAsync(bench.Request(new Uri("https://localhost:1/model.onnx")) with { CaFile = file });

        Assert.That(failure.Message, Does.Contain("is larger than 1048576 bytes"));
    }

    [TestCase("bytes 5-9/300000", TestName = "A_part_of_another_place_is_not_taken_for_the_beginning")]
    [TestCase("bytes 0-0/1, bytes", TestName = "A_part_of_no_place_is_not_taken_for_the_beginning")]
    public async Task A_part_that_was_not_asked_for_is_not_taken_for_the_beginning(string range)
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        server.Before = _ => Task.FromResult<Misbehaviour?>(Misbehaviour.Status(206, $"Content-Range: {range}\r\nETag: \"v1\"\r\n"));

        var failure = await bench.FailureAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(failure.ExitCode, Is.EqualTo(AgentFailure.Retryable), failure.Message);
        bench.AssertLeft();
    }

    [Test]
    public async Task A_chunk_of_a_file_of_another_length_is_not_taken_for_a_part_of_this_one()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        var other = new ServedFile([.. Content, 0], "\"v1\"");
        server.Before = request =>
        {
            server.Files["/model.onnx"] = request.Number == 1 ? other : server.Files["/model.onnx"];
            return Task.FromResult<Misbehaviour?>(null);
        };

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")) with { Connections = 1 });

        Assert.That(bench.Got, Is.EqualTo(other.Content), "begun anew, not put together of two");
        Assert.That(bench.Said.ToString(), Does.Contain("starting anew"));
    }

    [Test]
    public async Task Without_a_digest_nothing_that_an_earlier_process_left_is_taken_up([Values] bool inChunks)
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/model.onnx"] = new ServedFile(Content, "\"v1\"") } };
        bench.Workspace.Write("got.partial", new string('x', 100_000));
        if (inChunks)
        {
            bench.Workspace.Write("got.partial.chunks", """{"version":"\"v1\"","total":300000,"chunkBytes":100000}""" + "\n100");
        }

        await bench.FetchAsync(bench.Request(server.At("/model.onnx")));

        Assert.That(bench.Got.AsSpan().SequenceEqual(Content), "nothing but a digest could tell what the other process left");
    }

    private static IEnumerable<TestCaseData> Records()
    {
        const string Header = """{"version":"\"v1\"","total":300000,"chunkBytes":100000}""";
        yield return Record("no end of the header", Header + "000");
        yield return Record("too few marks", Header + "\n00");
        yield return Record("too many marks", Header + "\n0000");
        yield return Record("no JSON", "{\n000");
        yield return Record("no version", """{"total":300000,"chunkBytes":100000}""" + "\n000");
        yield return Record("no bytes", """{"version":"v","total":0,"chunkBytes":100000}""" + "\n");
        yield return Record("less than no bytes", """{"version":"v","total":-300000,"chunkBytes":-100000}""" + "\n00");
        yield return Record("chunks of nothing", """{"version":"v","total":300000,"chunkBytes":0}""" + "\n000");
        yield return Record("too many chunks", """{"version":"v","total":1048577,"chunkBytes":1}""" + "\n" + new string('0', 1_048_577));
        yield return Record("a header that is too long", $$"""{"version":"{{new string('v', 4096)}}","total":3,"chunkBytes":1}""" + "\n000");
        yield return Record("a record that is too long", $$"""{"version":"v","total":1048575,"chunkBytes":1}""" + new string(' ', 5000) + "\n" + new string('0', 1_048_575));

        static TestCaseData Record(string name, string text) => new TestCaseData(text).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Records))]
    public void A_record_of_chunks_that_is_damaged_is_not_gone_on_from(string record)
    {
        using var workspace = new Workspace();
        var path = workspace.Write("model.part", "what has come");
        workspace.Write("model.part.chunks", record);

        using var begun = PartialFile.TryOpen(path);

        Assert.That(begun, Is.Null);
    }

    [Test]
    public void A_record_of_chunks_that_is_whole_is_gone_on_from()
    {
        using var workspace = new Workspace();
        var path = workspace.Write("model.part", "what has come");
        workspace.Write("model.part.chunks", """{"version":"\"v1\"","total":300000,"chunkBytes":100000}""" + "\n010");

        using var begun = PartialFile.TryOpen(path);

        Assert.That(begun!.Wanted, Is.EqualTo((int[])[0, 2]));
        Assert.That(begun.RangeOf(2), Is.EqualTo((200_000, 300_000)));
    }

    [Test]
    public async Task A_copy_ends_at_its_limit_however_long_the_source_goes_on()
    {
        using var to = new MemoryStream();
        await BoundedCopy.RunAsync(new MemoryStream(Content), to, Content.Length, "a file", CancellationToken.None);
        Assert.That(to.Length, Is.EqualTo(Content.Length));

        var failure = await Failure.OfAsync(() => BoundedCopy.RunAsync(new MemoryStream(Content), to, Content.Length - 1, "a file", CancellationToken.None));

        Assert.That(failure.Reason, Is.EqualTo("ArtifactTooLarge"));
    }

    [Test]
    public void A_path_that_no_file_system_takes_is_refused()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var file = new HttpFile(http, new Uri("https://host/"), null, TimeProvider.System);
        var path = string.Join('/', Enumerable.Repeat(new string('x', 200), 6));

        Assert.That(Assert.Throws<AgentFailure>(() => RemoteArtifact.Folder("https://host/m/", [new RemoteArtifactFile(path, file)]))!.Message, Does.Contain("not a relative path"));
    }

    [Test]
    public async Task Sizes_that_are_announced_count_before_anything_comes()
    {
        using var bench = new FetchBench();
        var request = bench.Request(new Uri("https://host/m/")) with { MaxBytes = 100 };
        var unreachable = new UnreachableFile();
        var source = new Listed(RemoteArtifact.Folder("https://host/m/", [new("a", unreachable, Bytes: 60), new("b", unreachable, Bytes: long.MaxValue)]));

        var failure = await Failure.OfAsync(() => new ArtifactDownload(Host(bench), request, source, ArtifactLimits.Default, null).RunAsync(new Staging(bench.Target), CancellationToken.None));

        Assert.That((failure.Reason, unreachable.WasAsked), Is.EqualTo(("ArtifactTooLarge", false)));
    }

    [TestCase(null)]
    [TestCase(5L)]
    public async Task A_finished_file_that_an_ended_process_left_is_not_kept_when_nothing_says_that_it_is_right(long? bytes)
    {
        using var bench = new FetchBench();
        var right = new AnsweringFile(new ScriptedAnswer("right"));
        bench.Workspace.Write("source/a", "right");
        bench.Workspace.Write("got.partial/a", "of another length");
        var request = bench.Request(new Uri("https://host/m/"), (await ArtifactReader.HashAsync(bench.Workspace.At("source"))).Digest);
        var source = new Listed(RemoteArtifact.Folder(request.Shown, [new("a", right, Bytes: bytes)]));

        var received = await new ArtifactDownload(Host(bench), request, source, ArtifactLimits.Default, null).RunAsync(new Staging(bench.Target), CancellationToken.None);

        Assert.That(received.Digest, Is.EqualTo(request.Digest));
        Assert.That(bench.Said.ToString(), Does.Not.Contain("starting anew"), "that would fetch the files that are right once more");
    }

    [Test]
    public async Task A_small_file_is_no_larger_than_allowed()
    {
        using var bench = new FetchBench();

        Assert.That(await ReadAllAsync(bench, 5, new ScriptedAnswer("right")), Is.EqualTo("right"u8.ToArray()));
        Assert.That((await Failure.OfAsync(() => ReadAllAsync(bench, 4, new ScriptedAnswer("right")))).Reason, Is.EqualTo("ArtifactTooLarge"));
    }

    [Test]
    public async Task A_small_file_whose_answer_ends_early_is_asked_for_again()
    {
        using var bench = new FetchBench();

        Assert.That(await ReadAllAsync(bench, 5, new ScriptedAnswer("rig", Announced: 5), new ScriptedAnswer("right")), Is.EqualTo("right"u8.ToArray()));
        Assert.That(bench.Said.ToString(), Does.Contain("the connection ended after 3 of 5 bytes; attempt 2 of 4"));
    }

    private static AgentHost Host(FetchBench bench) => new(bench.Said, TextWriter.Null, _ => null, TimeProvider.System);

    private static async Task<byte[]> ReadAllAsync(FetchBench bench, int allowed, params ScriptedAnswer[] answers)
    {
        using var transfer = new Transfer(Host(bench), bench.Request(new Uri("https://host/m/")), new ByteBudget(1 << 20, "a file"));
        return await transfer.ReadAllAsync(new AnsweringFile(answers), allowed, CancellationToken.None);
    }

    private sealed record ScriptedAnswer(string Content, long? Announced = null);

    private sealed class AnsweringFile(params ScriptedAnswer[] answers) : IRemoteFile
    {
        private int _asked;

        public string Shown => "a file";

        public Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken)
        {
            var answer = answers[_asked++];
            var content = new MemoryStream(Encoding.UTF8.GetBytes(answer.Content));
            return Task.FromResult(new RemoteBody(content, content) { Announced = answer.Announced ?? content.Length, Total = answer.Announced ?? content.Length });
        }
    }

    private sealed class Listed(RemoteArtifact artifact) : IArtifactSource
    {
        public IRemoteFile? Signature => null;

        public Task<RemoteArtifact> ListAsync(Transfer transfer, CancellationToken cancellationToken) => Task.FromResult(artifact);

        public void Dispose()
        {
        }
    }

    private sealed class UnreachableFile : IRemoteFile
    {
        public bool WasAsked { get; private set; }

        public string Shown => "a file";

        public Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken)
        {
            WasAsked = true;
            throw new RemoteTrouble(RemoteTroubleKind.Passing, "it is not there");
        }
    }
}
