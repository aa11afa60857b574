using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>The client against a registry that others wrote.</summary>
public class DockerRegistryTests
{
    private static OciRegistry Client(OciCredentials? credentials = null) => new(RegistryHttp.Client, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback, Credentials = _ => credentials });

    [Test]
    public async Task What_is_pushed_is_pulled_by_tag_and_by_digest()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var client = Client();
        var reference = registry.Reference("acme/model:1.0.0");
        var (manifest, content) = await PushAsync(client, reference, 3 << 20);

        var byTag = await client.GetManifestAsync(reference);
        Assert.That(byTag.Descriptor.Digest, Is.EqualTo(manifest.Digest));
        Assert.That((await client.GetManifestAsync(byTag.Reference)).Bytes.ToArray(), Is.EqualTo(byTag.Bytes.ToArray()));
        var layer = byTag.Manifest.Layers.Single();
        Assert.That(layer.Annotations["org.opencontainers.image.title"], Is.EqualTo("model.onnx"));
        using var pulled = new MemoryStream();
        await client.DownloadBlobAsync(reference, layer, pulled);
        Assert.That(pulled.ToArray(), Is.EqualTo(content));

        // Pushing again changes nothing.
        Assert.That((await PushAsync(client, reference, 3 << 20)).Manifest.Digest, Is.EqualTo(manifest.Digest));
    }

    [Test]
    public async Task A_download_goes_on_where_it_ended_and_parts_can_be_read_alone()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var client = Client();
        var reference = registry.Reference("acme/model:1.0.0");
        var (_, content) = await PushAsync(client, reference, 1 << 20);
        var layer = (await client.GetManifestAsync(reference)).Manifest.Layers.Single();

        using var pulled = new MemoryStream();
        pulled.Write(content, 0, 700_000);
        await client.DownloadBlobAsync(reference, layer, pulled);
        Assert.That(pulled.ToArray(), Is.EqualTo(content));
        await using var part = await client.OpenBlobAsync(reference, layer, 1000, 5000);
        using var read = new MemoryStream();
        await part.CopyToAsync(read);
        Assert.That(read.ToArray(), Is.EqualTo(content[1000..6000]));

        // A beginning that is not the blob's is found out at the end, and not kept.
        pulled.SetLength(700_000);
        pulled.Position = 5;
        pulled.WriteByte((byte)~content[5]);
        var refused = await Assert.CatchAsync<SupplyChainException>(() => client.DownloadBlobAsync(reference, layer, pulled));
        Assert.That(refused!.Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
        Assert.That(pulled.Length, Is.Zero);
    }

    [Test]
    public async Task A_blob_that_was_changed_in_the_registry_is_refused()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var client = Client();
        var reference = registry.Reference("acme/model:1.0.0");
        await PushAsync(client, reference, 1000);
        var resolved = await client.GetManifestAsync(reference);
        var layer = resolved.Manifest.Layers.Single();

        var file = registry.BlobFile(layer.Digest);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[500] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        Assert.That((await Assert.CatchAsync<SupplyChainException>(() => client.GetBlobAsync(reference, layer, 1000)))!.Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
    }

    [Test]
    public async Task What_refers_to_a_manifest_is_listed_by_the_fallback_tag()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var client = Client();
        var reference = registry.Reference("acme/model:1.0.0");
        var (model, _) = await PushAsync(client, reference, 100);
        Assert.That(await client.GetReferrersAsync(reference, model.Digest), Is.Empty);

        var config = await client.PushBlobAsync(reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var pushed = new List<OciDigest>();
        foreach (var text in new[] { "one", "two" })
        {
            var layer = await client.PushBlobAsync(reference, Encoding.UTF8.GetBytes(text), "text/plain");
            var referrer = new OciManifest { ArtifactType = "text/plain", Config = config, Layers = [layer], Subject = model };
            pushed.Add((await client.PushManifestAsync(reference with { Tag = null }, referrer)).Digest);
        }
        var listed = await client.GetReferrersAsync(reference, model.Digest);
        Assert.That(listed.Select(descriptor => descriptor.Digest), Is.EqualTo(pushed));
        Assert.That((await client.GetManifestAsync(reference.At(pushed[1]))).Manifest.Subject!.Digest, Is.EqualTo(model.Digest));
    }

    [Test]
    public async Task A_password_is_asked_for_and_checked()
    {
        await using var registry = await DockerRegistry.StartAsync(withPassword: true);
        var reference = registry.Reference("acme/model:1.0.0");
        await PushAsync(Client(new OciCredentials { Username = DockerRegistry.Username, Password = DockerRegistry.Password }), reference, 100);

        var none = await Assert.CatchAsync<SupplyChainException>(() => Client().GetManifestAsync(reference));
        Assert.That(none!.Reason, Is.EqualTo(SupplyChainReason.RegistryDenied));
        Assert.That(none.Message, Does.Contain("docker login"));
        var wrong = await Assert.CatchAsync<SupplyChainException>(() => Client(new OciCredentials { Username = "alice", Password = "wrong-password" }).GetManifestAsync(reference));
        Assert.That(wrong!.Reason, Is.EqualTo(SupplyChainReason.RegistryDenied));
        Assert.That(wrong.Message, Does.Contain("alice").And.Not.Contain("wrong-password"));
    }

    [Test]
    public async Task What_is_not_there_is_named()
    {
        await using var registry = await DockerRegistry.StartAsync();
        var client = Client();
        var missing = await Assert.CatchAsync<SupplyChainException>(() => client.GetManifestAsync(registry.Reference("acme/model:2.0.0")));
        Assert.That(missing!.Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
        Assert.That(missing.Message, Does.Contain("acme/model:2.0.0"));
        await PushAsync(client, registry.Reference("acme/model:1.0.0"), 10);
        var blob = await Assert.CatchAsync<SupplyChainException>(() => client.GetBlobAsync(registry.Reference("acme/model"), new OciDescriptor("x", OciDigest.Of("?"u8), 1), 10));
        Assert.That(blob!.Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
    }

    /// <summary>Pushes an image with one layer of bytes that are the same in every run.</summary>
    private static async Task<(OciDescriptor Manifest, byte[] Content)> PushAsync(OciRegistry client, OciReference reference, int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        var config = await client.PushBlobAsync(reference, "{}"u8.ToArray(), OciManifest.EmptyMediaType);
        var layer = new OciDescriptor("application/octet-stream", OciDigest.Parse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(content))), size)
        {
            Annotations = new Dictionary<string, string> { ["org.opencontainers.image.title"] = "model.onnx" },
        };
        await client.PushBlobAsync(reference, layer, () => new MemoryStream(content));
        return (await client.PushManifestAsync(reference, new OciManifest { ArtifactType = "application/vnd.example.model", Config = config, Layers = [layer] }), content);
    }
}
