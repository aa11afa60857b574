using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(60_000)]
public sealed class ArtifactFetcherTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    [Test]
    public async Task A_broken_download_goes_on_where_it_ended()
    {
        using var workspace = new Workspace();
        await using var server = new BreakingServer((number, _) => number == 0
            ? Answer.Whole(Content, 40_000, "ETag: \"v1\"\r\n")
            : Answer.From(Content, 40_000, "ETag: \"v1\"\r\n"));

        var result = await FetchAsync(workspace, server.Address, null);

        Assert.That(File.ReadAllBytes(workspace.At("got")), Is.EqualTo(Content));
        Assert.That(server.Requests[1], Does.Contain("Range: bytes=40000-").And.Contain("If-Range: \"v1\""));
        Assert.That(result.Digest, Is.EqualTo(ModelDigest.OfBytes(Content).ToString()));
        Assert.That(File.Exists(workspace.At("got.partial")), Is.False);
    }

    [Test]
    public async Task Without_a_tag_or_digest_a_broken_download_starts_anew()
    {
        using var workspace = new Workspace();
        await using var server = new BreakingServer((number, _) => Answer.Whole(Content, number == 0 ? 40_000 : Content.Length));

        await FetchAsync(workspace, server.Address, null);

        Assert.That(File.ReadAllBytes(workspace.At("got")), Is.EqualTo(Content));
        Assert.That(server.Requests[1], Does.Contain("Range: bytes=0-"));
    }

    [Test]
    public async Task A_part_left_by_an_earlier_process_is_taken_up_and_a_wrong_one_is_thrown_away()
    {
        using var workspace = new Workspace();
        await using var server = new BreakingServer((_, head) => head.Contains("Range: bytes=10-", StringComparison.Ordinal)
            ? Answer.From(Content, 10)
            : Answer.Whole(Content, Content.Length));

        File.WriteAllBytes(workspace.At("got.partial"), Content[..10]);
        await FetchAsync(workspace, server.Address, ModelDigest.OfBytes(Content));
        Assert.That(File.ReadAllBytes(workspace.At("got")), Is.EqualTo(Content));
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        File.Delete(workspace.At("got"));
        File.WriteAllBytes(workspace.At("got.partial"), new byte[10]);
        await FetchAsync(workspace, server.Address, ModelDigest.OfBytes(Content));
        Assert.That(File.ReadAllBytes(workspace.At("got")), Is.EqualTo(Content));
        Assert.That(server.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task What_is_right_already_is_not_asked_for()
    {
        using var workspace = new Workspace();
        await using var server = new BreakingServer((_, _) => Answer.Status(500));
        File.WriteAllBytes(workspace.At("got"), Content);

        var run = await workspace.AgentAsync(["fetch", "--from", server.Address.ToString(), "--to", workspace.At("got"), "--digest", ModelDigest.OfBytes(Content).ToString()]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("nothing to do"));
        Assert.That(run.LastLine, Does.Contain("\"unchanged\":true"));
        Assert.That(server.Requests, Is.Empty);
    }

    [TestCase(404, AgentFailure.Permanent, 1)]
    [TestCase(403, AgentFailure.Permanent, 1)]
    [TestCase(503, AgentFailure.Retryable, 3)]
    [TestCase(429, AgentFailure.Retryable, 3)]
    public async Task A_refusal_is_final_and_an_overload_is_tried_again(int status, int exitCode, int requests)
    {
        using var workspace = new Workspace();
        await using var server = new BreakingServer((_, _) => Answer.Status(status));

        var failure = await Failure.OfAsync(() => FetchAsync(workspace, server.Address, null, retries: 2));

        Assert.That(failure.ExitCode, Is.EqualTo(exitCode));
        Assert.That(failure.Message, Does.Contain($"{status}").And.Contain(server.Address.ToString()));
        Assert.That(server.Requests, Has.Count.EqualTo(requests));
        Assert.That(File.Exists(workspace.At("got")), Is.False);
    }

    [Test]
    public async Task Another_digest_is_refused_and_what_was_there_stays()
    {
        using var workspace = new Workspace();
        workspace.Write("got", "former");
        await using var server = new BreakingServer((_, _) => Answer.Whole(Content, Content.Length));

        var failure = await Failure.OfAsync(() => FetchAsync(workspace, server.Address, ModelDigest.OfBytes([1])));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("DigestMismatch", AgentFailure.Permanent)));
        Assert.That(File.ReadAllText(workspace.At("got")), Is.EqualTo("former"));
        Assert.That(File.Exists(workspace.At("got.partial")), Is.False);
        Assert.That(server.Requests, Has.Count.EqualTo(1), "nothing was left from before that could be the fault");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task More_than_allowed_is_refused_whether_announced_or_not(bool announced)
    {
        using var workspace = new Workspace();
        await using var server = new BreakingServer((_, _) => announced
            ? Answer.Whole(Content, Content.Length)
            : new Answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Content));

        var failure = await Failure.OfAsync(() => FetchAsync(workspace, server.Address, null, maxBytes: 99_999));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("ArtifactTooLarge", AgentFailure.Permanent)));
    }

    [Test]
    public async Task A_folder_is_copied_with_its_signature_and_replaces_what_was_there()
    {
        using var workspace = new Workspace();
        var (key, publicKey) = workspace.KeyPair("model-signing");
        workspace.Write("source/model.onnx", "model");
        workspace.Write("source/labels/names.txt", "names");
        await workspace.AgentAsync(["sign", "--artifact", workspace.At("source"), "--key", key]);
        workspace.Write("target/old.onnx", "old");
        string[] fetch = ["fetch", "--from", $"file://{workspace.At("source")}", "--to", workspace.At("target")];

        var first = await workspace.AgentAsync(fetch);
        var second = await workspace.AgentAsync(fetch);
        File.Delete(workspace.At("target", "model.sig"));
        var third = await workspace.AgentAsync(fetch);

        Assert.That(new[] { first, second, third }.Select(run => run.LastLine.Contains("\"unchanged\":true", StringComparison.Ordinal)), Is.EqualTo((bool[])[false, true, false]));
        Assert.That(File.Exists(workspace.At("target", "old.onnx")), Is.False);
        Assert.That((await workspace.AgentAsync(["verify", "--artifact", workspace.At("target"), "--public-key", publicKey])).ExitCode, Is.Zero);
        Assert.That(Directory.GetFileSystemEntries(workspace.At()).Select(Path.GetFileName), Has.None.Contains("partial").And.None.Contains("former"));
    }

    [Test]
    public async Task A_copy_of_another_digest_is_refused_and_what_was_there_stays()
    {
        using var workspace = new Workspace();
        workspace.Write("got", "former");

        var failure = await Failure.OfAsync(() => FetchAsync(workspace, new Uri(workspace.Write("source", "model")), ModelDigest.OfBytes([1])));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("DigestMismatch", AgentFailure.Permanent)));
        Assert.That(File.ReadAllText(workspace.At("got")), Is.EqualTo("former"));
    }

    [Test]
    public async Task What_changes_between_the_look_at_it_and_its_copy_is_not_published()
    {
        using var workspace = new Workspace();
        var source = new Uri(workspace.Write("source", "model"));

        var failure = await Failure.OfAsync(() => FetchAsync(workspace, source, null, growing: _ => workspace.Write("source", "other")));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("SourceChanged", AgentFailure.Retryable)));
        Assert.That(Directory.GetFileSystemEntries(workspace.At()).Select(Path.GetFileName), Is.EqualTo((string[])["source"]));
    }

    [Test]
    public async Task A_source_that_is_missing_or_of_no_known_kind_is_named()
    {
        using var workspace = new Workspace();

        var missing = await workspace.AgentAsync(["fetch", "--from", $"file://{workspace.At("absent")}", "--to", workspace.At("got")]);
        var unknown = await workspace.AgentAsync(["fetch", "--from", "ftp://host/file", "--to", workspace.At("got")]);

        Assert.That((missing.ExitCode, unknown.ExitCode), Is.EqualTo((AgentFailure.Permanent, AgentFailure.Permanent)));
        Assert.That(missing.TerminationLog, Does.Contain("ArtifactNotFound").And.Contain("absent"));
        Assert.That(unknown.Error, Does.Contain("--from: 'ftp://host/file' is not allowed, allowed are file:///path"));
    }

    private static async Task<FetchResult> FetchAsync(Workspace workspace, Uri from, ModelDigest? digest, int retries = 3, long maxBytes = 1 << 30, Action<long>? growing = null)
    {
        var host = new AgentHost(TextWriter.Null, TextWriter.Null, _ => null, TimeProvider.System);
        var request = new FetchRequest(from, workspace.At("got"), digest) { Retries = retries, MaxBytes = maxBytes, Backoff = TimeSpan.FromMilliseconds(1) };
        return await new ArtifactFetcher(host).FetchAsync(request, growing, CancellationToken.None);
    }
}
