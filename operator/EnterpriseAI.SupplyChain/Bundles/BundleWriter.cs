using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>Writes bundles as the proto3 JSON mapping has them: 64-bit numbers are strings, defaults are left out.</summary>
internal static class BundleWriter
{
    // No bundle stands in HTML; plain text stays readable.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(SigstoreBundle bundle)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("mediaType", bundle.MediaType);
            Material(json, bundle.VerificationMaterial);
            if (bundle.MessageSignature is { } message)
                Message(json, message);
            if (bundle.DsseEnvelope is { } envelope)
                Envelope(json, envelope);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Material(Utf8JsonWriter json, VerificationMaterial material)
    {
        json.WriteStartObject("verificationMaterial");
        if (material.Certificate is { } certificate)
        {
            json.WriteStartObject("certificate");
            json.WriteBase64String("rawBytes", certificate.Span);
            json.WriteEndObject();
        }
        if (material.X509CertificateChain is { } chain)
        {
            json.WriteStartObject("x509CertificateChain");
            WriteList(json, "certificates", chain, "rawBytes");
            json.WriteEndObject();
        }
        if (material.PublicKey is { } key)
        {
            json.WriteStartObject("publicKey");
            if (key.Hint is { } hint)
                json.WriteString("hint", hint);
            if (key.RawBytes is { } pem)
                json.WriteBase64String("rawBytes", pem.Span);
            json.WriteEndObject();
        }
        // Written even when empty: readers of model signatures look for it.
        json.WriteStartArray("tlogEntries");
        foreach (var entry in material.TlogEntries)
            Entry(json, entry);
        json.WriteEndArray();
        if (material.Rfc3161Timestamps.Count > 0)
        {
            json.WriteStartObject("timestampVerificationData");
            WriteList(json, "rfc3161Timestamps", material.Rfc3161Timestamps, "signedTimestamp");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Entry(Utf8JsonWriter json, TransparencyLogEntry entry)
    {
        json.WriteStartObject();
        Number(json, "logIndex", entry.LogIndex);
        json.WriteStartObject("logId");
        json.WriteBase64String("keyId", entry.LogId.Span);
        json.WriteEndObject();
        json.WriteStartObject("kindVersion");
        json.WriteString("kind", entry.Kind);
        json.WriteString("version", entry.Version);
        json.WriteEndObject();
        if (entry.IntegratedTime != 0)
            Number(json, "integratedTime", entry.IntegratedTime);
        if (entry.SignedEntryTimestamp is { } promise)
        {
            json.WriteStartObject("inclusionPromise");
            json.WriteBase64String("signedEntryTimestamp", promise.Span);
            json.WriteEndObject();
        }
        if (entry.InclusionProof is { } proof)
            Proof(json, proof);
        json.WriteBase64String("canonicalizedBody", entry.CanonicalizedBody.Span);
        json.WriteEndObject();
    }

    private static void Proof(Utf8JsonWriter json, InclusionProof proof)
    {
        json.WriteStartObject("inclusionProof");
        Number(json, "logIndex", proof.LogIndex);
        json.WriteBase64String("rootHash", proof.RootHash.Span);
        Number(json, "treeSize", proof.TreeSize);
        json.WriteStartArray("hashes");
        foreach (var hash in proof.Hashes)
            json.WriteBase64StringValue(hash.Span);
        json.WriteEndArray();
        if (proof.Checkpoint is { } checkpoint)
        {
            json.WriteStartObject("checkpoint");
            json.WriteString("envelope", checkpoint);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Message(Utf8JsonWriter json, MessageSignature message)
    {
        json.WriteStartObject("messageSignature");
        if (message.Digest is { } digest)
        {
            json.WriteStartObject("messageDigest");
            json.WriteString("algorithm", message.Algorithm);
            json.WriteBase64String("digest", digest.Span);
            json.WriteEndObject();
        }
        json.WriteBase64String("signature", message.Signature.Span);
        json.WriteEndObject();
    }

    private static void Envelope(Utf8JsonWriter json, DsseEnvelope envelope)
    {
        json.WriteStartObject("dsseEnvelope");
        json.WriteBase64String("payload", envelope.Payload.Span);
        json.WriteString("payloadType", envelope.PayloadType);
        json.WriteStartArray("signatures");
        foreach (var signature in envelope.Signatures)
        {
            json.WriteStartObject();
            json.WriteBase64String("sig", signature.Sig.Span);
            if (signature.KeyId is { } keyId)
                json.WriteString("keyid", keyId);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<ReadOnlyMemory<byte>> values, string field)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStartObject();
            json.WriteBase64String(field, value.Span);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, long value) => json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
}
