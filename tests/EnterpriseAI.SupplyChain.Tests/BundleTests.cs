using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests;

/// <summary>Signature files that are wrong in one way each; those with a changed statement are signed again, so that only the statement is wrong.</summary>
public class BundleTests
{
    private static async Task<SupplyChainReason> ReasonAfter(SignedModel model, Action<JsonObject> change)
    {
        var bundle = JsonNode.Parse(File.ReadAllText(model.Signature))!.AsObject();
        change(bundle);
        File.WriteAllText(model.Signature, bundle.ToJsonString());
        return (await SignedModel.RefusedAsync(model.Path, model.Policy)).Reason;
    }

    private static async Task<SupplyChainReason> ReasonAfterResigning(SignedModel model, Func<string, string> change)
    {
        var bundle = JsonNode.Parse(File.ReadAllText(model.Signature))!.AsObject();
        var envelope = bundle["dsseEnvelope"]!;
        var payload = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(envelope["payload"]!.GetValue<string>() is var text ? Convert.FromBase64String(text) : [])));
        envelope["payload"] = Convert.ToBase64String(payload);
        envelope["signatures"]![0]!["sig"] = Convert.ToBase64String(
            EcdsaPublicKey.Sign(model.Key, Dsse.PreAuthenticationEncoding("application/vnd.in-toto+json", payload)));
        File.WriteAllText(model.Signature, bundle.ToJsonString());
        return (await SignedModel.RefusedAsync(model.Path, model.Policy)).Reason;
    }

    [Test]
    public async Task Wrong_envelopes_are_malformed()
    {
        (string Name, Action<JsonObject> Change)[] cases =
        [
            ("two signatures", b => b["dsseEnvelope"]!["signatures"]!.AsArray().Add(b["dsseEnvelope"]!["signatures"]![0]!.DeepClone())),
            ("no signature", b => b["dsseEnvelope"]!["signatures"]!.AsArray().Clear()),
            ("null signature", b => b["dsseEnvelope"]!["signatures"]![0] = null),
            ("payload type", b => b["dsseEnvelope"]!["payloadType"] = "text/plain"),
            ("media type", b => b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=99.9"),
            ("no envelope", b => b.Remove("dsseEnvelope")),
            ("no material", b => b.Remove("verificationMaterial")),
            ("empty material", b => b["verificationMaterial"] = new JsonObject()),
            ("key without hint", b => b["verificationMaterial"]!["publicKey"] = new JsonObject()),
            ("two materials", b => b["verificationMaterial"]!["certificate"] = new JsonObject()),
            ("payload not base64", b => b["dsseEnvelope"]!["payload"] = "***"),
            ("payload a number", b => b["dsseEnvelope"]!["payload"] = 1),
            ("signature not base64", b => b["dsseEnvelope"]!["signatures"]![0]!["sig"] = "!"),
        ];
        foreach (var (name, change) in cases)
        {
            using var model = await SignedModel.CreateAsync();
            Assert.That(await ReasonAfter(model, change), Is.EqualTo(SupplyChainReason.Malformed), name);
        }
    }

    [Test]
    public async Task A_changed_payload_or_signature_is_an_invalid_signature()
    {
        Action<JsonObject>[] cases =
        [
            b => b["dsseEnvelope"]!["payload"] = Convert.ToBase64String("{}"u8),
            b => b["dsseEnvelope"]!["signatures"]![0]!["sig"] = "",
            b => b["dsseEnvelope"]!["signatures"]![0]!["sig"] = Convert.ToBase64String(new byte[70]),
        ];
        foreach (var change in cases)
        {
            using var model = await SignedModel.CreateAsync();
            Assert.That(await ReasonAfter(model, change), Is.EqualTo(SupplyChainReason.SignatureInvalid));
        }
    }

    [Test]
    public async Task Log_entries_that_are_not_checked_are_not_accepted_silently()
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That(await ReasonAfter(model, b => b["verificationMaterial"]!["tlogEntries"]!.AsArray().Add(LogEntry())), Is.EqualTo(SupplyChainReason.Unsupported));
    }

    private static JsonObject LogEntry() => new()
    {
        ["logId"] = new JsonObject { ["keyId"] = "AAAA" },
        ["kindVersion"] = new JsonObject { ["kind"] = "dsse", ["version"] = "0.0.1" },
        ["canonicalizedBody"] = "AAAA",
    };

    [TestCase("../model.onnx")]
    [TestCase("/etc/passwd")]
    [TestCase("a//model.onnx")]
    [TestCase("./model.onnx")]
    [TestCase("a\\\\model.onnx")]
    [TestCase("")]
    [TestCase(".")]
    public async Task Names_that_leave_the_artifact_are_malformed(string name)
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That(await ReasonAfterResigning(model, text => text.Replace("\"model.onnx\"", $"\"{name}\"")), Is.EqualTo(SupplyChainReason.Malformed));
    }

    [TestCase("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")]
    [TestCase("https://model_signing/signature/v1.0", "https://model_signing/signature/v2.0")]
    [TestCase("\"predicate\":{", "\"predicate\":{\"other\":1,")]
    [TestCase("\"predicate\":{", "\"predicate\":{\"resources\":[],")]
    [TestCase("\"serialization\":{", "\"serialization\":{\"other\":1,")]
    [TestCase("\"evaluation.json\"", "\"zzz.json\"")]
    [TestCase("\"evaluation.json\"", "\"model.onnx\"")]
    [TestCase("\"subject\":[", "\"subject\":[{\"digest\":{\"sha256\":\"00\"}},")]
    [TestCase("\"digest\":{\"sha256\":\"", "\"digest\":{\"sha256\":\"0")]
    [TestCase("{\"_type\"", "{\"_type\":\"https://in-toto.io/Statement/v1\",\"_type\"")]
    [TestCase(".git\"", "../.git\"")]
    [TestCase("{\"_type\"", "{\"_type\"} {")]
    [TestCase("\"method\":\"files\"", "\"method\":\"shards\"")]
    [TestCase("\"method\":\"files\"", "\"method\":\"shards\",\"shard_size\":0")]
    [TestCase("\"method\":\"files\"", "\"method\":\"shards\",\"shard_size\":-5")]
    [TestCase("\"method\":\"files\"", "\"method\":\"files\",\"shard_size\":5")]
    [TestCase("https://model_signing/signature/v1.0", "https://model_signing/Digests/v0.1")]
    public async Task Wrong_statements_are_malformed_even_when_validly_signed(string part, string replacement)
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That(await ReasonAfterResigning(model, text =>
        {
            Assert.That(text, Does.Contain(part));
            return text.Replace(part, replacement);
        }), Is.EqualTo(SupplyChainReason.Malformed));
    }

    [TestCase("\"method\":\"files\"", "\"method\":\"tensors\"")]
    [TestCase("\"hash_type\":\"sha256\"", "\"hash_type\":\"blake3\"")]
    [TestCase("\"algorithm\":\"sha256\"", "\"algorithm\":\"blake2b\"")]
    public async Task Other_serializations_are_unsupported(string part, string replacement)
    {
        using var model = await SignedModel.CreateAsync();
        Assert.That(await ReasonAfterResigning(model, text => text.Replace(part, replacement)), Is.EqualTo(SupplyChainReason.Unsupported));
    }

    [Test]
    public async Task Duplicate_keys_are_malformed()
    {
        using var model = await SignedModel.CreateAsync();
        var bundle = await File.ReadAllTextAsync(model.Signature);
        foreach (var key in new[] { "mediaType", "payloadType", "sig", "hint" })
        {
            await File.WriteAllTextAsync(model.Signature, bundle.Replace($"\"{key}\":", $"\"{key}\":\"x\",\"{key}\":"));
            Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Reason, Is.EqualTo(SupplyChainReason.Malformed), key);
        }
    }

    [Test]
    public async Task Every_truncation_is_refused()
    {
        using var model = await SignedModel.CreateAsync();
        var bundle = await File.ReadAllBytesAsync(model.Signature);
        for (var length = 0; length < bundle.Length; length++)
        {
            await File.WriteAllBytesAsync(model.Signature, bundle[..length]);
            Assert.That((await SignedModel.RefusedAsync(model.Path, model.Policy)).Reason, Is.EqualTo(SupplyChainReason.Malformed), $"{length} bytes");
        }
    }

    [Test]
    public async Task Mutated_bundles_never_verify_and_never_crash()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var model = await SignedModel.CreateAsync();
        var bundle = await File.ReadAllBytesAsync(model.Signature);
        var original = ModelSignatureBundle.Parse(bundle, "model.sig").Verify(model.Policy).Manifest.Resources;
        for (var round = 0; round < 20_000; round++)
        {
            var mutated = bundle.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                mutated[random.Next(mutated.Length)] = random.Next(3) == 0 ? (byte)"\"{}[]:,\\0"[random.Next(9)] : (byte)random.Next(256);
            try
            {
                // Changes outside what is signed (a key id, the hint) may leave a valid signature of the same files.
                Assert.That(ModelSignatureBundle.Parse(mutated, "model.sig").Verify(model.Policy).Manifest.Resources, Is.EqualTo(original));
            }
            catch (SupplyChainException)
            {
            }
        }
    }

    [Test]
    public async Task Garbage_is_malformed()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var model = await SignedModel.CreateAsync();
        for (var round = 0; round < 2_000; round++)
        {
            var garbage = new byte[random.Next(200)];
            random.NextBytes(garbage);
            Assert.That(Assert.Throws<SupplyChainException>(() => ModelSignatureBundle.Parse(garbage, "model.sig"))!.Reason, Is.EqualTo(SupplyChainReason.Malformed));
        }
        foreach (var text in new[] { "null", "[]", "{}", "1", "\"\"", new string('[', 100_000) })
            Assert.That(Assert.Throws<SupplyChainException>(() => ModelSignatureBundle.Parse(Encoding.UTF8.GetBytes(text), "model.sig"))!.Reason, Is.EqualTo(SupplyChainReason.Malformed));
    }
}
