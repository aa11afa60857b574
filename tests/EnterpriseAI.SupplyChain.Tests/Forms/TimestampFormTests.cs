using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>Signed timestamps that are not as the standards write them, each in one place.</summary>
public class TimestampFormTests
{
    private static readonly byte[] Der = new MiniTimestampAuthority(static leaf => leaf).Timestamp("a signature"u8.ToArray()).Encode();

    // Where the parts of a token without certificates lie: the signed data, the content and its wrapping, the signer.
    private static readonly int[] SignedData = [1, 1, 0];
    private static readonly int[] Encapsulated = [.. SignedData, 2];
    private static readonly int[] Info = [.. Encapsulated, 1, 0, 0];
    private static readonly int[] Signers = [.. SignedData, 3];
    private static readonly int[] Signer = [.. Signers, 0];
    private static readonly int[] Attributes = [.. Signer, 3];

    private static IEnumerable<TestCaseData> Ends()
    {
        yield return End("the response");
        yield return End("the content's kind and the content", 1);
        yield return End("the content", 1, 1);
        yield return End("the signed data", SignedData);
        yield return End("what is signed", Encapsulated);
        yield return End("the wrapping of what is signed", [.. Encapsulated, 1]);
        yield return End("the octets of what is signed", [.. Encapsulated, 1, 0]);
        yield return End("the imprint", [.. Info, 2]);
        yield return End("the algorithm of the imprint", [.. Info, 2, 0]);
        yield return End("the one signer", Signers);
        yield return End("the name of the signer", [.. Signer, 1]);
        yield return End("an attribute", [.. Attributes, 0]);
        yield return End("the value of an attribute", [.. Attributes, 0, 1]);

        static TestCaseData End(string name, params int[] path) => new TestCaseData(path).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Ends))]
    public void Nothing_may_follow_where_a_part_ends(int[] path)
    {
        Assert.That(() => TimestampToken.Parse(Der), Throws.Nothing);
        // An algorithm may have one parameter that says nothing.
        AssertRefused(DerEdit.Append(Der, path, [.. DerEdit.Null, .. DerEdit.Null]), "");
    }

    [Test]
    public void Nothing_follows_the_unsigned_attributes()
    {
        Assert.That(() => TimestampToken.Parse(DerEdit.Append(Der, Signer, 0xA1, 0)), Throws.Nothing);
        AssertRefused(DerEdit.Append(Der, Signer, [0xA1, 0, .. DerEdit.Null]), "");
    }

    [Test]
    public void Nothing_follows_the_response() => AssertRefused([.. Der, .. DerEdit.Null], "");

    [Test]
    public void A_refusal_is_told_apart_from_a_token()
    {
        AssertRefused(DerEdit.Change(Der, [], static content => DerEdit.Split(content)[0]), "the authority answered with status 0 and without a timestamp");
        AssertRefused(DerEdit.Change(Der, [1, 0], static oid => [.. oid[..^1], 1]), "it is not signed data");
    }

    [Test]
    public void The_content_is_of_version_1() => AssertRefused(DerEdit.Change(Der, [.. Info, 0], static _ => [2]), "its version is not 1");

    [Test]
    public void A_signer_signs_attributes() => AssertRefused(
        DerEdit.Change(Der, Signer, static content => [.. DerEdit.Split(content) is var parts ? parts[..3].Concat(parts[4..]).SelectMany(static part => part) : []]), "it has no signed attributes");

    [Test]
    public void An_attribute_is_there_once_and_there_are_not_many()
    {
        AssertRefused(DerEdit.Change(Der, Attributes, static content => [.. content, .. DerEdit.Split(content)[0]]), "occurs twice");
        var more = Enumerable.Range(0, 33).SelectMany(static number => DerEdit.Value(0x30, [6, 2, 0x2A, (byte)number, 0x31, 2, .. DerEdit.Null])).ToArray();
        AssertRefused(DerEdit.Append(Der, Attributes, more), "more than 32");
    }

    [Test]
    public void Certificates_are_bounded_in_number()
    {
        var certificate = MiniSigstore.Authority("a root", "a root", MiniSigstore.TsaRootKey, MiniSigstore.TsaRootKey).Encode();
        byte[] With(int count) => new MiniTimestampAuthority(static leaf => leaf).Timestamp("a signature"u8.ToArray()) is var made
            ? (made with { EmbeddedCertificates = [.. Enumerable.Repeat(certificate, count)] }).Encode() : [];
        Assert.That(TimestampToken.Parse(With(10)).Certificates, Has.Count.EqualTo(10));
        AssertRefused(With(11), "more than 10 certificates");
    }

    [Test]
    public void A_token_is_bounded_in_size() => AssertRefused(DerEdit.Append(Der, [1], DerEdit.Value(4, new byte[256 << 10])), "it is larger than 262144 bytes");

    private static void AssertRefused(byte[] der, string message)
    {
        var refused = Assert.Throws<VerificationException>(() => TimestampToken.Parse(der))!;
        Assert.That(refused.Step, Is.EqualTo(VerificationStep.TimestampFormat));
        Assert.That(refused.Message, Does.Contain(message));
    }
}
