using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>Manifests and leftovers that need no registry but one of files.</summary>
[CancelAfter(60_000)]
public sealed class OciAnswerTests
{
    private static readonly byte[] Content = FetchBench.Bytes(300_000);
    private static readonly OciDescriptor Layer = new("application/octet-stream", OciDigest.Of(Content), Content.Length)
    {
        Annotations = new Dictionary<string, string> { ["org.opencontainers.image.title"] = "model.onnx" },
    };

    [Test]
    public async Task A_list_of_images_is_refused()
    {
        using var bench = new FetchBench();
        await using var registry = Serve(new OciManifest { MediaType = OciManifest.IndexMediaType, Manifests = [Layer] });

        var failure = await bench.FailureAsync(bench.Request(AddressIn(registry)));

        Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("ArtifactInvalid", AgentFailure.Permanent)));
        Assert.That(failure.Message, Does.Contain("is a list of images for several processors; give the digest of a model artifact"));
    }

    [Test]
    public async Task A_part_that_is_longer_than_the_layer_is_thrown_away()
    {
        using var bench = new FetchBench();
        await using var registry = Serve(new OciManifest { Config = Layer, Layers = [Layer] });
        File.WriteAllBytes(bench.Workspace.At("got.partial"), [.. Content, 0]);

        await bench.FetchAsync(bench.Request(AddressIn(registry), ModelDigest.OfBytes(Content)));

        Assert.That(bench.Got, Is.EqualTo(Content));
        Assert.That(bench.Said.ToString(), Does.Contain("more has come than the registry has; starting anew"));
    }

    private static Uri AddressIn(FileServer registry) => FetchSource.Parse($"oci://localhost:{registry.Port}/models/penguin:1");

    private static FileServer Serve(OciManifest manifest) => new()
    {
        Files =
        {
            ["/v2/models/penguin/manifests/1"] = new ServedFile(manifest.Serialize()) { More = $"Content-Type: {manifest.MediaType}\r\n" },
            [$"/v2/models/penguin/blobs/{Layer.Digest}"] = new ServedFile(Content),
        },
    };
}
