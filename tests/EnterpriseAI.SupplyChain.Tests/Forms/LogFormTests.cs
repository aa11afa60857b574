using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>Checkpoints and bodies of log entries that are not as the standards write them, each in one place.</summary>
public class LogFormTests
{
    private static readonly string Root = Convert.ToBase64String(new byte[32]);
    private static readonly string Signature = $"— log.example.com {Convert.ToBase64String(new byte[68])}";
    private static readonly string Note = $"log.example.com\n7\n{Root}\n\n{Signature}\n";

    private static IEnumerable<TestCaseData> Notes()
    {
        Assert.That(() => Checkpoint.Parse(Note), Throws.Nothing);
        yield return Of("a control character", Note.Replace("7\n", "7\n\t\n", StringComparison.Ordinal), "control characters");
        yield return Of("a carriage return", Note.Replace(Signature, Signature + "\r", StringComparison.Ordinal), "control characters");
        yield return Of("no empty line", $"log.example.com\n7\n{Root}\n{Signature}\n", "an empty line");
        yield return Of("no line feed at the end", Note[..^1], "an empty line");
        yield return Of("no name", "\n" + Note[Note.IndexOf('7')..], "no origin");
        yield return Of("no root", $"log.example.com\n7\n\n{Signature}\n", "no origin");
        yield return Of("a size with a leading zero", Note.Replace("\n7\n", "\n07\n", StringComparison.Ordinal), "second line");
        yield return Of("a size with a sign", Note.Replace("\n7\n", "\n+7\n", StringComparison.Ordinal), "second line");
        yield return Of("a root that is too short", Note.Replace(Root, Convert.ToBase64String(new byte[31]), StringComparison.Ordinal), "third line");
        yield return Of("a signature of nobody", Note.Replace("— log.example.com ", "—  ", StringComparison.Ordinal), "'— NAME BASE64'");
        yield return Of("a signature with a hyphen", Note.Replace("— log", "- log", StringComparison.Ordinal), "'— NAME BASE64'");
        yield return Of("a signature without its bytes", Note.Replace(Signature, $"— log.example.com {Convert.ToBase64String(new byte[4])}", StringComparison.Ordinal), "'— NAME BASE64'");
        yield return Of("65 signatures", Note + string.Concat(Enumerable.Repeat(Signature + "\n", 64)), "more than 64 signatures");
        yield return Of("a text that is too long", Note.Replace("\n\n", "\n" + new string('x', 64 << 10) + "\n\n", StringComparison.Ordinal), "longer than 65536");

        static TestCaseData Of(string name, string note, string message) => new TestCaseData(note, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Notes))]
    public void A_malformed_checkpoint_is_refused(string note, string message)
    {
        var refused = Assert.Throws<VerificationException>(() => _ = Checkpoint.Parse(note).Signatures.Count)!;
        Assert.That(refused.Step, Is.EqualTo(VerificationStep.CheckpointFormat));
        Assert.That(refused.Message, Does.Contain(message));
    }

    private static IEnumerable<TestCaseData> Bodies()
    {
        var (v1, v2) = (new MiniShape { Timestamped = true }, new MiniShape { Log = MiniLog.RekorV2, Timestamped = true });
        yield return Of("no hexadecimal digit", v1, b => Hash(b)["value"] = "", "must be hexadecimal");
        yield return Of("half a byte", v1, b => Hash(b)["value"] = "abc", "must be hexadecimal");
        yield return Of("no hexadecimal digits", v1, b => Hash(b)["value"] = "zz", "must be hexadecimal");
        yield return Of("a private key", v1, b => Verifier(b)["content"] = Base64("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "is not the PEM");
        yield return Of("no PEM", v1, b => Verifier(b)["content"] = Base64("a key"), "is not the PEM");
        yield return Of("a PEM that is too large", v1, b => Verifier(b)["content"] = Base64(new string('x', (64 << 10) + 1)), "is larger than 65536 bytes");
        yield return Of("a certificate and a key", v2, b => VerifierV2(b)["publicKey"] = VerifierV2(b)["x509Certificate"]!.DeepClone(), "and not both");
        yield return Of("neither a certificate nor a key", v2, b => VerifierV2(b).Remove("x509Certificate"), "and not both");
        yield return Of("a kind that is not known", v1, b => b["kind"] = "jar", "cannot be checked");
        yield return Of("no signature", v1, b => b["spec"]!["signature"]!["content"] = "", "is missing");

        static JsonNode Hash(JsonObject body) => body["spec"]!["data"]!["hash"]!;
        static JsonNode Verifier(JsonObject body) => body["spec"]!["signature"]!["publicKey"]!;
        static JsonObject VerifierV2(JsonObject body) => body["spec"]!["hashedRekordV002"]!["signature"]!["verifier"]!.AsObject();
        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        static TestCaseData Of(string name, MiniShape shape, Action<JsonObject> change, string message) => new TestCaseData(shape, change, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Bodies))]
    public void A_malformed_body_is_refused(object shape, object change, string message)
    {
        var instance = new MiniSigstore((MiniShape)shape);
        instance.EntryBody = body =>
        {
            ((Action<JsonObject>)change)(body);
            return body;
        };
        var refused = Assert.Throws<VerificationException>(() => instance.Build().Verify())!;
        Assert.That(refused.Step, Is.EqualTo(VerificationStep.LogEntryFormat), refused.Message);
        Assert.That(refused.Message, Does.Contain(message));
    }

    [TestCase(64, null)]
    [TestCase(65, "digest has more than 64 elements")]
    public void A_subject_has_at_most_64_digests(int count, string? message)
    {
        var instance = new MiniSigstore(new MiniShape { Content = MiniContent.Envelope, Timestamped = true });
        instance.Statement = statement =>
        {
            var digests = statement["subject"]![1]!["digest"]!.AsObject();
            for (var number = 1; number < count; number++)
                digests[$"other{number}"] = "00";
            return statement;
        };
        var made = instance.Build();
        if (message is null)
            Assert.That(() => made.Verify(), Throws.Nothing);
        else
            Assert.That(() => made.Verify(), Throws.InstanceOf<VerificationException>().With.Message.Contains(message));
    }

    [Test]
    public void A_time_that_no_calendar_has_is_refused()
    {
        var made = new MiniSigstore(new MiniShape { Timestamped = true }).Build();
        var json = JsonNode.Parse(made.Bundle)!;
        json["verificationMaterial"]!["tlogEntries"]![0]!["integratedTime"] = "9223372036854775807";
        var checks = CheckSet.Without(VerificationStep.SignedEntryTimestamp);
        var refused = Assert.Throws<VerificationException>(() => (made with { Bundle = json.ToJsonString() }).Verify(checks))!;
        Assert.That(refused.Step, Is.EqualTo(VerificationStep.LogEntryFormat));
        Assert.That(refused.Message, Does.Contain("the integratedTime 9223372036854775807 is no time"));
    }
}
