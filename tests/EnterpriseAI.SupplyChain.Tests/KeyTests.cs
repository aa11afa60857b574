using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests;

public class KeyTests
{
    [Test]
    public async Task A_key_pair_written_as_PEM_is_read_back()
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var loaded = await SigningKey.LoadAsync(folder.Write("cosign.key", key.ExportPkcs8PrivateKeyPem()));
        var expected = EcdsaPublicKey.Of(key);
        var fromFile = await EcdsaPublicKey.LoadAsync(folder.Write("cosign.pub", "a comment\n" + expected.Pem));
        Assert.That(EcdsaPublicKey.Of(loaded).KeyId, Is.EqualTo(expected.KeyId));
        Assert.That(fromFile.KeyId, Is.EqualTo(expected.KeyId));
        Assert.That(fromFile.Algorithm, Is.EqualTo("PKIX_ECDSA_P256_SHA_256"));
    }

    [Test]
    public async Task Files_that_are_no_usable_key_are_refused_and_named()
    {
        using var folder = new TemporaryFolder();
        using var rsa = RSA.Create(2048);
        using var koblitz = ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.10"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] asPublic = ["", "garbage", rsa.ExportSubjectPublicKeyInfoPem(), koblitz.ExportSubjectPublicKeyInfoPem(), key.ExportPkcs8PrivateKeyPem(),
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", new string('x', 70_000)];
        foreach (var pem in asPublic)
            await AssertRefused(() => EcdsaPublicKey.LoadAsync(folder.Write("the.pub", pem)), "the.pub");
        string[] asPrivate = ["", "garbage", rsa.ExportPkcs8PrivateKeyPem(), koblitz.ExportPkcs8PrivateKeyPem(), key.ExportSubjectPublicKeyInfoPem(),
            key.ExportEncryptedPkcs8PrivateKeyPem("p", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1))];
        foreach (var pem in asPrivate)
            await AssertRefused(() => SigningKey.LoadAsync(folder.Write("the.key", pem)), "the.key");
        await AssertRefused(() => SigningKey.LoadAsync(folder.File("absent")), "absent");

        static async Task AssertRefused(Func<Task> load, string name)
        {
            var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => load()))!;
            Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.KeyInvalid));
            Assert.That(refused.Message, Does.Contain(name));
        }
    }
}
