using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>A model signature file: a bundle v0.3 with one envelope, signed by a key, a certificate or by way of Sigstore.</summary>
internal sealed class ModelSignatureBundle
{
    private readonly string _file;
    private readonly SigstoreBundle _bundle;
    private readonly DsseEnvelope _envelope;

    private ModelSignatureBundle(string file, SigstoreBundle bundle, DsseEnvelope envelope) => (_file, _bundle, _envelope) = (file, bundle, envelope);

    public static byte[] Write(byte[] payload, byte[] signature, VerificationMaterial material) => BundleWriter.Write(new SigstoreBundle
    {
        MediaType = SigstoreBundle.MediaTypeV03,
        VerificationMaterial = material,
        // The key id is empty rather than absent: so the reference tool writes it, and all readers take it.
        DsseEnvelope = new DsseEnvelope(payload, DsseEnvelope.InTotoPayloadType, [new DsseSignature(signature, "")]),
    });

    /// <param name="json">The file's bytes.</param>
    /// <param name="file">What to call it in errors.</param>
    public static ModelSignatureBundle Parse(ReadOnlyMemory<byte> json, string file)
    {
        SigstoreBundle bundle;
        try
        {
            bundle = SigstoreBundle.Deserialize(json, file);
        }
        catch (VerificationException e)
        {
            throw ModelManifest.Malformed(file, e.Message, e);
        }
        if (bundle.MediaType != SigstoreBundle.MediaTypeV03)
            throw ModelManifest.Malformed(file, $"its mediaType is '{bundle.MediaType}', not '{SigstoreBundle.MediaTypeV03}'");
        if (bundle.DsseEnvelope is not { } envelope)
            throw ModelManifest.Malformed(file, "it has no dsseEnvelope");
        if (envelope.PayloadType != DsseEnvelope.InTotoPayloadType)
            throw ModelManifest.Malformed(file, $"its payloadType is '{envelope.PayloadType}', not '{DsseEnvelope.InTotoPayloadType}'");
        if (envelope.Signatures.Count != 1)
            throw ModelManifest.Malformed(file, $"it has {envelope.Signatures.Count} signatures, not exactly one");
        var material = bundle.VerificationMaterial;
        if (material.Certificate is not null && material.TlogEntries.Count == 0)
            throw ModelManifest.Malformed(file, "a certificate needs at least one entry in tlogEntries");
        if (material.PublicKey is { Hint: null, RawBytes: null })
            throw ModelManifest.Malformed(file, "publicKey has no hint");
        return new ModelSignatureBundle(file, bundle, envelope);
    }

    /// <summary>Checks the signature as the policy asks, then reads what it signs.</summary>
    /// <exception cref="SupplyChainException">It was signed by someone else, or otherwise than expected.</exception>
    public (ModelManifest Manifest, ModelSignerIdentity Signer) Verify(ModelVerificationPolicy policy) => policy switch
    {
        { PublicKey: { } key } => VerifyKey(key),
        { TrustedCertificates: { } certificates } => VerifyCertificate(certificates, policy.Time),
        { CertificateIdentity: { } identity, TrustedRoot: { } root } => VerifySigstore(identity, root, policy.Time),
        _ => throw new SupplyChainException(SupplyChainReason.PublicKeyMissing, $"'{_file}' cannot be checked: give a public key, trusted certificates, or an identity and a trusted root"),
    };

    private (ModelManifest Manifest, ModelSignerIdentity Signer) VerifyKey(EcdsaPublicKey key)
    {
        if (_bundle.VerificationMaterial.PublicKey is not { } signer)
            throw OtherMethod("a key");
        RefuseUnverifiedEvidence();
        if (ReadIfSigned(key) is not { } manifest)
        {
            var by = signer.Hint ?? HintOfRawKey(signer.RawBytes!.Value);
            throw by == key.KeyId
                ? new SupplyChainException(SupplyChainReason.SignatureInvalid, $"'{_file}': the signature does not match the signed statement: sign the model again")
                : new SupplyChainException(SupplyChainReason.WrongKey, $"'{_file}' was signed by key {by}, not by the expected key {key.KeyId}");
        }
        return (manifest, new ModelSignerIdentity(key.KeyId, key.Algorithm));
    }

    private (ModelManifest Manifest, ModelSignerIdentity Signer) VerifyCertificate(TrustedCertificates trusted, TimeProvider time)
    {
        if (_bundle.VerificationMaterial.X509CertificateChain is not { } chain)
            throw OtherMethod("a certificate of an own authority");
        RefuseUnverifiedEvidence();
        var certificate = trusted.Verify(chain, _file, time.GetUtcNow());
        var key = EcdsaPublicKey.FromSubjectPublicKeyInfo(certificate.SubjectPublicKeyInfo.Span, certificate.Name);
        var manifest = ReadIfSigned(key)
            ?? throw new SupplyChainException(SupplyChainReason.SignatureInvalid, $"'{_file}': the signature does not match the signed statement and the certificate: sign the model again");
        return (manifest, new ModelSignerIdentity(key.KeyId, key.Algorithm, CertificateName(certificate)));
    }

    private (ModelManifest Manifest, ModelSignerIdentity Signer) VerifySigstore(CertificateIdentity identity, TrustedRoot root, TimeProvider time)
    {
        if (_bundle.VerificationMaterial.Certificate is not { } der)
            throw OtherMethod("a Sigstore identity");
        var result = new SigstoreVerifier(root, time).VerifyEnvelope(_bundle, new VerificationPolicy { CertificateIdentity = identity });
        var signer = Certificate.Parse(der, "the signing certificate");
        return (ModelManifest.Read(_envelope.Payload.Span, _file), new ModelSignerIdentity(
            EcdsaPublicKey.Hint(signer.SubjectPublicKeyInfo.Span), signer.Key.Algorithm, result.SignerIdentity!.SubjectAlternativeName, result.SignerIdentity.Issuer,
            result.LogEntries is [var entry, ..] ? entry.LogIndex : null));
    }

    private ModelManifest? ReadIfSigned(EcdsaPublicKey key)
    {
        var payload = _envelope.Payload.Span;
        var signature = _envelope.Signatures[0].Sig.Span;
        if (key.Verify(_envelope.PreAuthenticationEncoding(), signature))
            return ModelManifest.Read(payload, _file);
        // The first release took SHA-256 for every curve.
        return key.Verify(Dsse.PythonEncoding(_envelope.PayloadType, payload), signature, HashAlgorithmName.SHA256)
            ? ModelManifest.Read(payload, _file, isOld: true) : null;
    }

    private void RefuseUnverifiedEvidence()
    {
        if (_bundle.VerificationMaterial.TlogEntries.Count > 0)
            throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{_file}' carries transparency log entries, which model signatures by a key or an own authority do not have and which are not checked for them");
    }

    private SupplyChainException OtherMethod(string expected)
    {
        var found = _bundle.VerificationMaterial switch
        {
            { PublicKey: not null } => "a key: give the public key",
            { Certificate: not null } => "a Sigstore identity: give the identity, its issuer and the trusted root",
            _ => "a certificate of an own authority: give the authority's certificate",
        };
        return new SupplyChainException(SupplyChainReason.WrongKey, $"'{_file}' is not signed by {expected} but by {found}");
    }

    private static string CertificateName(Certificate certificate) =>
        FulcioNames.Subjects(certificate) is [var first, ..] ? first : new X500DistinguishedName(certificate.Subject.Span).Name;

    private static string HintOfRawKey(ReadOnlyMemory<byte> pem)
    {
        try
        {
            return EcdsaPublicKey.FromPem(Encoding.UTF8.GetString(pem.Span)).KeyId;
        }
        catch (SupplyChainException)
        {
            return "(unreadable)";
        }
    }
}
