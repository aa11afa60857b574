using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;
using static EnterpriseAI.SupplyChain.Tests.Verification.NegativeVector;
using static EnterpriseAI.SupplyChain.VerificationStep;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>What can be wrong with a bundle's form, its signature and its statement.</summary>
internal static class ContentVectors
{
    public static IEnumerable<NegativeVector> All()
    {
        // The bundle
        yield return new(BundleMediaType, "the bundle is of an unknown version", V1, m => m.Bundle = b => b with { MediaType = "application/vnd.dev.sigstore.bundle.v0.4+json" });
        yield return new(BundleMediaType, "the bundle does not say its version", V1, m => m.Bundle = b => b with { MediaType = "application/json" });
        yield return new(BundleCertificateForm, "a bundle v0.3 brings a chain", V1, m => m.Bundle = b => b with
        {
            VerificationMaterial = b.VerificationMaterial with { Certificate = null, X509CertificateChain = [b.VerificationMaterial.Certificate!.Value] },
        });
        yield return new(BundleRootCertificate, "the bundle brings a root", Chain, m =>
        {
            byte[]? root = null;
            m.Root = c => { root = c.Encode(); return c; };
            m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { X509CertificateChain = [.. b.VerificationMaterial.X509CertificateChain!, root!] } };
        });

        // The signature
        yield return new(MessageDigest, "the bundle names the digest of another artifact", V1, m => m.Bundle = b => b with { MessageSignature = b.MessageSignature! with { Digest = SHA256.HashData("x"u8) } });
        yield return new(MessageDigest, "the bundle names the digest by an algorithm that is not known", V1, m => m.Bundle = b => b with { MessageSignature = b.MessageSignature! with { Algorithm = "SHA3_256" } });
        foreach (var shape in new[] { V1, V2, Managed })
        {
            yield return new(ArtifactSignature, $"{shape}: another artifact is signed", shape, m => m.SignedInstead = "another artifact"u8.ToArray());
            yield return new(ArtifactSignature, $"{shape}: another key signed", shape, m => m.SigningKey = MiniSigstore.OtherKey);
        }
        foreach (var shape in new[] { Envelope, InToto, EnvelopeV2, Envelope with { Managed = true } })
        {
            yield return new(EnvelopeSignature, $"{shape}: another key signed", shape, m => m.SigningKey = MiniSigstore.OtherKey);
            yield return new(EnvelopeSignature, $"{shape}: the payload is signed without its type", shape, m => m.Statement = s =>
            {
                m.SignedInstead = Encoding.UTF8.GetBytes(s.ToJsonString());
                return s;
            });
        }
        yield return new(EnvelopeSignatureCount, "the envelope has a second signature", Envelope, m => m.Bundle = b => b with
        {
            DsseEnvelope = b.DsseEnvelope! with { Signatures = [.. b.DsseEnvelope.Signatures, new DsseSignature(new byte[] { 1 })] },
        });
        yield return new(EnvelopePayloadType, "the envelope holds something else than a statement", Envelope, m => m.PayloadType = "application/json");
        yield return new(EnvelopePayloadType, "the envelope holds something else than a statement, in Rekor v2", EnvelopeV2, m => m.PayloadType = "application/json");

        // The statement
        yield return new(StatementType, "the statement is of an unknown version", Envelope, m => m.Statement = s => { s["_type"] = "https://in-toto.io/Statement/v2"; return s; });
        yield return new(StatementType, "the statement does not say its version", Envelope, m => m.Statement = s => { s.Remove("_type"); return s; });
        yield return new(StatementSubject, "the statement is about another artifact", Envelope, m => m.Statement = s => { s["subject"]!.AsArray().RemoveAt(1); return s; });
        yield return new(StatementSubject, "the statement is about another artifact, in Rekor v2", EnvelopeV2, m => m.Statement = s => { s["subject"]!.AsArray().RemoveAt(1); return s; });
        yield return new(StatementSubject, "the statement is about nothing", Envelope, m => m.Statement = s => { s["subject"] = new JsonArray(); return s; });
        yield return new(StatementSubject, "the statement names the artifact without a digest", Envelope, m => m.Statement = s => { s["subject"]![1]!["digest"] = new JsonObject(); return s; });
        yield return new(StatementSubject, "one of two digests of the subject is another artifact's", Envelope, m => m.Statement = s => { s["subject"]![1]!["digest"]!["sha512"] = new string('0', 128); return s; });

        // Forms
        foreach (var (name, change) in Forms())
            yield return new(BundleFormat, name, V1, m => m.BundleJson = b => { change(b); return b; });
        yield return new(StatementFormat, "the payload is not JSON", Envelope with { Log = MiniLog.None }, m => m.Bundle = b =>
        {
            var payload = "{"u8.ToArray();
            return b with
            {
                VerificationMaterial = b.VerificationMaterial with { Rfc3161Timestamps = [] },
                DsseEnvelope = new DsseEnvelope(payload, DsseEnvelope.InTotoPayloadType, [new DsseSignature(m.SignerKey.Sign(Dsse.PreAuthenticationEncoding(DsseEnvelope.InTotoPayloadType, payload)))]),
            };
        });
        yield return new(StatementFormat, "a digest of a subject is no text", Envelope, m => m.Statement = s => { s["subject"]![0]!["digest"]!["sha256"] = 5; return s; });
    }

    private static IEnumerable<(string Name, Action<JsonObject> Change)> Forms()
    {
        static JsonNode Material(JsonObject bundle) => bundle["verificationMaterial"]!;
        static JsonNode Entry(JsonObject bundle) => Material(bundle)["tlogEntries"]![0]!;
        yield return ("there is no material", b => b.Remove("verificationMaterial"));
        yield return ("there is no certificate or key", b => Material(b).AsObject().Remove("certificate"));
        yield return ("there are a certificate and a key", b => Material(b)["publicKey"] = new JsonObject { ["hint"] = "" });
        yield return ("there are two certificates of different kinds", b => Material(b)["x509CertificateChain"] = new JsonObject { ["certificates"] = new JsonArray(Material(b)["certificate"]!.DeepClone()) });
        yield return ("the chain is empty", b => { Material(b).AsObject().Remove("certificate"); Material(b)["x509CertificateChain"] = new JsonObject { ["certificates"] = new JsonArray() }; });
        yield return ("the certificate is empty", b => Material(b)["certificate"]!["rawBytes"] = "");
        yield return ("there are a signature and an envelope", b => b["dsseEnvelope"] = new JsonObject { ["payload"] = "AAAA" });
        yield return ("there is neither a signature nor an envelope", b => b.Remove("messageSignature"));
        yield return ("the signature is empty", b => b["messageSignature"]!["signature"] = "");
        yield return ("the signature is not base64", b => b["messageSignature"]!["signature"] = "****");
        yield return ("a field is not known", b => b["messageSignatures"] = new JsonObject());
        yield return ("a field inside an entry is not known", b => Entry(b)["inclusion_proof"] = new JsonObject());
        yield return ("an index is negative", b => Entry(b)["logIndex"] = "-1");
        yield return ("an index is beyond 64 bits", b => Entry(b)["logIndex"] = "9223372036854775808");
        yield return ("an index is a fraction", b => Entry(b)["logIndex"] = 1.5);
        yield return ("an index has a sign", b => Entry(b)["logIndex"] = "+1");
        yield return ("an index has a space", b => Entry(b)["logIndex"] = " 1");
        yield return ("the tree size is negative", b => Entry(b)["inclusionProof"]!["treeSize"] = "-11");
        yield return ("the entries are no list", b => Material(b)["tlogEntries"] = new JsonObject());
        yield return ("an entry is no object", b => Material(b)["tlogEntries"]![0] = "entry");
        yield return ("an entry does not name its log", b => Entry(b).AsObject().Remove("logId"));
        yield return ("an entry has no body", b => Entry(b).AsObject().Remove("canonicalizedBody"));
        yield return ("the promise is empty", b => Entry(b)["inclusionPromise"] = new JsonObject());
        yield return ("there are too many entries", b => Material(b)["tlogEntries"] = new JsonArray([.. Enumerable.Range(0, 33).Select(_ => Entry(b).DeepClone())]));
        yield return ("there are too many hashes", b => Entry(b)["inclusionProof"]!["hashes"] = new JsonArray([.. Enumerable.Range(0, 65).Select(_ => (JsonNode)"AAAA")]));
        yield return ("there are too many timestamps", b => Material(b)["timestampVerificationData"]!["rfc3161Timestamps"] = new JsonArray([.. Enumerable.Range(0, 33).Select(_ => new JsonObject { ["signedTimestamp"] = "AAAA" })]));
        yield return ("the media type is a number", b => b["mediaType"] = 3);
        yield return ("it is nested too deeply", b => b["dsseEnvelope"] = Enumerable.Range(0, 40).Aggregate((JsonNode)new JsonObject(), (inner, _) => new JsonObject { ["x"] = inner }));
    }
}
