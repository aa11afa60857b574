using System.Formats.Asn1;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>Certificates that are not as the standard writes them, each in one place.</summary>
public class CertificateFormTests
{
    private static readonly MiniCertificate Made = MiniSigstore.Authority("an authority", "an authority", MiniSigstore.RootKey, MiniSigstore.RootKey, 0) with { SerialNumber = 7 };

    // In the certificate the extensions are, in order: basic constraints, key usage, subject key identifier, extended key usage.
    private static readonly byte[] Der = Made.With(MiniExtension.Purposes(false, Oids.CodeSigning)).Encode();

    private static IEnumerable<TestCaseData> Ends()
    {
        yield return End("the certificate");
        yield return End("what is signed", 0);
        yield return End("the version", 0, 0);
        yield return End("the validity", 0, 4);
        yield return End("the key", 0, 6);
        yield return End("the algorithm of the key", 0, 6, 0);
        yield return End("the algorithm of the signature", 1);
        yield return End("the extensions", 0, 7);
        yield return End("an extension", 0, 7, 0, 0);
        yield return End("the basic constraints", 0, 7, 0, 0, 2, 0);
        yield return End("the value of the basic constraints", 0, 7, 0, 0, 2);
        yield return End("the value of the key usage", 0, 7, 0, 1, 2);
        yield return End("the value of the purposes", 0, 7, 0, 3, 1);

        static TestCaseData End(string name, params int[] path) => new TestCaseData(path).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Ends))]
    public void Nothing_may_follow_where_a_part_ends(int[] path)
    {
        Assert.That(() => Certificate.Parse(Der, "it"), Throws.Nothing);
        AssertRefused(DerEdit.Append(Der, path, DerEdit.Null), "");
    }

    [Test]
    public void A_version_is_1_to_3()
    {
        foreach (var (version, isKnown) in new[] { ((byte)1, true), ((byte)2, true), ((byte)3, false), ((byte)0xFF, false) })
        {
            var der = DerEdit.Change(Der, [0, 0, 0], _ => [version]);
            if (isKnown)
                Assert.That(() => Certificate.Parse(der, "it"), Throws.Nothing, $"{version}");
            else
                AssertRefused(der, "its version");
        }
    }

    [Test]
    public void The_algorithm_that_is_signed_is_the_one_beside_the_signature()
    {
        AssertRefused(DerEdit.Change(Der, [0, 2, 0], oid => [.. oid[..^1], (byte)(oid[^1] ^ 1)]), "it names two signature algorithms");
        AssertRefused(DerEdit.Append(Der, [0, 2], DerEdit.Null), "it names two signature algorithms");
    }

    [Test]
    public void An_extension_is_there_once() =>
        AssertRefused((Made with { Extensions = [.. Made.Extensions, Made.Extensions[0]] }).Encode(), $"it has the extension {Oids.BasicConstraints} twice");

    [Test]
    public void Extensions_are_bounded_in_number_and_size()
    {
        var many = Enumerable.Range(0, 65).Select(number => new MiniExtension($"1.2.3.{number}", false, [])).ToList();
        Assert.That(() => Certificate.Parse((Made with { Extensions = many[1..] }).Encode(), "it"), Throws.Nothing);
        AssertRefused((Made with { Extensions = many }).Encode(), "it has more than 64 extensions");
        AssertRefused(Made.With(new MiniExtension("1.2.3.4", false, new byte[64 << 10])).Encode(), "it is larger than 65536 bytes");
    }

    [Test]
    public void A_path_length_is_not_negative() => AssertRefused(Made.With(MiniExtension.Authority(-1)).Encode(), "its path length is not a number");

    [TestCase("an authority", "root", true)]
    [TestCase("an authority", "other", false, Description = "the name alone says nothing")]
    [TestCase("another", "root", false)]
    public void A_root_names_and_signs_itself(string issuer, string signer, bool isRoot)
    {
        var key = signer == "root" ? MiniSigstore.RootKey : MiniSigstore.OtherKey;
        Assert.That(Certificate.Parse((Made with { Issuer = issuer, Signer = key }).Encode(), "it").IsSelfSigned, Is.EqualTo(isRoot));
    }

    [Test]
    public void A_maze_of_authorities_of_one_name_is_left_after_64_signatures()
    {
        var named = Made with { Subject = "x", Issuer = "x" };
        var authorities = Enumerable.Range(1, 10).Select(number => Certificate.Parse((named with { SerialNumber = number }).Encode(), $"authority {number}")).ToList();
        var leaf = Certificate.Parse((named with { Subject = "leaf" }).Encode(), "the leaf");
        Assert.That(() => new CertificatePaths(CheckSet.All).Find(leaf, authorities, [], MiniSigstore.Now, Oids.CodeSigning),
            Throws.InstanceOf<VerificationException>().With.Message.Contains("more than 64 signatures"));
    }

    private static IEnumerable<TestCaseData> Lists()
    {
        byte[] promise = [0, .. new byte[32], .. new byte[8], 0, 0, 4, 3, 0, 1, 7];
        Assert.That(CertificateTimestamp.In(WithPromises(Vector(Vector(promise)))), Has.Count.EqualTo(1));
        yield return List("something after the list", [.. Vector(Vector(promise)), 0], "after the list");
        yield return List("a list without a length", [0], "a length is too large");
        yield return List("a promise that ends in its head", Vector(Vector(promise[..40])), "one is not of version 1");
        yield return List("a promise of another version", Vector(Vector([1, .. promise[1..]])), "one is not of version 1");
        yield return List("a promise that ends before it says how it is signed", Vector(Vector(promise[..44])), "one ends too early");
        yield return List("a promise with something after its signature", Vector(Vector([.. promise, 0])), "after its signature");
        yield return List("33 promises", Vector([.. Enumerable.Repeat(Vector(promise), 33).SelectMany(static one => one)]), "more than 32");

        static byte[] Vector(byte[] bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
        static TestCaseData List(string name, byte[] list, string message) => new TestCaseData(list, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Lists))]
    public void A_malformed_list_of_promises_is_refused(byte[] list, string message) =>
        Assert.That(() => CertificateTimestamp.In(WithPromises(list)), Throws.InstanceOf<VerificationException>().With.Message.Contains(message));

    [Test]
    public void Nothing_follows_the_list_of_promises_in_its_extension() =>
        Assert.That(() => CertificateTimestamp.In(Certificate.Parse(Made.With(new MiniExtension(Oids.SignedCertificateTimestamps, false, [4, 2, 0, 0, .. DerEdit.Null])).Encode(), "it")),
            Throws.InstanceOf<VerificationException>());

    private static IEnumerable<TestCaseData> Names()
    {
        var named = MiniExtension.Names((1, "signer@example.com")).Value;
        yield return Name("a name of no kind", MiniExtension.Der(static writer =>
        {
            using (writer.PushSequence())
                writer.WriteCharacterString(UniversalTagNumber.IA5String, "signer@example.com");
        }));
        yield return Name("something after the names", [.. named, .. DerEdit.Null]);
        yield return Name("something after a name of Fulcio's own", DerEdit.Append(MiniExtension.OtherName("signer!example.com").Value, [0], DerEdit.Null));

        static TestCaseData Name(string name, byte[] value) => new TestCaseData(value).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Names))]
    public void Malformed_names_are_refused(byte[] value) => Assert.That(
        () => FulcioNames.Subjects(Certificate.Parse(Made.With(new MiniExtension(Oids.SubjectAlternativeName, false, value)).Encode(), "it")), Throws.InstanceOf<VerificationException>());

    [Test]
    public void Nothing_follows_the_issuer_of_an_identity() => Assert.That(
        () => FulcioNames.Issuer(Certificate.Parse(Made.With(new MiniExtension(Oids.FulcioIssuerV2, false, [.. MiniExtension.Text("1.2", "issuer").Value, .. DerEdit.Null])).Encode(), "it")),
        Throws.InstanceOf<VerificationException>());

    private static Certificate WithPromises(byte[] list) => Certificate.Parse(Made.With(MiniExtension.Octets(Oids.SignedCertificateTimestamps, list)).Encode(), "it");

    private static void AssertRefused(byte[] der, string message)
    {
        var refused = Assert.Throws<VerificationException>(() => Certificate.Parse(der, "it"))!;
        Assert.That(refused.Step, Is.EqualTo(VerificationStep.CertificateFormat));
        Assert.That(refused.Message, Does.Contain(message));
    }
}
