using System.Security.Cryptography;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>Public keys that are not as the standards write them, each in one place.</summary>
public class KeyFormTests
{
    private static readonly byte[] Ed25519 = MiniKey.Ed25519("forms").SubjectPublicKeyInfo;
    private static readonly byte[] Rsa = MiniKey.Rsa.SubjectPublicKeyInfo;

    private static IEnumerable<TestCaseData> Malformed()
    {
        yield return Key("something after the key", [.. Ed25519, .. DerEdit.Null], "");
        yield return Key("something after the key's bits", DerEdit.Append(Ed25519, [], DerEdit.Null), "");
        yield return Key("bits that are not whole bytes", DerEdit.Change(Ed25519, [1], static bits => [1, .. bits[1..^1], (byte)(bits[^1] & 0xFE)]), "not whole bytes");
        yield return Key("an Ed25519 key that is too short", DerEdit.Change(Ed25519, [1], static bits => bits[..^1]), "has 32 bytes");
        yield return Key("something after an RSA key", DerEdit.Append(Rsa, [1], DerEdit.Null), "nothing after them");
        yield return Key("something after the numbers of an RSA key", DerEdit.Append(Rsa, [1, 0], DerEdit.Null), "");
        yield return Key("an RSA key of 1024 bits", OfRsa(1024), "2048 to");
        yield return Key("a key that is too long", DerEdit.Append(Ed25519, [0], DerEdit.Value(4, new byte[4096])), "longer than 4096 bytes");

        static TestCaseData Key(string name, byte[] der, string message) => new TestCaseData(der, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Malformed))]
    public void A_malformed_key_is_refused(byte[] der, string message)
    {
        var refused = Assert.Throws<SupplyChainException>(() => VerificationKey.FromPem(PemEncoding.WriteString("PUBLIC KEY", der), "the.pub"))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.KeyInvalid));
        Assert.That(refused.Message, Does.Contain("'the.pub'").And.Contain(message));
    }

    [TestCase("CERTIFICATE")]
    [TestCase("EC PRIVATE KEY")]
    public void Only_what_says_that_it_is_a_public_key_is_read_as_one(string label) =>
        Assert.That(() => VerificationKey.FromPem(PemEncoding.WriteString(label, Ed25519)), Throws.InstanceOf<SupplyChainException>().With.Message.Contains("BEGIN PUBLIC KEY"));

    [Test]
    public void A_part_of_a_key_or_of_a_signature_is_not_read_beyond_its_end()
    {
        var key = MiniKey.Ed25519("forms");
        var (raw, signature) = (Ed25519[^32..], key.Sign("data"u8));
        // The bytes that are missing lie right behind, so that who looks further finds them right.
        Assert.That(LibCrypto.Instance.VerifyEd25519(raw, "data"u8, signature), Is.True);
        Assert.That(LibCrypto.Instance.VerifyEd25519(raw.AsSpan(0, 31), "data"u8, signature), Is.False);
        Assert.That(LibCrypto.Instance.VerifyEd25519(raw, "data"u8, signature.AsSpan(0, 63)), Is.False);
    }

    private static byte[] OfRsa(int bits)
    {
        using var rsa = RSA.Create(bits);
        return rsa.ExportSubjectPublicKeyInfo();
    }
}
