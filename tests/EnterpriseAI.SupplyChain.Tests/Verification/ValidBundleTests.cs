using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>Bundles of the miniature instance that must verify: every shape, and every liberty that the formats leave.</summary>
public class ValidBundleTests
{
    private static IEnumerable<TestCaseData> Shapes() => MiniShape.Valid().Select(shape => new TestCaseData(shape).SetArgDisplayNames(shape.ToString()));

    [TestCaseSource(nameof(Shapes))]
    public void A_bundle_of_every_shape_verifies(object shape)
    {
        var of = (MiniShape)shape;
        var result = new MiniSigstore(of).Build().Verify();
        Assert.That(result.SignerIdentity, Is.EqualTo(of.Managed ? null : new SignerIdentity(MiniSigstore.Identity, MiniSigstore.Issuer)));
        Assert.That(result.VerifiedTimestamps, Has.Count.EqualTo((of.Timestamped ? 1 : 0) + (of.Log is MiniLog.RekorV1 ? 1 : 0)));
        Assert.That(result.VerifiedTimestamps.Select(timestamp => timestamp.Time), Is.All.EqualTo(MiniSigstore.Now));
        Assert.That(result.LogEntries, Is.EqualTo(of.Log switch
        {
            MiniLog.RekorV1 => new[] { new VerifiedLogEntry(MiniSigstore.RekorV1, 1006) },
            MiniLog.RekorV2 => [new VerifiedLogEntry(MiniSigstore.RekorV2, 6)],
            _ => [],
        }));
        Assert.That(result.Statement is not null, Is.EqualTo(of.Content is MiniContent.Envelope));
    }

    private static IEnumerable<TestCaseData> Liberties()
    {
        var v1 = new MiniShape { Timestamped = true };
        var v2 = new MiniShape { Log = MiniLog.RekorV2, Timestamped = true };
        var chain = v1 with { Version = MiniVersion.V02 };
        var envelope = v1 with { Content = MiniContent.Envelope };
        var witness = MiniLogEntry.SignatureLine("witness.example.com", new byte[4], MiniSigstore.WitnessKey.Sign("x"u8));

        // Certificates
        yield return Liberty("a URI as identity", v1, m => (m.Leaf, m.Policy) = (l => l.With(MiniExtension.Names((6, "https://example.com/workflow@main"))), Expect("https://example.com/workflow@main")));
        yield return Liberty("a host as identity", v1, m => (m.Leaf, m.Policy) = (l => l.With(MiniExtension.Names((2, "host.example.com"))), Expect("host.example.com")));
        yield return Liberty("a name of Fulcio's own kind as identity", v1, m => (m.Leaf, m.Policy) = (l => l.With(MiniExtension.OtherName("user!example.com")), Expect("user!example.com")));
        yield return Liberty("an address that is no identity beside it", v1, m => m.Leaf = l => l.With(MiniExtension.Names((1, "other@example.com"), (1, MiniSigstore.Identity))));
        yield return Liberty("only the older extension for the issuer", v1, m => m.Leaf = l => l.Without(Oids.FulcioIssuerV2));
        yield return Liberty("only the newer extension for the issuer", v1, m => m.Leaf = l => l.Without(Oids.FulcioIssuerV1));
        yield return Liberty("patterns for identity and issuer", v1, m => m.Policy = p => p with { CertificateIdentity = new CertificateIdentity { SubjectAlternativeNamePattern = ".*@example\\.com", IssuerPattern = "https://[a-z.]+" } });
        yield return Liberty("extensions in the promise of the certificate log", v1, m => m.Promises = p => [p with { Extensions = [0, 0, 5, 0, 0, 7, 22, 11] }]);
        yield return Liberty("a promise of a log that is not trusted beside it", v1, m => m.Promises = p => [p with { Key = MiniSigstore.OtherKey }, p]);
        yield return Liberty("a certificate that lasts exactly until the time", v1, m => m.Leaf = l => l with { NotAfter = MiniSigstore.Now });
        yield return Liberty("a certificate that begins exactly at the time", v1, m => m.Leaf = l => l with { NotBefore = MiniSigstore.Now });
        yield return Liberty("an authority that is trusted exactly until the time", v1, m => m.TrustedRootJson = r => Period(r["certificateAuthorities"]![0]!, MiniSigstore.Now));
        yield return Liberty("an intermediate certificate in the bundle instead of the root", chain, m =>
        {
            byte[]? intermediate = null;
            m.Intermediate = c => { intermediate = c.Encode(); return c; };
            m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { X509CertificateChain = [.. b.VerificationMaterial.X509CertificateChain!, intermediate!] } };
            m.TrustedRootJson = r => { r["certificateAuthorities"]![0]!["certChain"]!["certificates"]!.AsArray().RemoveAt(0); return r; };
        });
        yield return Liberty("an intermediate certificate that names its purpose", v1, m => m.Intermediate = c => c.With(MiniExtension.Purposes(false, Oids.CodeSigning)));
        yield return Liberty("an authority that was renewed under its name", v1, m => m.TrustedRootJson = r =>
        {
            var other = MiniSigstore.Authority("mini intermediate", "x", MiniSigstore.OtherKey, MiniSigstore.OtherKey).Encode();
            r["certificateAuthorities"]!.AsArray().Insert(0, MiniTrustedRoot.Authority("https://old.example.com", [other]));
            return r;
        });

        // Keys
        foreach (var key in new[] { MiniKey.P384("signer"), MiniKey.P521("signer"), MiniKey.Ed25519("signer"), MiniKey.Rsa })
        {
            foreach (var shape in new[] { v1, envelope, envelope with { Managed = true } })
                yield return Liberty($"{shape}: signed with {key.KeyDetails}", shape, m => Signed(m, key));
        }

        // Timestamps
        foreach (var tsaKey in new[] { MiniKey.P384("tsa"), MiniKey.Rsa, MiniKey.Ed25519("tsa") })
            yield return Liberty($"a timestamp signed with {tsaKey.KeyDetails}", v2, m => (m.TsaLeaf, m.Timestamps) = (l => l with { Key = tsaKey }, t => [t with { Key = tsaKey }]));
        yield return Liberty("a timestamp with its certificates", v2, m => m.Timestamps = t => [t with { EmbeddedCertificates = [t.EncodedCertificate] }]);
        yield return Liberty("a timestamp whose signer is named by key identifier", v2, m => m.Timestamps = t => [t with { SignerByKeyIdentifier = true }]);
        yield return Liberty("a timestamp that names its certificate in the older form", v2, m => m.Timestamps = t => [t with { OldNaming = true }]);
        yield return Liberty("a timestamp that was granted with changes", v2, m => m.Timestamps = t => [t with { Status = 1 }]);
        yield return Liberty("a timestamp exactly when its authority ceases to be trusted", v2, m => m.TrustedRootJson = r => Period(r["timestampAuthorities"]![0]!, MiniSigstore.Now));
        yield return Liberty("a timestamp of an authority that is not trusted beside a good one", v2, m => m.Timestamps = t => [Untrusted(t), t]);
        yield return Liberty("only a timestamp of an authority that is not trusted, where a log tells the time", v1, m =>
            (m.Timestamps, m.Policy) = (t => [Untrusted(t)], p => p with { RequireSignedTimestamps = false }));
        yield return Liberty("a broken timestamp where no authority is trusted", v1, m =>
        {
            (m.Timestamps, m.Policy) = (t => [t with { BrokenSignature = new byte[70] }], p => p with { RequireSignedTimestamps = false });
            m.TrustedRootJson = r => { r["timestampAuthorities"] = null; return r; };
        });

        // Logs
        yield return Liberty("cosignatures of witnesses after the log's", v2, m => m.Entry = e => e with { SignatureLines = own => [own, witness, witness] });
        yield return Liberty("cosignatures of witnesses before the log's", v2, m => m.Entry = e => e with { SignatureLines = own => [witness, own] });
        yield return Liberty("a second signature of the log by another key", v2, m => m.Entry = e => e with { SignatureLines = own => [MiniLogEntry.SignatureLine(e.Name, [9, 9, 9, 9], new byte[64]), own] });
        yield return Liberty("more lines in the checkpoint", v1, m => m.Entry = e => e with { Extra = "Timestamp: 1\nmore\n" });
        yield return Liberty("a log that is trusted exactly until the time", v1, m => m.TrustedRootJson = r => Period(r["tlogs"]![0]!["publicKey"]!, MiniSigstore.Now));
        yield return Liberty("a log with a key of a kind that is not known here beside it", v1, m => m.TrustedRootJson = r =>
        {
            r["tlogs"]!.AsArray().Insert(0, new JsonObject
            {
                ["baseUrl"] = "https://new.example.com",
                ["publicKey"] = new JsonObject { ["rawBytes"] = "AAAA", ["keyDetails"] = "ML_DSA_65", ["validFor"] = MiniTrustedRoot.Period(MiniSigstore.Now, null) },
                ["logId"] = new JsonObject { ["keyId"] = "AAAA" },
            });
            return r;
        });
        yield return Liberty("an entry in a log that is not trusted beside a good one", v1, m => m.Bundle = b => b with
        {
            VerificationMaterial = b.VerificationMaterial with { TlogEntries = [b.VerificationMaterial.TlogEntries[0] with { LogId = new byte[32] }, b.VerificationMaterial.TlogEntries[0]] },
        });
        yield return Liberty("an entry of Rekor v1 with a proof and without a promise", v1, m => m.Entry = e => e with { PromiseKey = null });
        yield return Liberty("a bundle v0.1 with a promise and without a proof", v1 with { Version = MiniVersion.V01 }, m => m.Entry = e => e with { HasProof = false });
        yield return Liberty("a bundle v0.1 with a proof that has no checkpoint", v1 with { Version = MiniVersion.V01 }, m => m.Entry = e => e with { HasCheckpoint = false });
        yield return Liberty("the first entry of a tree", v1, m => m.Entry = e => e with { Index = 0 });
        yield return Liberty("the last entry of a tree", v1, m => m.Entry = e => e with { Index = 10 });

        // Contents
        yield return Liberty("no digest beside the signature", v1, m => m.Bundle = b => b with { MessageSignature = new MessageSignature(null, null, b.MessageSignature!.Signature) });
        yield return Liberty("a digest of another kind beside the signature", v1, m => m.Bundle = b => b with { MessageSignature = new MessageSignature("SHA2_512", SHA512.HashData(m.Artifact), b.MessageSignature!.Signature) });
        yield return Liberty("a statement of the older version", envelope, m => m.Statement = s => { s["_type"] = "https://in-toto.io/Statement/v0.1"; return s; });
        yield return Liberty("a subject by another digest", envelope, m => m.Statement = s =>
        {
            s["subject"] = new JsonArray(new JsonObject { ["digest"] = new JsonObject { ["sha512"] = Convert.ToHexString(SHA512.HashData(m.Artifact)), ["gitCommit"] = "00" } });
            return s;
        });
    }

    [TestCaseSource(nameof(Liberties))]
    public void What_the_formats_leave_free_verifies(object make) => Assert.DoesNotThrow(() => ((Func<MiniCase>)make)().Verify());

    [TestCase("treeSize", "11", "11")]
    [TestCase("integratedTime", "1749988800", "1749988800")]
    public void Numbers_may_be_JSON_strings_or_JSON_numbers(string field, string text, string number)
    {
        var made = new MiniSigstore(new MiniShape()).Build();
        Assert.That(made.Bundle, Does.Contain($"\"{field}\":\"{text}\""));
        Assert.DoesNotThrow(() => (made with { Bundle = made.Bundle.Replace($"\"{field}\":\"{text}\"", $"\"{field}\":{number}") }).Verify());
    }

    [Test]
    public void A_bundle_that_is_written_again_is_the_same()
    {
        foreach (var shape in MiniShape.Valid())
        {
            var made = new MiniSigstore(shape).Build().Bundle;
            Assert.That(SigstoreBundle.Deserialize(made).Serialize(), Is.EqualTo(made), shape.ToString());
        }
    }

    [Test]
    public void The_same_instance_is_made_in_every_run()
    {
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(MiniSigstore.RekorV1Key.SubjectPublicKeyInfo))[..16], Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(MiniKey.P256("rekor1").SubjectPublicKeyInfo))[..16]));
        Assert.That(MiniSigstore.RekorV2Key.SubjectPublicKeyInfo, Is.EqualTo(MiniKey.Ed25519("rekor2").SubjectPublicKeyInfo));
    }

    private static TestCaseData Liberty(string name, MiniShape shape, Action<MiniSigstore> change) => new TestCaseData((Func<MiniCase>)(() =>
    {
        var instance = new MiniSigstore(shape);
        change(instance);
        return instance.Build();
    })).SetArgDisplayNames(name);

    private static Func<VerificationPolicy, VerificationPolicy> Expect(string identity) =>
        policy => policy with { CertificateIdentity = policy.CertificateIdentity! with { SubjectAlternativeName = identity } };

    private static JsonObject Period(JsonNode owner, DateTimeOffset end)
    {
        owner["validFor"] = MiniTrustedRoot.Period(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero), end);
        return owner.Root.AsObject();
    }

    private static MiniTimestamp Untrusted(MiniTimestamp timestamp)
    {
        var key = MiniKey.P256("untrusted");
        var certificate = new MiniCertificate { Subject = "untrusted", Issuer = "untrusted", Key = key, Signer = key, Extensions = [MiniExtension.Purposes(true, Oids.TimeStamping)] };
        var encoded = certificate.Encode();
        return timestamp with { Key = key, Certificate = certificate, EncodedCertificate = encoded, EmbeddedCertificates = [encoded] };
    }

    // The log's entry has the hash that goes with the key.
    private static void Signed(MiniSigstore instance, MiniKey key)
    {
        instance.SignerKey = key;
        if (instance.Shape.Content is MiniContent.Message && key.Hash.Name is "SHA384" or "SHA512")
        {
            instance.EntryBody = body =>
            {
                var digest = CryptographicOperations.HashData(key.Hash, instance.Artifact);
                body["spec"]!["data"]!["hash"] = new JsonObject { ["algorithm"] = key.Hash.Name!.ToLowerInvariant(), ["value"] = Convert.ToHexStringLower(digest) };
                return body;
            };
        }
    }
}
