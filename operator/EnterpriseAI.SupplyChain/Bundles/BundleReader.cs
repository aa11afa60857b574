namespace EnterpriseAI.SupplyChain;

/// <summary>Reads the messages of a bundle; which of them must be there in which version is checked on verification.</summary>
internal static class BundleReader
{
    // A bundle has one or two of each; each costs signature checks.
    private const int MaxEntries = 32;
    private const int MaxTimestamps = 32;
    private const int MaxCertificates = 10;
    private const int MaxSignatures = 32;

    // A path is at most as long as the number of bits of a 64-bit size.
    private const int MaxHashes = 64;

    public static SigstoreBundle Read(ProtoMessage bundle)
    {
        if (CosignBundle.IsOne(bundle))
            return CosignBundle.Read(bundle);
        bundle.AllowOnly("mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope");
        var message = bundle.Message("messageSignature");
        var envelope = bundle.Message("dsseEnvelope");
        if (message is null == envelope is null)
            throw bundle.Invalid("messageSignature", "or dsseEnvelope must be there, and not both");
        return new SigstoreBundle
        {
            MediaType = bundle.Text("mediaType"),
            VerificationMaterial = Material(bundle.RequiredMessage("verificationMaterial")),
            MessageSignature = message is { } signature ? Message(signature) : null,
            DsseEnvelope = envelope is { } dsse ? Envelope(dsse) : null,
        };
    }

    private static VerificationMaterial Material(ProtoMessage material)
    {
        material.AllowOnly("certificate", "x509CertificateChain", "publicKey", "tlogEntries", "timestampVerificationData");
        var certificate = material.Message("certificate");
        var chain = material.Message("x509CertificateChain");
        var key = material.Message("publicKey");
        if ((certificate is null ? 0 : 1) + (chain is null ? 0 : 1) + (key is null ? 0 : 1) != 1)
            throw material.Invalid("certificate", ", x509CertificateChain or publicKey must be there, and only one of them");
        return new VerificationMaterial
        {
            // Without the cast, null would become an empty memory rather than none.
            Certificate = certificate is { } leaf ? Certificate(leaf) : (ReadOnlyMemory<byte>?)null,
            X509CertificateChain = chain is { } list ? Chain(list) : null,
            PublicKey = key is { } identifier ? Key(identifier) : null,
            TlogEntries = [.. material.Messages("tlogEntries", MaxEntries).Select(Entry)],
            Rfc3161Timestamps = material.Message("timestampVerificationData") is { } timestamps ? Timestamps(timestamps) : [],
        };
    }

    private static ReadOnlyMemory<byte> Certificate(ProtoMessage certificate)
    {
        certificate.AllowOnly("rawBytes");
        return certificate.RequiredBytes("rawBytes");
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Chain(ProtoMessage chain)
    {
        chain.AllowOnly("certificates");
        IReadOnlyList<ReadOnlyMemory<byte>> certificates = [.. chain.Messages("certificates", MaxCertificates).Select(Certificate)];
        return certificates.Count > 0 ? certificates : throw chain.Invalid("certificates", "is empty");
    }

    private static PublicKeyIdentifier Key(ProtoMessage key)
    {
        // The last two are of model signatures before v1.1.0.
        key.AllowOnly("hint", "rawBytes", "keyDetails");
        return new PublicKeyIdentifier(key.OptionalText("hint"), key.OptionalBytes("rawBytes") is { } pem ? (ReadOnlyMemory<byte>?)pem : null);
    }

    private static TransparencyLogEntry Entry(ProtoMessage entry)
    {
        entry.AllowOnly("logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody");
        var log = entry.RequiredMessage("logId");
        log.AllowOnly("keyId");
        var kind = entry.RequiredMessage("kindVersion");
        kind.AllowOnly("kind", "version");
        var promise = entry.Message("inclusionPromise");
        promise?.AllowOnly("signedEntryTimestamp");
        return new TransparencyLogEntry
        {
            LogIndex = entry.Count("logIndex"),
            LogId = log.RequiredBytes("keyId"),
            Kind = kind.Text("kind"),
            Version = kind.Text("version"),
            IntegratedTime = entry.Count("integratedTime"),
            SignedEntryTimestamp = promise is { } set ? set.RequiredBytes("signedEntryTimestamp") : (ReadOnlyMemory<byte>?)null,
            InclusionProof = entry.Message("inclusionProof") is { } proof ? Proof(proof) : null,
            CanonicalizedBody = entry.RequiredBytes("canonicalizedBody"),
        };
    }

    private static InclusionProof Proof(ProtoMessage proof)
    {
        proof.AllowOnly("logIndex", "rootHash", "treeSize", "hashes", "checkpoint");
        var checkpoint = proof.Message("checkpoint");
        checkpoint?.AllowOnly("envelope");
        return new InclusionProof(
            proof.Count("logIndex"),
            proof.Bytes("rootHash"),
            proof.Count("treeSize"),
            [.. proof.ListOfBytes("hashes", MaxHashes).Select(static hash => (ReadOnlyMemory<byte>)hash)],
            checkpoint?.Text("envelope"));
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> Timestamps(ProtoMessage data)
    {
        data.AllowOnly("rfc3161Timestamps");
        return [.. data.Messages("rfc3161Timestamps", MaxTimestamps).Select(static timestamp =>
        {
            timestamp.AllowOnly("signedTimestamp");
            return (ReadOnlyMemory<byte>)timestamp.RequiredBytes("signedTimestamp");
        })];
    }

    private static MessageSignature Message(ProtoMessage message)
    {
        message.AllowOnly("messageDigest", "signature");
        var digest = message.Message("messageDigest");
        digest?.AllowOnly("algorithm", "digest");
        return new MessageSignature(
            digest?.Text("algorithm"),
            digest is { } hash ? hash.RequiredBytes("digest") : (ReadOnlyMemory<byte>?)null,
            message.RequiredBytes("signature"));
    }

    private static DsseEnvelope Envelope(ProtoMessage envelope)
    {
        envelope.AllowOnly("payload", "payloadType", "signatures");
        return new DsseEnvelope(
            envelope.Bytes("payload"),
            envelope.Text("payloadType"),
            [.. envelope.Messages("signatures", MaxSignatures).Select(static signature =>
            {
                signature.AllowOnly("sig", "keyid");
                return new DsseSignature(signature.Bytes("sig"), signature.OptionalText("keyid"));
            })]);
    }
}
