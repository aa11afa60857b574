using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;
using static EnterpriseAI.SupplyChain.Tests.Verification.NegativeVector;
using static EnterpriseAI.SupplyChain.VerificationStep;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>What can be wrong with a log's evidence and with what the log recorded.</summary>
internal static class LogVectors
{
    private static readonly byte[] Other32 = [.. Enumerable.Repeat((byte)7, 32)];

    public static IEnumerable<NegativeVector> All()
    {
        // Evidence
        yield return new(InclusionPromiseRequired, "a bundle v0.1 has a proof and no promise", V1 with { Version = MiniVersion.V01 }, m => m.Entry = e => e with { PromiseKey = null });
        yield return new(InclusionProofRequired, "a bundle v0.3 has a promise and no proof", V1, m => m.Entry = e => e with { HasProof = false });
        yield return new(InclusionProofRequired, "a bundle v0.2 has a proof without a checkpoint", Chain, m => m.Entry = e => e with { HasCheckpoint = false });
        yield return new(VerificationStep.SignedEntryTimestamp, "the promise is signed by another key", V1, m => m.Entry = e => e with { PromiseKey = MiniSigstore.OtherKey });
        yield return new(VerificationStep.SignedEntryTimestamp, "the promise is for another time", V1, m => m.Bundle = b => First(b, e => e with { IntegratedTime = e.IntegratedTime + 1 }));
        yield return new(VerificationStep.SignedEntryTimestamp, "the promise is for another index", V1, m => m.Bundle = b => First(b, e => e with { LogIndex = e.LogIndex + 1 }));
        yield return new(VerificationStep.InclusionProof, "the log signed a root that the path does not lead to", V1, m => m.Entry = e => e with { Root = _ => Other32 });
        yield return new(VerificationStep.InclusionProof, "the log signed a root that the path does not lead to, in Rekor v2", V2, m => m.Entry = e => e with { Root = _ => Other32 });
        yield return new(VerificationStep.InclusionProof, "a hash of the path is another", V1, m => m.Bundle = b => Proof(b, p => p with { Hashes = [Other32, .. p.Hashes.Skip(1)] }));
        yield return new(VerificationStep.InclusionProof, "the path is too short", V1, m => m.Bundle = b => Proof(b, p => p with { Hashes = [.. p.Hashes.SkipLast(1)] }));
        yield return new(VerificationStep.InclusionProof, "the path is too long", V1, m => m.Bundle = b => Proof(b, p => p with { Hashes = [.. p.Hashes, Other32] }));
        yield return new(VerificationStep.InclusionProof, "the index is another", V1, m => m.Bundle = b => Proof(b, p => p with { LogIndex = p.LogIndex - 1 }));
        yield return new(VerificationStep.InclusionProof, "the index is beyond the tree", V1, m => m.Bundle = b => Proof(b, p => p with { LogIndex = p.TreeSize }));
        yield return new(CheckpointSignature, "the checkpoint is signed by another key", V1, m => m.Entry = e => e with { CheckpointKey = MiniSigstore.OtherKey });
        yield return new(CheckpointSignature, "the checkpoint is signed by another key, in Rekor v2", V2, m => m.Entry = e => e with { CheckpointKey = MiniSigstore.WitnessKey });
        yield return new(CheckpointSignature, "only a witness signed the checkpoint", V2, m => m.Entry = e => e with { SignatureLines = _ => [MiniLogEntry.SignatureLine("witness.example.com", new byte[4], MiniSigstore.WitnessKey.Sign("x"u8))] });
        yield return new(CheckpointSignature, "nobody signed the checkpoint", V2, m => m.Entry = e => e with { SignatureLines = _ => [] });
        yield return new(CheckpointSignature, "the log's signature stands under another key's name", V2, m => m.Entry = e => e with { SignatureLines = own => [own.Replace(" rekor2.", " rekor3.")] });
        yield return new(CheckpointSignature, "the log's signature has another key hint", V1, m => m.Entry = e => e with { SignatureLines = own => [$"{own[..(own.LastIndexOf(' ') + 1)]}AAAA{own[(own.LastIndexOf(' ') + 5)..]}"] });
        yield return new(CheckpointOrigin, "the log signed the checkpoint of another log", V2, m => m.Entry = e => e with { Origin = "rekor3.example.com" });
        yield return new(CheckpointOrigin, "the log signed the checkpoint of another log, in Rekor v1", V1, m => m.Entry = e => e with { Origin = "rekor3.example.com - 5041" });
        yield return new(CheckpointOrigin, "what follows the log's name is no tree", V1, m => m.Entry = e => e with { Origin = "rekor1.example.com - a tree" });
        yield return new(CheckpointTree, "the checkpoint is of a larger tree", V1, m => m.Entry = e => e with { CheckpointSize = 12 });
        yield return new(CheckpointTree, "the checkpoint has another root", V2, m => m.Entry = e => e with { CheckpointRoot = Other32 });
        yield return new(LogValidity, "the trusted root had ceased to vouch for the log", V1, m => m.TrustedRootJson = r => CertificateVectors.End(r, "tlogs"));
        yield return new(LogValidity, "the trusted root had not begun to vouch for the log", V1, m => m.TrustedRootJson = r => CertificateVectors.Begin(r, "tlogs"));
        yield return new(LogValidity, "the trusted root had ceased to vouch for the log at the time of the timestamp, in Rekor v2", V2, m => m.TrustedRootJson = r => End(r, 1));
        yield return new(LogValidity, "the trusted root has ceased to vouch for the log, and nobody tells the time", V2 with { Managed = true, Timestamped = false }, m => m.TrustedRootJson = r => End(r, 1));
        yield return new(LogIndex, "the entry says another index than its proof, in Rekor v2", V2, m => m.Entry = e => e with { LogIndex = 7 });

        // What was recorded
        yield return new(LogEntryKind, "the bundle says another kind than the log recorded", V1, m => m.Entry = e => e with { Kind = "dsse" });
        yield return new(LogEntryKind, "the bundle says another version than the log recorded", V1, m => m.Entry = e => e with { Version = "0.0.2" });
        yield return new(LogEntryKind, "the log recorded an envelope of another type", InToto, m => m.EntryBody = b => { b["spec"]!["content"]!["envelope"]!["payloadType"] = "text/plain"; return b; });
        yield return new(LogEntryKind, "the log recorded an envelope as an artifact", Envelope, m =>
        {
            byte[] signature = [], statement = [];
            m.Statement = s => { statement = Encoding.UTF8.GetBytes(s.ToJsonString()); return s; };
            m.Timestamps = t => { signature = t.Signature; return [t]; };
            m.EntryBody = b =>
            {
                var verifier = Convert.FromBase64String(b["spec"]!["signatures"]![0]!["verifier"]!.GetValue<string>());
                var of = Dsse.PreAuthenticationEncoding(m.PayloadType, statement);
                return new JsonObject
                {
                    ["apiVersion"] = "0.0.1",
                    ["kind"] = "hashedrekord",
                    ["spec"] = new JsonObject
                    {
                        ["data"] = new JsonObject { ["hash"] = MiniEntryBody.Hash(of) },
                        ["signature"] = new JsonObject { ["content"] = MiniEntryBody.Base64(signature), ["publicKey"] = new JsonObject { ["content"] = MiniEntryBody.Base64(verifier) } },
                    },
                };
            };
        });
        foreach (var shape in new[] { V1, V2, Envelope, InToto, EnvelopeV2, Managed })
        {
            yield return new(LogEntrySignature, $"{shape}: the log recorded another signature", shape, m => m.EntryBody = b => Replace(b, "sig", m));
            yield return new(LogEntryVerifier, $"{shape}: the log recorded another {(shape.Managed ? "key" : "certificate")}", shape, m => m.EntryBody = b => Replace(b, "verifier", m));
            yield return new(LogEntryDigest, $"{shape}: the log recorded another digest", shape, m => m.EntryBody = b => Replace(b, "digest", m));
        }
        yield return new(LogEntrySignature, "the log recorded a second signature besides", Envelope, m => m.EntryBody = b =>
        {
            b["spec"]!["signatures"]!.AsArray().Add(b["spec"]!["signatures"]![0]!.DeepClone());
            return b;
        });
        yield return new(LogThreshold, "a log is required and the bundle has no entry", V1, m => m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { TlogEntries = [] } });
        yield return new(LogThreshold, "a log is required and the entry is of one that is not trusted", V1, m => m.Bundle = b => First(b, e => e with { LogId = new byte[32] }));
        yield return new(LogThreshold, "two logs are required and the same entry stands there twice", V1, m =>
        {
            m.Bundle = b => b with { VerificationMaterial = b.VerificationMaterial with { TlogEntries = [b.VerificationMaterial.TlogEntries[0], b.VerificationMaterial.TlogEntries[0]] } };
            m.Policy = p => p with { TransparencyLogThreshold = 2 };
        });

        // Forms
        yield return new(CheckpointFormat, "the checkpoint has no root", V1, m => m.Bundle = b => Proof(b, p => p with { Checkpoint = "rekor1.example.com - 5041\n11\n\n— rekor1.example.com AAAAAAAA\n" }));
        yield return new(CheckpointFormat, "the checkpoint's size has a leading zero", V1, m => m.Bundle = b => Proof(b, p => p with { Checkpoint = p.Checkpoint!.Replace("\n11\n", "\n011\n") }));
        yield return new(CheckpointFormat, "a line under the checkpoint is no signature", V1, m => m.Entry = e => e with { SignatureLines = own => [own, "signed, the log"] });
        yield return new(LogEntryFormat, "the body is not JSON", V1, m => m.Entry = e => e with { Body = "{"u8.ToArray() });
        yield return new(LogEntryFormat, "the body says two kinds", V1, m => m.Entry = e => e with { Body = """{"kind":"hashedrekord","kind":"dsse","apiVersion":"0.0.1"}"""u8.ToArray() });
        yield return new(LogEntryFormat, "the body names no key", V1, m => m.EntryBody = b => { b["spec"]!["signature"]!.AsObject().Remove("publicKey"); return b; });
        yield return new(LogEntryFormat, "the log recorded a kind of entry that is not known here", V1, m => m.EntryBody = b => { b["kind"] = "rpm"; return b; });
    }

    // The log recorded what an honest one would have for another signature, certificate or artifact.
    private static JsonObject Replace(JsonObject body, string what, MiniSigstore instance)
    {
        var other = new MiniSigstore(instance.Shape) { SignerKey = instance.SignerKey };
        JsonObject? made = null;
        other.EntryBody = b => { made = (JsonObject)b.DeepClone(); return b; };
        if (what is "digest")
            (other.Artifact, other.Statement) = ("another artifact"u8.ToArray(), s => { s["predicateType"] = "another"; return s; });
        if (what is "verifier")
            (other.Leaf, other.SignerKey) = (l => l with { SerialNumber = 9 }, instance.Shape.Managed ? MiniSigstore.OtherKey : instance.SignerKey);
        other.Build();
        var (owner, name) = Find(body, what);
        var (others, _) = Find(made!, what);
        owner[name] = others[name]!.DeepClone();
        return body;
    }

    private static (JsonNode Owner, string Name) Find(JsonObject body, string what)
    {
        string[] path = (body["kind"]!.GetValue<string>(), body["apiVersion"]!.GetValue<string>(), what) switch
        {
            ("hashedrekord", "0.0.1", "sig") => ["signature", "content"],
            ("hashedrekord", "0.0.1", "verifier") => ["signature", "publicKey", "content"],
            ("hashedrekord", "0.0.1", _) => ["data", "hash", "value"],
            ("hashedrekord", _, "sig") => ["hashedRekordV002", "signature", "content"],
            ("hashedrekord", _, "verifier") => ["hashedRekordV002", "signature", "verifier"],
            ("hashedrekord", _, _) => ["hashedRekordV002", "data", "digest"],
            ("dsse", _, "sig") => ["signatures", "", "signature"],
            ("dsse", _, "verifier") => ["signatures", "", "verifier"],
            ("dsse", _, _) => ["payloadHash", "value"],
            (_, _, "sig") => ["content", "envelope", "signatures", "", "sig"],
            (_, _, "verifier") => ["content", "envelope", "signatures", "", "publicKey"],
            _ => ["content", "payloadHash", "value"],
        };
        return (path[..^1].Aggregate(body["spec"]!, (node, step) => step.Length == 0 ? node[0]! : node[step]!), path[^1]);
    }

    private static JsonObject End(JsonObject root, int log)
    {
        root["tlogs"]![log]!["publicKey"]!["validFor"] = MiniTrustedRoot.Period(MiniSigstore.Now.AddYears(-1), MiniSigstore.Now.AddSeconds(-1));
        return root;
    }

    private static SigstoreBundle First(SigstoreBundle bundle, Func<TransparencyLogEntry, TransparencyLogEntry> change) => bundle with
    {
        VerificationMaterial = bundle.VerificationMaterial with { TlogEntries = [change(bundle.VerificationMaterial.TlogEntries[0])] },
    };

    private static SigstoreBundle Proof(SigstoreBundle bundle, Func<InclusionProof, InclusionProof> change) => First(bundle, e => e with { InclusionProof = change(e.InclusionProof!) });
}
