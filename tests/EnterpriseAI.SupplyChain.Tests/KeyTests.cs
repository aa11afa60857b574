using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests;

public class KeyTests
{
    [Test]
    public void One_key_serves_many_threads_and_a_signature_that_is_none_spoils_nothing()
    {
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        byte[] data = [1, 2, 3];
        (VerificationKey Key, byte[] Signature)[] keys =
        [
            (VerificationKey.FromPem(ecdsa.ExportSubjectPublicKeyInfoPem()), ecdsa.SignData(data, HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence)),
            (VerificationKey.FromPem(rsa.ExportSubjectPublicKeyInfoPem()), rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
        ];
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var (key, signature) = keys[i % keys.Length];
            Assert.That(key.Verify(data, signature), Is.True);
            Assert.That(key.Verify([1, 2, 4], signature), Is.False);
            Assert.That(key.Verify(data, [0x30, 0x82]), Is.False);
        });
    }

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
    public void Hashes_of_content_are_the_published_ones()
    {
        // RFC 7693, appendix A, and FIPS 180-2, appendix B.1.
        foreach (var (kind, expected) in new[]
        {
            (ContentHashKind.Blake2b, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"),
            (ContentHashKind.Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        })
        {
            using var hash = new ContentHash(kind);
            for (var round = 0; round < 2; round++)
            {
                hash.Append("a"u8);
                hash.Append("bc"u8);
                Assert.That(Convert.ToHexStringLower(hash.GetHashAndReset()), Is.EqualTo(expected), $"{kind}, round {round}");
            }
        }
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
        await AssertRefused(() => SigningKey.LoadAsync(folder.Write("the.key", asPrivate[^1])), "is encrypted: give an unencrypted PKCS#8 PEM");

        static async Task AssertRefused(Func<Task> load, string name)
        {
            var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => load()))!;
            Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.KeyInvalid));
            Assert.That(refused.Message, Does.Contain(name));
        }
    }
}
