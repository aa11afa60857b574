namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>How references to registries are read.</summary>
public class OciReferenceTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [TestCase("ghcr.io/acme/model", "ghcr.io", "acme/model", null, false)]
    [TestCase("ghcr.io/acme/model:1.0.0", "ghcr.io", "acme/model", "1.0.0", false)]
    [TestCase("oci://ghcr.io/acme/model:1.0.0", "ghcr.io", "acme/model", "1.0.0", false)]
    [TestCase("localhost/model", "localhost", "model", null, false)]
    [TestCase("localhost:5000/a/b__c/d-e:x@sha256:" + Hex, "localhost:5000", "a/b__c/d-e", "x", true)]
    [TestCase("[::1]:5000/model@sha256:" + Hex, "[::1]:5000", "model", null, true)]
    [TestCase("docker.io/alpine", "docker.io", "library/alpine", null, false)]
    public void A_reference_is_read(string text, string registry, string repository, string? tag, bool hasDigest)
    {
        var reference = OciReference.Parse(text);
        Assert.That((reference.Registry, reference.Repository, reference.Tag, reference.Digest?.Hex), Is.EqualTo((registry, repository, tag, hasDigest ? Hex : null)));
        Assert.That(OciReference.Parse(reference.ToString()), Is.EqualTo(reference));
    }

    [TestCase("model", "must begin with a registry")]
    [TestCase("/model", "must begin with a registry")]
    [TestCase("acme/model", "'acme' is not a registry")]
    [TestCase("ghcr.io/", "'' is not a repository")]
    [TestCase("ghcr.io/Acme", "'Acme' is not a repository")]
    [TestCase("ghcr.io/a//b", "'a//b' is not a repository")]
    [TestCase("ghcr.io/a/../b", "'a/../b' is not a repository")]
    [TestCase("ghcr.io/a?x=y", "'a?x=y' is not a repository")]
    [TestCase("ghcr.io/a:", "'' is not a tag")]
    [TestCase("ghcr.io/a:-x", "'-x' is not a tag")]
    [TestCase("ghcr.io/a@sha256:12", "there must be a digest")]
    [TestCase("ghcr.io/a@md5:" + Hex, "there must be a digest")]
    [TestCase("ghcr.io/a@sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "there must be a digest")]
    [TestCase("ghcr.io:port/a", "'ghcr.io:port' is not a registry")]
    [TestCase("user:password@ghcr.io/a", "there must be a digest")]
    [TestCase("https://ghcr.io/a", "'https:' is not a registry")]
    [TestCase("evil.com#@ghcr.io/a", "there must be a digest")]
    [TestCase("ghcr.io/a\n", "is not a repository")]
    public void What_is_no_reference_is_refused_by_its_part(string text, string part)
    {
        var refused = Assert.Throws<SupplyChainException>(() => OciReference.Parse(text))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.Malformed));
        Assert.That(refused.Message, Does.Contain(part));
    }

    [Test]
    public void A_long_text_is_no_reference() =>
        Assert.That(Assert.Throws<SupplyChainException>(() => OciReference.Parse("ghcr.io/" + new string('a', 2000)))!.Message, Does.Contain("longer than 1024"));

    [Test]
    public void A_digest_of_the_wrong_length_or_case_is_none()
    {
        foreach (var text in new[] { "", "sha256:", "sha256:" + Hex[1..], "sha256:" + Hex + "0", "sha512:" + Hex, Hex, "sha256:" + Hex[1..] + "G", null })
            Assert.That(OciDigest.TryParse(text, out _), Is.False, text);
        Assert.That(OciDigest.Parse("sha512:" + Hex + Hex).Algorithm, Is.EqualTo(HashAlgorithmType.Sha512));
        Assert.That(OciDigest.Parse("sha256:" + Hex).IsOf([]), Is.True);
        Assert.That(OciDigest.Parse("sha256:" + Hex).IsOf([0]), Is.False);
    }
}
