using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(60_000)]
public sealed class HttpFolderTests
{
    [Test]
    public async Task A_signed_folder_comes_with_every_file_that_the_signature_names()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        var (digest, publicKey) = await PublishAsync(bench, server);

        var run = await bench.Workspace.AgentAsync(["fetch", "--from", server.At("/m/").ToString(), "--to", bench.Target, "--digest", digest.ToString()]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.LastLine, Does.Contain(digest.ToString()).And.Contain("\"cached\":false"));
        Assert.That((await bench.Workspace.AgentAsync(["verify", "--artifact", bench.Target, "--public-key", publicKey])).ExitCode, Is.Zero);
        Assert.That(Directory.GetFiles(bench.Target, "*", SearchOption.AllDirectories), Has.Length.EqualTo(4), "nothing but the three files and the signature");
        Assert.That(File.Exists(bench.Target + ".partial.parts"), Is.False);
    }

    [Test]
    public async Task Files_that_an_ended_process_finished_do_not_come_again()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        var (digest, _) = await PublishAsync(bench, server);
        server.Before = request => Task.FromResult(request.Path.EndsWith("names%20%231.txt", StringComparison.Ordinal) ? Misbehaviour.Status(404) : null);
        var request = bench.Request(server.At("/m/"), digest) with { Connections = 1 };

        await bench.FailureAsync(request);
        server.Before = _ => Task.FromResult<Misbehaviour?>(null);
        server.Requests.Clear();
        await bench.FetchAsync(request);

        Assert.That(server.Requests.Select(made => made.Path), Does.Contain("/m/labels/names%20%231.txt").And.Not.Contain("/m/evaluation.json"));
        Assert.That((await ArtifactReader.HashAsync(bench.Target)).Digest, Is.EqualTo(digest));
    }

    [Test]
    public async Task A_file_other_than_the_signed_one_is_named()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        var (digest, _) = await PublishAsync(bench, server);
        server.Files["/m/model.onnx"] = new ServedFile("evil"u8.ToArray(), "\"v1\"");

        var failure = await bench.FailureAsync(bench.Request(server.At("/m/"), digest));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("DigestMismatch", AgentFailure.Permanent)));
        Assert.That(failure.Message, Does.Contain("'model.onnx' is not the file that was signed or pushed by this name"));
        Assert.That(Directory.Exists(bench.Target), Is.False);
    }

    [Test]
    public async Task Another_folder_than_the_wanted_one_is_refused_whoever_signed_it()
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        await PublishAsync(bench, server);

        var failure = await bench.FailureAsync(bench.Request(server.At("/m/"), ModelDigest.OfBytes([1])));

        Assert.That(failure.Reason, Is.EqualTo("DigestMismatch"));
        Assert.That(Directory.Exists(bench.Target), Is.False);
    }

    [TestCase("../evil")]
    [TestCase("a/../../evil")]
    [TestCase("/etc/evil")]
    [TestCase("a\\..\\evil")]
    [TestCase("a//evil")]
    [TestCase("ev\u0001il")]
    public async Task A_name_that_leads_elsewhere_is_refused_before_anything_comes(string name)
    {
        using var bench = new FetchBench();
        await using var server = new FileServer();
        await PublishAsync(bench, server);
        server.Files["/m/model.sig"] = new ServedFile(WithName(server.Files["/m/model.sig"].Content, name));

        var refused = await Refusal(bench, server);

        Assert.That(refused, Does.Contain("relative path").Or.Contain("order"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(Directory.EnumerateFileSystemEntries(bench.Workspace.At(), "*evil*", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void A_listing_that_cannot_be_written_is_refused()
    {
        var file = new HttpFile(new HttpMessageInvoker(new SocketsHttpHandler()), new Uri("https://host/"), null, TimeProvider.System);
        RemoteArtifact Folder(params string[] names) => RemoteArtifact.Folder("https://host/m/", [.. names.Select(name => new RemoteArtifactFile(name, file))]);

        Assert.That(() => Folder(), Throws.TypeOf<AgentFailure>().With.Message.Contains("holds no file"));
        Assert.That(() => Folder("a", "b/c", "a/b"), Throws.TypeOf<AgentFailure>().With.Message.Contains("'a' both as a file and as a folder"));
        Assert.That(() => Folder("a", "a"), Throws.TypeOf<AgentFailure>().With.Message.Contains("two files of one name"));
        Assert.That(() => Folder("../a"), Throws.TypeOf<AgentFailure>().With.Message.Contains("not a relative path"));
        Assert.That(() => Folder(new string('x', 256)), Throws.TypeOf<AgentFailure>().With.Message.Contains("not a relative path"));
        Assert.That(() => Folder([.. Enumerable.Range(0, 10_001).Select(number => $"{number}")]), Throws.TypeOf<AgentFailure>().With.Message.Contains("more than 10000 files"));
        Assert.That(Folder("a", "b/c").IsFolder, Is.True);
    }

    [TestCase("{}")]
    [TestCase("not json")]
    [TestCase("")]
    public async Task A_signature_that_is_none_is_named(string signature)
    {
        using var bench = new FetchBench();
        await using var server = new FileServer { Files = { ["/m/model.sig"] = new ServedFile(Encoding.UTF8.GetBytes(signature)) } };

        Assert.That(await Refusal(bench, server), Does.Contain("model.sig"));
    }

    private static async Task<string> Refusal(FetchBench bench, FileServer server)
    {
        var run = await bench.Workspace.AgentAsync(["fetch", "--from", server.At("/m/").ToString(), "--to", bench.Target]);
        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent), run.Output);
        Assert.That(Directory.Exists(bench.Target), Is.False);
        return run.Error;
    }

    private static async Task<(ModelDigest Digest, string PublicKey)> PublishAsync(FetchBench bench, FileServer server)
    {
        var (key, publicKey) = bench.Workspace.KeyPair("signing");
        var source = bench.Workspace.At("source");
        bench.Workspace.Write("source/labels/names #1.txt", "names");
        bench.Workspace.Write("source/evaluation.json", "[]");
        File.WriteAllBytes(Path.Combine(source, "model.onnx"), FetchBench.Bytes(200_000));
        Assert.That((await bench.Workspace.AgentAsync(["sign", "--artifact", source, "--key", key])).ExitCode, Is.Zero);
        var digest = (await ArtifactReader.HashAsync(source)).Digest;
        foreach (var file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            var path = string.Join('/', Path.GetRelativePath(source, file).Split('/').Select(Uri.EscapeDataString));
            server.Files[$"/m/{path}"] = new ServedFile(await File.ReadAllBytesAsync(file), "\"v1\"");
        }

        Directory.Delete(source, recursive: true);
        return (digest, publicKey);
    }

    // The signature is no longer right, which is not known at this point.
    private static byte[] WithName(byte[] bundle, string name)
    {
        var json = JsonNode.Parse(bundle)!;
        var envelope = json["dsseEnvelope"]!;
        var statement = JsonNode.Parse(Convert.FromBase64String(envelope["payload"]!.GetValue<string>()))!;
        statement["predicate"]!["resources"]![0]!["name"] = name;
        envelope["payload"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(statement.ToJsonString()));
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
