using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;
using EnterpriseAI.SupplyChain.Tests.Registries;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(120_000)]
public sealed class OciFetchTests
{
    private const string Title = "org.opencontainers.image.title";
    private static readonly byte[] Content = FetchBench.Bytes(1_000_003);

    [Test]
    public async Task A_pushed_file_comes_as_a_file_and_in_chunks()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var bench = new FetchBench();
        var reference = await PushAsync(registry, ("model.onnx", Content));

        var byDigest = await bench.FetchAsync(bench.Request(FetchSource.Parse($"oci://{reference}"), ModelDigest.OfBytes(Content)));

        Assert.That(byDigest.Digest, Is.EqualTo(ModelDigest.OfBytes(Content).ToString()));
        Assert.That(bench.Got, Is.EqualTo(Content));
        bench.AssertLeft("got");
    }

    [Test]
    public async Task A_signed_folder_comes_with_its_signature_and_verifies()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var bench = new FetchBench();
        var (key, publicKey) = bench.Workspace.KeyPair("signing");
        bench.Workspace.Write("source/labels/names.txt", "names");
        File.WriteAllBytes(bench.Workspace.At("source", "model.onnx"), Content);
        Assert.That((await bench.Workspace.AgentAsync(["sign", "--artifact", bench.Workspace.At("source"), "--key", key])).ExitCode, Is.Zero);
        var digest = (await ArtifactReader.HashAsync(bench.Workspace.At("source"))).Digest;
        var reference = await PushAsync(registry, [.. ((string[])["labels/names.txt", "model.onnx", "model.sig"]).Select(name => (name, File.ReadAllBytes(bench.Workspace.At("source", name))))]);

        var run = await bench.Workspace.AgentAsync(["fetch", "--from", $"oci://{reference}", "--to", bench.Target, "--digest", digest.ToString()]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That((await bench.Workspace.AgentAsync(["verify", "--artifact", bench.Target, "--public-key", publicKey])).ExitCode, Is.Zero);
    }

    [Test]
    public async Task One_file_is_a_folder_when_the_digest_is_that_of_the_folder()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var bench = new FetchBench();
        var reference = await PushAsync(registry, ("model.onnx", Content));
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(bench.Workspace.At("source")).FullName, "model.onnx"), Content);
        var digest = (await ArtifactReader.HashAsync(bench.Workspace.At("source"))).Digest;

        await bench.FetchAsync(bench.Request(FetchSource.Parse($"oci://{reference}"), digest));

        Assert.That(File.ReadAllBytes(Path.Combine(bench.Target, "model.onnx")), Is.EqualTo(Content));
    }

    [Test]
    public async Task Images_with_a_model_inside_and_packed_folders_are_refused()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var bench = new FetchBench();
        var image = await PushAsync(registry, new Dictionary<string, string>());
        var packed = await PushAsync(registry, new Dictionary<string, string> { [Title] = "folder", ["io.deis.oras.content.unpack"] = "true" });
        var leading = await PushAsync(registry, ("../evil", Content));

        var ofImage = await bench.FailureAsync(bench.Request(FetchSource.Parse($"oci://{image}")));
        var ofPacked = await bench.FailureAsync(bench.Request(FetchSource.Parse($"oci://{packed}")));
        var ofLeading = await bench.FailureAsync(bench.Request(FetchSource.Parse($"oci://{leading}"), ModelDigest.OfBytes([1])));

        Assert.That(ofImage.Message, Does.Contain("an image that has a model inside").And.Contain("oras push"));
        Assert.That(ofPacked.Message, Does.Contain("the folder 'folder' packed as an archive"));
        Assert.That(ofLeading.Message, Does.Contain("'../evil', which is not a relative path"));
    }

    [Test]
    public async Task What_is_missing_or_another_is_named()
    {
        await using var registry = await DockerRegistry.StartAsync();
        using var bench = new FetchBench();
        var reference = await PushAsync(registry, ("model.onnx", Content));

        var missing = await bench.FailureAsync(bench.Request(FetchSource.Parse($"oci://{registry.Host}/models/absent:1")));
        var other = await bench.FailureAsync(bench.Request(FetchSource.Parse($"oci://{reference}"), ModelDigest.OfBytes([1])));
        File.WriteAllBytes(registry.BlobFile(OciDigest.Of(Content)), FetchBench.Bytes(Content.Length, 2));
        var changed = await bench.FailureAsync(bench.Request(FetchSource.Parse($"oci://{reference}"), ModelDigest.OfBytes(Content)));

        Assert.That((missing.Reason, missing.ExitCode), Is.EqualTo(("SourceRefused", AgentFailure.Permanent)));
        Assert.That(other.Reason, Is.EqualTo("DigestMismatch"));
        Assert.That(changed.Reason, Is.EqualTo("DigestMismatch"));
        Assert.That(Path.Exists(bench.Target), Is.False);
    }

    [Test]
    public async Task Credentials_open_a_registry_and_their_absence_is_named([Values] bool pullSecret)
    {
        await using var registry = await DockerRegistry.StartAsync(withPassword: true);
        using var bench = new FetchBench();
        var credentials = new OciCredentials { Username = DockerRegistry.Username, Password = DockerRegistry.Password };
        var reference = await PushAsync(registry, credentials, null, ("model.onnx", Content));
        if (pullSecret)
        {
            var auth = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{DockerRegistry.Username}:{DockerRegistry.Password}"));
            bench.Workspace.Write("secret/.dockerconfigjson", "{\"auths\":{\"" + registry.Host + "\":{\"auth\":\"" + auth + "\"}}}");
        }
        else
        {
            bench.Workspace.Write("secret/username", DockerRegistry.Username);
            bench.Workspace.Write("secret/password", DockerRegistry.Password);
        }

        string[] arguments = ["fetch", "--from", $"oci://{reference}", "--to", bench.Target];
        var without = await bench.Workspace.AgentAsync(arguments);
        var with = await bench.Workspace.AgentAsync([.. arguments, "--credentials", bench.Workspace.At("secret")]);

        Assert.That((without.ExitCode, with.ExitCode), Is.EqualTo((AgentFailure.Permanent, 0)), with.Error);
        Assert.That(without.Error, Does.Contain("--credentials"));
    }

    private static Task<OciReference> PushAsync(DockerRegistry registry, params (string Title, byte[] Content)[] files) => PushAsync(registry, null, null, files);

    private static Task<OciReference> PushAsync(DockerRegistry registry, Dictionary<string, string> annotations) => PushAsync(registry, null, annotations, ("layer", Content));

    private static async Task<OciReference> PushAsync(DockerRegistry registry, OciCredentials? credentials, Dictionary<string, string>? annotations, params (string Title, byte[] Content)[] files)
    {
        using var http = OciRegistry.CreateHttpClient();
        var client = new OciRegistry(http, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback, Credentials = _ => credentials });
        var repository = registry.Reference("models/penguin");
        var layers = new List<OciDescriptor>();
        foreach (var (title, content) in files)
        {
            var layer = await client.PushBlobAsync(repository, content, "application/octet-stream");
            layers.Add(layer with { Annotations = annotations ?? new Dictionary<string, string> { [Title] = title } });
        }

        var config = await client.PushBlobAsync(repository, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var manifest = await client.PushManifestAsync(repository, new OciManifest { ArtifactType = "application/vnd.example.model", Config = config, Layers = layers });
        return repository.At(manifest.Digest);
    }
}
