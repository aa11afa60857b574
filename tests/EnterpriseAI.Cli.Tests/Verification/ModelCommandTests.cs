using System.Security.Cryptography;
using System.Text.Json;

namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary>The published model signatures, and signatures made here, with the arguments of the conformance adapter.</summary>
public sealed class ModelCommandTests
{
    private static string Oms => Vectors.Folder("oms");

    [TestCase("v0.2.0-certificate")]
    [TestCase("v0.3.1-certificate")]
    [TestCase("v1.0.0-certificate")]
    [TestCase("v1.0.1-certificate")]
    [TestCase("v1.1.0-certificate")]
    public async Task A_published_signature_by_a_certificate_verifies(string name) =>
        await AssertVerifiesAsync(name, "", "certificate", "--cert-chain", Path.Combine(Oms, "keys", "certificate", "ca-cert.pem"));

    [TestCase("v0.3.1-elliptic-key", "signme-1")]
    [TestCase("v1.0.0-elliptic-key", "signme-1")]
    [TestCase("v1.0.1-elliptic-key", "")]
    [TestCase("v1.1.0-elliptic-key", "")]
    public async Task A_published_signature_by_a_key_verifies(string name, string file) =>
        await AssertVerifiesAsync(name, file, "key", "--public-key", Path.Combine(Oms, "keys", "certificate", "signing-key-pub.pem"));

    [TestCase("v0.3.1-sigstore")]
    [TestCase("v1.0.0-sigstore")]
    [TestCase("v1.0.1-sigstore")]
    [TestCase("v1.1.0-sigstore")]
    public async Task A_published_signature_by_an_identity_verifies(string name) =>
        await AssertVerifiesAsync(name, "", "sigstore", "--identity", "stefanb@us.ibm.com", "--identity-provider", "https://sigstore.verify.ibm.com/oauth2",
            "--trusted-root", Path.Combine(Vectors.Folder("sigstore"), "prod_trusted_root.json"));

    private static async Task AssertVerifiesAsync(string name, string file, string method, params string[] signer)
    {
        using var folder = new ModelFolder(Path.Combine(Oms, name));
        var model = folder.File(file).TrimEnd('/');
        string[] arguments = ["verify-model", "--method", method, "--model-path", model, "--bundle", folder.File("model.sig"), "--ignore-paths", folder.File("ignore-me"), .. signer];
        var (code, error) = await Plugin.RunAsync(arguments);
        Assert.That((code, error), Is.EqualTo((0, "")));

        File.AppendAllText(folder.File("signme-1"), "!");
        (code, error) = await Plugin.RunAsync(arguments);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("changed after signing"));
    }

    [Test]
    public async Task What_is_signed_here_verifies_here_and_nothing_else_does([Values("key", "certificate")] string method, [Values] bool shards, [Values] bool inside)
    {
        using var folder = ModelFolder.WithModel();
        using var elsewhere = ModelFolder.WithModel();
        using var pki = new OwnAuthority(elsewhere);
        var bundle = inside ? folder.File("my.sig") : elsewhere.File("my.sig");
        string[] signer = method == "key" ? [] : ["--signing-cert", pki.Certificate, "--cert-chain", pki.Intermediate];
        var (signed, error) = await Plugin.RunAsync(["sign-model", "--method", method, "--model-path", folder.Path, "--output-bundle", bundle, "--private-key", pki.PrivateKey,
            "--ignore-paths", folder.File("skipped"), .. signer, .. shards ? ["--shard-size", "3"] : Array.Empty<string>()]);
        Assert.That((signed, error), Is.EqualTo((0, "")));

        string[] verify = ["verify-model", "--method", method, "--model-path", folder.Path, "--bundle", bundle, .. method == "key" ? ["--public-key", pki.PublicKey] : new[] { "--cert-chain", pki.Root }];
        Assert.That((await Plugin.RunAsync(verify)).Error, Is.Empty);
        folder.Write("sub/unsigned", "x");
        Assert.That((await Plugin.RunAsync(verify)).Error, Does.Contain("was not signed"));
        Assert.That((await Plugin.RunAsync([.. verify, "--ignore-unsigned-files"])).Error, Is.Empty);
        Assert.That((await Plugin.RunAsync([.. verify, "--ignore-paths", "sub/unsigned"])).Error, Is.Empty);
        folder.Write("weights.bin", "0123456x89");
        Assert.That((await Plugin.RunAsync([.. verify, "--ignore-unsigned-files"])).Error, Does.Contain("'weights.bin").And.Contain("changed after signing"));
        File.Delete(folder.File("weights.bin"));
        Assert.That((await Plugin.RunAsync([.. verify, "--ignore-unsigned-files"])).Code, Is.EqualTo(1));
    }

    [Test]
    public async Task What_is_signed_with_blake2b_verifies_and_a_change_is_found([Values] bool shards)
    {
        using var folder = ModelFolder.WithModel();
        using var elsewhere = ModelFolder.WithModel();
        using var pki = new OwnAuthority(elsewhere);
        var (signed, error) = await Plugin.RunAsync(["sign-model", "--method", "key", "--model-path", folder.Path, "--output-bundle", folder.File("model.sig"), "--private-key", pki.PrivateKey,
            "--hash", "blake2b", .. shards ? ["--shard-size", "3"] : Array.Empty<string>()]);
        Assert.That((signed, error), Is.EqualTo((0, "")));
        var statement = JsonDocument.Parse(JsonDocument.Parse(await File.ReadAllBytesAsync(folder.File("model.sig"))).RootElement.GetProperty("dsseEnvelope").GetProperty("payload").GetBytesFromBase64()).RootElement;
        var predicate = statement.GetProperty("predicate");
        Assert.That(predicate.GetProperty("serialization").GetProperty("hash_type").GetString(), Is.EqualTo("blake2b"));
        Assert.That(predicate.GetProperty("resources").EnumerateArray().Select(resource => resource.GetProperty("digest").GetString()!.Length), Is.All.EqualTo(128));

        string[] verify = ["verify-model", "--method", "key", "--model-path", folder.Path, "--bundle", folder.File("model.sig"), "--public-key", pki.PublicKey];
        Assert.That(await Plugin.RunAsync(verify), Is.EqualTo((0, "")));
        folder.Write("weights.bin", "0123456x89");
        Assert.That((await Plugin.RunAsync(verify)).Error, Does.Contain("changed after signing"));
    }

    [TestCase("sign-model --method key --hash blake3", "no BLAKE3")]
    [TestCase("sign-model --method key --hash md5", "give sha256 or blake2b")]
    [TestCase("sign-model --method key", "--private-key")]
    [TestCase("sign-model --method sigstore", "not offered")]
    [TestCase("verify-model --method key", "--public-key")]
    [TestCase("verify-model --method certificate", "--cert-chain")]
    [TestCase("verify-model --method sigstore", "--identity")]
    [TestCase("verify-model --method sigstore --identity me", "--identity-provider")]
    [TestCase("verify-model --method magic", "magic")]
    public async Task What_a_method_needs_and_is_not_given_is_named(string line, string named)
    {
        using var folder = ModelFolder.WithModel();
        var (code, error) = await Plugin.RunAsync([.. line.Split(' '), "--model-path", folder.Path, line.StartsWith("sign", StringComparison.Ordinal) ? "--output-bundle" : "--bundle", folder.File("model.sig")]);
        Assert.That(code, Is.Not.Zero);
        Assert.That(error, Does.Contain(named));
    }

    [Test]
    public async Task A_certificate_that_nobody_would_accept_is_not_signed_with()
    {
        using var folder = ModelFolder.WithModel();
        using var elsewhere = ModelFolder.WithModel();
        using var pki = new OwnAuthority(elsewhere, purpose: "1.3.6.1.5.5.7.3.1");
        var (code, error) = await Plugin.RunAsync("sign-model", "--method", "certificate", "--model-path", folder.Path, "--output-bundle", folder.File("model.sig"),
            "--private-key", pki.PrivateKey, "--signing-cert", pki.Certificate, "--cert-chain", pki.Intermediate);
        Assert.That((code, File.Exists(folder.File("model.sig"))), Is.EqualTo((1, false)));
        Assert.That(error, Does.Contain("codeSigning"));
    }

    [Test]
    public async Task A_signature_by_the_old_tool_s_key_of_another_model_is_refused_by_name()
    {
        using var folder = ModelFolder.WithModel();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = folder.Write("k.pub", key.ExportSubjectPublicKeyInfoPem());
        var (code, error) = await Plugin.RunAsync("verify-model", "--method", "key", "--model-path", folder.Path, "--bundle", Path.Combine(Oms, "v1.1.0-elliptic-key", "model.sig"), "--public-key", publicKey);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e3f8e"));
    }
}
