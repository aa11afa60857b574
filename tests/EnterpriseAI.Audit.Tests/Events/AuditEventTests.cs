using System.Text;
using System.Text.Json;

namespace EnterpriseAI.Audit.Tests.Events;

public sealed class AuditEventTests
{
    private const string Valid =
        """{"id":"%ID%","time":"2026-11-21T08:00:00Z","actor":"ada","action":"ModelVersionApproved","resource":{"apiVersion":"enterpriseai.io/v1alpha1","kind":"ModelVersion","namespace":"default","name":"m","uid":"u","generation":3},"details":{"digest":"sha256:00"}}""";

    [Test]
    public void The_same_parts_give_the_same_id_and_a_shifted_border_another()
    {
        string[] parts = ["ab", "c"];
        Assert.That(AuditEventId.From("ab", "c"), Is.EqualTo(AuditEventId.From(parts)));
        Assert.That(AuditEventId.From("a", "bc"), Is.Not.EqualTo(AuditEventId.From(parts)));
        Assert.That(AuditEventId.From("abc"), Is.Not.EqualTo(AuditEventId.From(parts)));
        Assert.That(AuditEventId.From("a", ""), Is.Not.EqualTo(AuditEventId.From("a")));
        // Fixed for ever: ids of transitions outlive the process that made them. printf '\0\0\0\1a' | sha256sum
        Assert.That(AuditEventId.From("a"), Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([0, 0, 0, 1, (byte)'a']))));
    }

    [Test]
    public void An_event_is_written_canonically_and_reads_back()
    {
        var written = TestEvents.Event(1).ToCanonicalJson();
        Assert.That(Encoding.UTF8.GetString(written), Does.StartWith("""{"action":"ModelVersionApproved","actor":"system:serviceaccount:enterpriseai-system:operator","details":{"message":"approved by ada","number":"1"},"id":"""));
        Assert.That(Encoding.UTF8.GetString(written), Does.EndWith(""","time":"1970-01-01T00:00:01Z"}"""));
        var read = AuditEventReader.Read(written);
        Assert.That(read.Canonical, Is.EqualTo(written));
        Assert.That(read.Event.Resource, Is.EqualTo(TestEvents.Event(1).Resource));
        Assert.That(read.Event.Details, Is.EqualTo(TestEvents.Event(1).Details));
        Assert.That(read.Event.Time, Is.EqualTo(TestEvents.Event(1).Time));
    }

    [Test]
    public void White_space_and_order_do_not_reach_the_log_and_values_are_not_touched()
    {
        var spaced = """
            { "time": "2026-11-21T10:00:00.1200+02:00", "id": "%ID%", "actor": "Zoë \u2028 \"q\" \u0001", "action": "A",
              "resource": { "name": "m", "kind": "K", "apiVersion": "v1", "namespace": null } }
            """;
        Assert.That(Encoding.UTF8.GetString(Read(spaced).Canonical), Is.EqualTo(
            "{\"action\":\"A\",\"actor\":\"Zoë \u2028 \\\"q\\\" \\u0001\",\"id\":\"" + TestEvents.IdText(1)
            + "\",\"resource\":{\"apiVersion\":\"v1\",\"kind\":\"K\",\"name\":\"m\",\"namespace\":null},\"time\":\"2026-11-21T10:00:00.1200+02:00\"}"));
    }

    [TestCase("\"actor\":\"ada\"", "\"actor\":\"ada\",\"secret\":\"x\"", "secret")]
    [TestCase("\"uid\":\"u\"", "\"uid\":\"u\",\"labels\":{}", "resource.labels")]
    [TestCase("\"actor\":\"ada\"", "\"actor\":\"\"", "actor")]
    [TestCase("\"actor\":\"ada\",", "", "actor")]
    [TestCase("\"actor\":\"ada\"", "\"actor\":7", "actor")]
    [TestCase("\"time\":\"2026-11-21T08:00:00Z\"", "\"time\":\"2026-11-21 08:00:00\"", "time")]
    [TestCase("\"time\":\"2026-11-21T08:00:00Z\"", "\"time\":\"2026-13-21T08:00:00Z\"", "time")]
    [TestCase("ModelVersionApproved", "modelVersionApproved", "action")]
    [TestCase("ModelVersionApproved", "Model Version", "action")]
    [TestCase("\"kind\":\"ModelVersion\",", "", "resource.kind")]
    [TestCase("\"generation\":3", "\"generation\":-1", "resource.generation")]
    [TestCase("\"generation\":3", "\"generation\":3.0", "resource.generation")]
    [TestCase("\"generation\":3", "\"generation\":1e30", "resource.generation")]
    [TestCase("\"digest\":\"sha256:00\"", "\"digest\":7", "details.digest")]
    [TestCase("\"details\":{\"digest\":\"sha256:00\"}", "\"details\":[]", "details")]
    [TestCase("%ID%", "ABC", "id")]
    public void A_wrong_field_is_named(string from, string to, string field)
    {
        var refused = Assert.Throws<InvalidAuditEventException>(() => Read(Valid.Replace(from, to, StringComparison.Ordinal)));
        Assert.That(refused.Field, Is.EqualTo(field));
        Assert.That(refused.Message, Does.Contain(field));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("null")]
    public void Something_else_than_an_event_is_refused(string text) => Assert.That(() => Read(text), Throws.TypeOf<InvalidAuditEventException>());

    [Test]
    public void A_repeated_name_is_refused_because_two_readers_could_see_two_events()
    {
        var refused = Assert.Throws<InvalidAuditEventException>(() => Read(Valid.Replace("\"actor\":\"ada\"", "\"actor\":\"ada\",\"actor\":\"eve\"", StringComparison.Ordinal)));
        Assert.That(refused.Message, Does.Contain("actor"));
    }

    [Test]
    public void Half_a_surrogate_pair_and_invalid_UTF8_are_refused()
    {
        Assert.That(() => Read(Valid.Replace("ada", "\\ud800", StringComparison.Ordinal)), Throws.TypeOf<InvalidAuditEventException>());
        Assert.That(() => Read(Valid.Replace("\"digest\"", "\"\\ud800\"", StringComparison.Ordinal)), Throws.TypeOf<InvalidAuditEventException>());
        var bytes = Bytes(Valid);
        bytes[Encoding.UTF8.GetString(bytes).IndexOf("ada", StringComparison.Ordinal)] = 0xff;
        Assert.That(() => AuditEventReader.Read(bytes), Throws.TypeOf<InvalidAuditEventException>());
    }

    [Test]
    public void Mutated_events_are_refused_clearly_or_read_to_one_canonical_form()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var valid = Bytes(Valid);
        byte[] alphabet = [.. "{}[]\",:\\u0dnull1e-. "u8, 0, 0x80, 0xff, 0xc3];
        for (var run = 0; run < 20_000; run++)
        {
            var mutated = valid.ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(mutated.Count);
                switch (random.Next(3))
                {
                    case 0: mutated[at] = alphabet[random.Next(alphabet.Length)]; break;
                    case 1: mutated.Insert(at, alphabet[random.Next(alphabet.Length)]); break;
                    default: mutated.RemoveAt(at); break;
                }
            }
            try
            {
                var canonical = AuditEventReader.Read(mutated.ToArray()).Canonical;
                Assert.That(AuditEventReader.Read(canonical).Canonical, Is.EqualTo(canonical));
                Assert.That(canonical, Does.Not.Contain((byte)'\n'));
            }
            catch (InvalidAuditEventException)
            {
                // As it should be.
            }
        }
    }

    [Test]
    public void The_record_survives_plain_serialization()
    {
        var entry = new AuditEntry(4, TestEvents.Event(4));
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(entry, AuditJson.Default.AuditEntry), AuditJson.Default.AuditEntry)!;
        Assert.That(read.Index, Is.EqualTo(4));
        Assert.That(read.Event.ToCanonicalJson(), Is.EqualTo(entry.Event.ToCanonicalJson()));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text.Replace("%ID%", TestEvents.IdText(1), StringComparison.Ordinal));

    private static AuditEventReader.Result Read(string text) => AuditEventReader.Read(Bytes(text));
}
