using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain.Tests;

public class ModelDigestTests
{
    [TestCase("")]
    [TestCase("sha256:")]
    [TestCase("sha512:0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("sha256:000000000000000000000000000000000000000000000000000000000000000G")]
    [TestCase("sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000")]
    [TestCase("sha256:00000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("SHA256:0000000000000000000000000000000000000000000000000000000000000000")]
    public void Text_that_is_not_a_digest_is_refused(string text) =>
        Assert.That(Assert.Throws<SupplyChainException>(() => ModelDigest.Parse(text))!.Reason, Is.EqualTo(SupplyChainReason.Malformed));

    [Test]
    public async Task A_single_file_has_the_plain_hash_of_its_bytes()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("model.onnx", "weights");
        var expected = "sha256:" + Convert.ToHexStringLower(SHA256.HashData("weights"u8));
        var artifact = await ArtifactReader.HashAsync(file);
        Assert.That(artifact.Digest.ToString(), Is.EqualTo(expected));
        Assert.That(artifact.Digest, Is.EqualTo(ModelDigest.OfBytes("weights"u8)));
        Assert.That(ModelDigest.Parse(expected), Is.EqualTo(artifact.Digest));
    }

    [Test]
    public async Task A_folder_has_the_hash_of_its_sorted_file_hashes()
    {
        using var folder = new TemporaryFolder();
        // U+1F40D sorts after U+FF21 by code points but before it by UTF-16 units.
        string[] sorted = ["B", "a", "a/b", "a0", "\uFF21", "\U0001F40D"];
        foreach (var name in sorted.Where(name => name != "a").Reverse())
            folder.Write(name, name);
        string[] expected = [.. sorted.Where(name => name != "a")];
        var artifact = await ArtifactReader.ReadAsync(folder.Path);
        var concatenated = expected.SelectMany(name => SHA256.HashData(Encoding.UTF8.GetBytes(name))).ToArray();
        Assert.That(artifact.Files.Select(file => file.Name), Is.EqualTo(expected));
        Assert.That(artifact.Digest.Hex, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(concatenated))));
    }
}
