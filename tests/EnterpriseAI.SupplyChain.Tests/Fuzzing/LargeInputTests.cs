using System.Diagnostics;
using System.Text;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>Inputs as large as they may be and made to cost: what takes time with the square of the size shows here.</summary>
public class LargeInputTests
{
    // Far above what linear work takes, far below what quadratic work would: that takes hours.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly string Hex = new('0', 64);

    private static IEnumerable<TestCaseData> Inputs()
    {
        const int bundle = 12_000_000;
        yield return Case("bundle", "brackets", () => new string('[', bundle));
        yield return Case("bundle", "spaces", () => new string(' ', bundle));
        yield return Case("bundle", "fields", () => "{" + Many(bundle / 12, i => $"\"f{i}\":1") + "}");
        yield return Case("bundle", "one field again and again", () => "{" + Many(bundle / 12, _ => "\"field\":1") + "}");
        yield return Case("bundle", "a long media type", () => $$"""{"mediaType":"{{new string('x', bundle)}}"}""");
        yield return Case("bundle", "a long signature", () => Envelope("{}"u8.ToArray(), new string('A', bundle / 4 * 4)));
        yield return Case("bundle", "a statement with many digests", () => Envelope(Encoding.UTF8.GetBytes("{\"subject\":[{\"digest\":{" + Many(600_000, i => $"\"d{i}\":\"0\"") + "}}]}")));
        yield return Case("bundle", "a statement with many subjects", () => Envelope(Encoding.UTF8.GetBytes("{\"subject\":[" + Many(100_000, i => $$$"""{"name":"{{{i}}}","digest":{"sha256":"{{{Hex}}}"}}""") + "]}")));
        yield return Case("bundle", "a statement with many fields", () => Envelope(Encoding.UTF8.GetBytes("{" + Many(600_000, i => $"\"d{i}\":\"0\"") + "}")));
        yield return Case("bundle", "many entries", () => Envelope("{}"u8.ToArray()).Replace("[]", $"[{Many(200_000, _ => "{\"logIndex\":\"1\"}")}]", StringComparison.Ordinal));
        yield return Case("bundle in cosign's old form", "a certificate that begins again and again", () => $$"""{"base64Signature":"AAAA","cert":"{{Base64(Repeat("-----BEGIN CERTIFICATE-----\n", bundle / 2))}}"}""");
        yield return Case("bundle in cosign's old form", "a log entry whose certificate begins again and again", () =>
            "{\"base64Signature\":\"AAAA\",\"rekorBundle\":{\"SignedEntryTimestamp\":\"AAAA\",\"Payload\":{\"logID\":\"" + Hex + "\",\"body\":\"" + Base64(Entry(Repeat("-----BEGIN A-----\n", bundle / 4))) + "\"}}}");
        yield return Case("log entry", "a certificate that begins again and again", () => Entry(Repeat("-----BEGIN CERTIFICATE-----\n", bundle / 2)));
        yield return Case("log entry", "fields", () => "{\"kind\":\"hashedrekord\",\"apiVersion\":\"0.0.1\",\"spec\":{" + Many(bundle / 12, i => $"\"f{i}\":1") + "}}");
        yield return Case("checkpoint", "lines", () => new string('\n', 64 << 10));
        yield return Case("checkpoint", "signatures", () => $"a\n1\n{Convert.ToBase64String(new byte[32])}\n\n{Repeat("— a AAAAAAAA\n", 60_000)}");
        yield return Case("checkpoint", "a long text", () => new string('a', 1 << 20));
        yield return Case("trusted root", "instances", () => "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"tlogs\":[" + Many(100_000, _ => "{\"baseUrl\":\"a\"}") + "]}");
        yield return Case("trusted root", "certificates", () => Authorities(4 << 20));
        yield return Case("statement", "one name with many fields", () => "{\"subject\":[{\"digest\":{" + Many(300_000, i => $"\"{i}\":\"{i}\"") + "}}]}");
        yield return Case("model manifest", "files", () => ModelStatement(Many(60_000, i => Resource($"f{i:d8}"))));
        yield return Case("model manifest", "a name of many parts", () => ModelStatement($"{Resource(Repeat("a/", 2_000_000) + "a")},{Resource(Repeat("a/", 2_000_000) + "b")}"));
        yield return Case("model manifest", "a name of many colons", () => ModelStatement($"{Resource(new string(':', 2_000_000) + "a")},{Resource(new string(':', 2_000_000) + "b")}"));
        yield return Case("model manifest", "one name again and again", () => ModelStatement(Many(60_000, _ => Resource("f"))));
        yield return Case("model signature", "brackets", () => new string('[', bundle));
        yield return Case("docker config", "registries", () => "{\"auths\":{" + Many(30_000, i => $"\"r{i}.io\":{{\"auth\":\"YTpi\"}}") + "}}");
        yield return Case("docker config", "slashes", () => $"{{\"auths\":{{\"{new string('/', 1_000_000)}\":{{\"auth\":\"YTpi\"}}}}}}");
        yield return Case("manifest of a registry", "layers", () => $"{{\"schemaVersion\":2,\"mediaType\":\"{OciManifest.ImageMediaType}\",\"config\":{{\"mediaType\":\"a\",\"digest\":\"sha256:{Hex}\",\"size\":1}},\"layers\":[" + Many(30_000, _ => $"{{\"mediaType\":\"a\",\"digest\":\"sha256:{Hex}\",\"size\":1}}") + "]}");
        yield return Case("manifest of a registry", "annotations", () => "{\"schemaVersion\":2,\"manifests\":[],\"annotations\":{" + Many(300_000, i => $"\"{i}\":\"\"") + "}}");
        yield return Case("reference", "slashes", () => "a.io/" + new string('/', 1_000_000));
        yield return Case("reference", "dots", () => new string('.', 1_000_000) + "/a");
        yield return Case("challenge", "equal signs", () => new string('=', 1_000_000));
        yield return Case("challenge", "parameters", () => Repeat("a=b,", 1_000_000));
        yield return Case("challenge", "quotes", () => Repeat("a=\"", 1_000_000));
        yield return Bytes("certificate", "names", () => Leaf(MiniExtension.Names([.. Enumerable.Repeat((1, "a"), 20_000)])));
        yield return Bytes("certificate", "purposes", () => Leaf(MiniExtension.Purposes(false, [.. Enumerable.Repeat(Oids.CodeSigning, 6_000)])));
        yield return Bytes("certificate", "a serial number", () => new MiniCertificate { Subject = "s", Issuer = "s", Key = MiniSigstore.OtherKey, Signer = MiniSigstore.OtherKey, SerialNumber = (System.Numerics.BigInteger.One << 480_000) - 1 }.Encode());
        yield return Bytes("certificate", "depth", () => Nested(15_000));
        yield return Bytes("timestamp", "depth", () => Nested(60_000));
    }

    [TestCaseSource(nameof(Inputs))]
    public void A_large_input_is_read_or_refused_in_bounds(string name, Func<byte[]> make)
    {
        var target = FuzzTarget.All.Single(target => target.Name == name);
        var input = make();
        // What is made once, whatever is read.
        _ = target.Seeds.Value.Length;
        target.Read(0, target.Seeds.Value[0]);
        Exception? thrown = null;
        long allocated = 0;
        var took = TimeSpan.Zero;
        var thread = new Thread(() =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            try
            {
                target.Read(0, input);
            }
            catch (Exception e)
            {
                thrown = e;
            }
            (took, allocated) = (Stopwatch.GetElapsedTime(started), GC.GetAllocatedBytesForCurrentThread() - before);
        })
        { IsBackground = true };
        thread.Start();
        Assert.That(thread.Join(Patience), Is.True, $"{input.Length} bytes take longer than {Patience.TotalSeconds} s");
        TestContext.Out.WriteLine($"{input.Length} bytes: {took.TotalMilliseconds:0} ms, {allocated >> 10} KiB, {thrown?.Message[..Math.Min(thrown.Message.Length, 200)]}");
        Assert.That(thrown, Is.Null.Or.InstanceOf<SupplyChainException>());
        Assert.That(allocated, Is.LessThan(FuzzTests.AllowedBytes(input.Length)));
    }

    private static TestCaseData Case(string target, string name, Func<string> make) => Bytes(target, name, () => Encoding.UTF8.GetBytes(make()));

    private static TestCaseData Bytes(string target, string name, Func<byte[]> make) => new TestCaseData(target, make).SetArgDisplayNames(target, name);

    private static string Many(int count, Func<int, string> one) => string.Join(',', Enumerable.Range(0, count).Select(one));

    private static string Repeat(string text, int length) => string.Concat(Enumerable.Repeat(text, length / text.Length));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Envelope(byte[] payload, string signature = "AAAA") =>
        "{\"mediaType\":\"" + SigstoreBundle.MediaTypeV03 + "\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"\"},\"tlogEntries\":[]},\"dsseEnvelope\":{\"payloadType\":\"" + DsseEnvelope.InTotoPayloadType
        + "\",\"payload\":\"" + Convert.ToBase64String(payload) + "\",\"signatures\":[{\"sig\":\"" + signature + "\"}]}}";

    private static string Entry(string pem) => "{\"kind\":\"hashedrekord\",\"apiVersion\":\"0.0.1\",\"spec\":{\"data\":{\"hash\":{\"algorithm\":\"sha256\",\"value\":\"" + Hex
        + "\"}},\"signature\":{\"content\":\"AAAA\",\"publicKey\":{\"content\":\"" + Base64(pem) + "\"}}}}";

    private static string Resource(string name) => $$"""{"name":"{{name}}","algorithm":"sha256","digest":"{{Hex}}"}""";

    private static string ModelStatement(string resources) => "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":\"" + ModelManifest.PredicateType
        + "\",\"predicate\":{\"serialization\":{\"method\":\"files\",\"hash_type\":\"sha256\",\"allow_symlinks\":false},\"resources\":[" + resources + "]}}";

    private static string Authorities(int length)
    {
        var certificate = Convert.ToBase64String(MiniSigstore.Authority("authority", "authority", MiniSigstore.OtherKey, MiniSigstore.OtherKey).Encode());
        var authority = "{\"uri\":\"a\",\"validFor\":{\"start\":\"2024-01-01T00:00:00Z\"},\"certChain\":{\"certificates\":[" + Many(16, _ => $"{{\"rawBytes\":\"{certificate}\"}}") + "]}}";
        return "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\",\"certificateAuthorities\":[" + Many(Math.Min(256, length / (authority.Length + 1)), _ => authority) + "]}";
    }

    private static byte[] Leaf(MiniExtension extension) =>
        new MiniCertificate { Subject = "s", Issuer = "s", Key = MiniSigstore.OtherKey, Signer = MiniSigstore.OtherKey, Extensions = [extension] }.Encode();

    private static byte[] Nested(int depth)
    {
        var inner = new List<byte>();
        for (var i = 0; i < depth; i++)
        {
            // Written from the inside, so in reverse.
            var length = inner.Count;
            if (length < 0x80)
                inner.Add((byte)length);
            else
                inner.AddRange(length < 0x100 ? [(byte)length, 0x81] : length < 0x10000 ? [(byte)length, (byte)(length >> 8), 0x82] : [(byte)length, (byte)(length >> 8), (byte)(length >> 16), 0x83]);
            inner.Add(0x30);
        }
        inner.Reverse();
        return [.. inner];
    }
}
