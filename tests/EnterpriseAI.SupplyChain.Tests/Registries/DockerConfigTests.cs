using System.Text;

namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>How the docker client's credentials are read.</summary>
public class DockerConfigTests
{
    private static readonly string Auth = Convert.ToBase64String("alice:pass:word"u8);

    private static string Config(string registry) => "{\"auths\":{\"" + registry + "\":{\"auth\":\"" + Auth + "\"}}}";

    private static OciCredentials? For(string json, string reference) => DockerConfig.Parse(Encoding.UTF8.GetBytes(json)).For(OciReference.Parse(reference));

    [TestCase("ghcr.io", "ghcr.io/a")]
    [TestCase("https://ghcr.io", "ghcr.io/a")]
    [TestCase("https://ghcr.io/v2/", "ghcr.io/a")]
    [TestCase("ghcr.io/a", "ghcr.io/a/b:tag")]
    [TestCase("localhost:5000", "localhost:5000/a")]
    [TestCase("https://index.docker.io/v1/", "docker.io/alpine")]
    public void Credentials_are_found_by_registry(string key, string reference)
    {
        var credentials = For(Config(key), reference)!;
        Assert.That((credentials.Username, credentials.Password), Is.EqualTo(("alice", "pass:word")));
        Assert.That(credentials.ToString(), Is.EqualTo("alice"));
    }

    [TestCase("ghcr.io", "ghcr.io.evil.com/a")]
    [TestCase("ghcr.io", "evil.com/ghcr.io")]
    [TestCase("ghcr.io/acme", "ghcr.io/acme-evil/a")]
    [TestCase("ghcr.io", "ghcr.io:5000/a")]
    [TestCase("https://index.docker.io/v1/", "ghcr.io/a")]
    public void Credentials_are_for_no_other_registry(string key, string reference) =>
        Assert.That(For(Config(key), reference), Is.Null);

    [Test]
    public void The_longest_path_decides()
    {
        var json = """{"auths":{"ghcr.io":{"username":"all","password":"p"},"ghcr.io/acme":{"username":"acme","password":"p"}}}""";
        Assert.That(For(json, "ghcr.io/acme/model")!.Username, Is.EqualTo("acme"));
        Assert.That(For(json, "ghcr.io/other")!.Username, Is.EqualTo("all"));
    }

    [Test]
    public void Tokens_are_read()
    {
        Assert.That(For("""{"auths":{"a.io":{"identitytoken":"refresh"}}}""", "a.io/a")!.IdentityToken, Is.EqualTo("refresh"));
        Assert.That(For("""{"auths":{"a.io":{"registrytoken":"bearer"}}}""", "a.io/a")!.RegistryToken, Is.EqualTo("bearer"));
    }

    [TestCase("""{"credHelpers":{"a.io":"pass"}}""")]
    [TestCase("""{"auths":{"a.io":{}},"credsStore":"pass"}""")]
    public void Credentials_that_a_program_keeps_are_an_error_to_ask_for(string json) =>
        Assert.That(Assert.Throws<SupplyChainException>(() => For(json, "a.io/a"))!.Reason, Is.EqualTo(SupplyChainReason.Unsupported));

    [TestCase("""{"auths":{"a.io":{"auth":"c2VjcmV0"}}}""")]
    [TestCase("""{"auths":{"a.io":{"auth":"****secret"}}}""")]
    [TestCase("""{"auths":{"a.io":null}}""")]
    [TestCase("""{"auths":{"a.io":{"auth":["secret"]}}}""")]
    [TestCase("""{"auths":{"a.io":{"auth":"secret" x""")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("")]
    public void A_malformed_config_is_refused_without_showing_a_secret(string json)
    {
        var refused = Assert.Throws<SupplyChainException>(() => DockerConfig.Parse(Encoding.UTF8.GetBytes(json)))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.Malformed));
        Assert.That(refused.Message, Does.Not.Contain("secret").And.Not.Contain("c2VjcmV0"));
    }
}
