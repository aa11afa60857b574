using System.Security.Cryptography;

namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary>The public bundles of sigstore-conformance, with the arguments and exit codes of its protocol.</summary>
public sealed class VerifyBundleTests
{
    private const string Identity = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    private const string Issuer = "https://token.actions.githubusercontent.com";

    private static IEnumerable<string> Cases() => Vectors.Find("sigstore") is { } folder
        ? Directory.EnumerateDirectories(Path.Combine(folder, "bundle-verify")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
        : ["(not present)"];

    [Test]
    public async Task A_bundle_is_verified_or_refused_as_its_name_says([ValueSource(nameof(Cases))] string name, [Values] bool byDigest)
    {
        var (code, error) = await Plugin.RunAsync(Arguments(name, byDigest));
        TestContext.Out.WriteLine(error);
        if (name.EndsWith("_fail", StringComparison.Ordinal))
        {
            Assert.That(code, Is.EqualTo(1), error);
            Assert.That(error.TrimEnd(), Does.StartWith("kubectl-enterpriseai: ").And.Not.Contain("\n"));
        }
        else
        {
            Assert.That((code, error), Is.EqualTo((0, "")));
        }
    }

    [TestCase("happy-path-v0.3", 0)]
    [TestCase("rekor2-happy-path", 0)]
    [TestCase("managed-key-happy-path", 0)]
    [TestCase("rekor2-timestamp-payload-mismatch_fail", 1)]
    public async Task A_process_of_its_own_exits_with_the_same_code(string name, int expected)
    {
        var (code, error) = await Plugin.RunProcessAsync(Arguments(name, byDigest: false));
        Assert.That(code, Is.EqualTo(expected), error);
    }

    [Test]
    public async Task A_pattern_must_match_the_whole_identity()
    {
        string[] others = [.. Arguments("happy-path-v0.3", byDigest: true).Where(argument => argument != "--certificate-identity" && argument != Identity)];
        var (whole, error) = await Plugin.RunAsync([.. others, "--certificate-identity-regexp", "https://github\\.com/sigstore-conformance/.*@refs/heads/main"]);
        Assert.That(whole, Is.Zero, error);
        var (part, _) = await Plugin.RunAsync([.. others, "--certificate-identity-regexp", "sigstore-conformance"]);
        Assert.That(part, Is.EqualTo(1));
    }

    [TestCase("", "certificate-identity")]
    [TestCase("--certificate-identity me", "issuer")]
    [TestCase("--certificate-identity me --certificate-oidc-issuer it --certificate-identity-regexp m.", "either exactly or as a pattern")]
    public async Task Without_saying_who_must_have_signed_nothing_verifies(string who, string named)
    {
        var vectors = Vectors.Folder("sigstore");
        var bundle = Path.Combine(vectors, "bundle-verify", "happy-path-v0.3", "bundle.sigstore.json");
        var (code, error) = await Plugin.RunAsync(
            ["verify-bundle", "--bundle", bundle, .. who.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--trusted-root", Path.Combine(vectors, "prod_trusted_root.json"), $"sha256:{new string('0', 64)}"]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain(named).Or.Contain("identity"));
    }

    [TestCase("no-such-bundle.json")]
    public async Task A_missing_bundle_or_artifact_is_named(string missing)
    {
        var vectors = Vectors.Folder("sigstore");
        string[] who = ["--certificate-identity", "me", "--certificate-oidc-issuer", "it", "--trusted-root", Path.Combine(vectors, "prod_trusted_root.json")];
        Assert.That((await Plugin.RunAsync(["verify-bundle", "--bundle", missing, .. who, $"sha256:{new string('0', 64)}"])).Error, Does.Contain(missing));
        var bundle = Path.Combine(vectors, "bundle-verify", "happy-path-v0.3", "bundle.sigstore.json");
        Assert.That((await Plugin.RunAsync(["verify-bundle", "--bundle", bundle, .. who, "/nowhere/a.txt"])).Error, Does.Contain("/nowhere/a.txt"));
    }

    internal static string[] Arguments(string name, bool byDigest)
    {
        var vectors = Vectors.Folder("sigstore");
        var folder = Path.Combine(vectors, "bundle-verify", name);
        string Own(string file, string otherwise) => File.Exists(Path.Combine(folder, file)) ? Path.Combine(folder, file) : otherwise;
        string Text(string file, string otherwise) => File.Exists(Path.Combine(folder, file)) ? File.ReadAllText(Path.Combine(folder, file)).Trim() : otherwise;
        var artifact = Own("artifact", Path.Combine(vectors, "bundle-verify", "a.txt"));
        string[] signer = File.Exists(Path.Combine(folder, "key.pub"))
            ? ["--key", Path.Combine(folder, "key.pub")]
            : ["--certificate-identity", Text("identity", Identity), "--certificate-oidc-issuer", Text("issuer", Issuer)];
        return
        [
            "verify-bundle", "--bundle", Path.Combine(folder, "bundle.sigstore.json"), .. signer,
            "--trusted-root", Own("trusted_root.json", Path.Combine(vectors, "prod_trusted_root.json")),
            byDigest ? $"sha256:{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(artifact)))}" : artifact,
        ];
    }
}
