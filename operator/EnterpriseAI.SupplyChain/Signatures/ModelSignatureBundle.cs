using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>A model signature file with one signature by a managed key.</summary>
internal sealed class ModelSignatureBundle
{
    public const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    public const string PayloadType = "application/vnd.in-toto+json";

    private readonly string _file;
    private readonly PublicKeyJson _signer;
    private readonly byte[] _payload;
    private readonly byte[] _signature;

    private ModelSignatureBundle(string file, PublicKeyJson signer, byte[] payload, byte[] signature) =>
        (_file, _signer, _payload, _signature) = (file, signer, payload, signature);

    public static byte[] Write(byte[] payload, byte[] signature, string keyId) => JsonSerializer.SerializeToUtf8Bytes(
        new BundleJson(MediaType,
            new VerificationMaterialJson(PublicKey: new PublicKeyJson(Hint: keyId), TlogEntries: []),
            new EnvelopeJson(payload, PayloadType, [new EnvelopeSignatureJson(signature, "")])),
        BundleJsonContext.Default.BundleJson);

    /// <param name="json">The file's bytes.</param>
    /// <param name="file">What to call it in errors.</param>
    public static ModelSignatureBundle Parse(ReadOnlySpan<byte> json, string file)
    {
        BundleJson bundle;
        try
        {
            bundle = JsonSerializer.Deserialize(json, BundleJsonContext.Default.BundleJson) ?? throw ModelManifest.Malformed(file, "it is null");
        }
        catch (JsonException e)
        {
            throw ModelManifest.Malformed(file, e.Message, e);
        }
        if (bundle.MediaType != MediaType)
            throw ModelManifest.Malformed(file, $"its mediaType is '{bundle.MediaType}', not '{MediaType}'");
        var signer = SignerOf(bundle.VerificationMaterial, file);
        if (bundle.DsseEnvelope.PayloadType != PayloadType)
            throw ModelManifest.Malformed(file, $"its payloadType is '{bundle.DsseEnvelope.PayloadType}', not '{PayloadType}'");
        if (bundle.DsseEnvelope.Signatures is not [{ } only])
            throw ModelManifest.Malformed(file, $"it has {bundle.DsseEnvelope.Signatures.Count} signatures, not exactly one");
        return new ModelSignatureBundle(file, signer, bundle.DsseEnvelope.Payload, only.Sig);
    }

    private static PublicKeyJson SignerOf(VerificationMaterialJson material, string file)
    {
        var kinds = (material.PublicKey is null ? 0 : 1) + (material.Certificate is null ? 0 : 1) + (material.X509CertificateChain is null ? 0 : 1);
        if (kinds != 1)
            throw ModelManifest.Malformed(file, "verificationMaterial must hold exactly one of publicKey, certificate and x509CertificateChain");
        if (material.Certificate is not null && material.TlogEntries is not { Count: > 0 })
            throw ModelManifest.Malformed(file, "a certificate needs at least one entry in tlogEntries");
        if (material.PublicKey is not { } signer)
            throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' was signed with a certificate: only signatures by a managed key can be checked here");
        if (material.TlogEntries is { Count: > 0 })
            throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' carries transparency log entries, which cannot be checked for a managed key");
        if (signer.Hint is null && signer.RawBytes is null)
            throw ModelManifest.Malformed(file, "publicKey has no hint");
        return signer;
    }

    /// <summary>Checks the signature, then reads what it signs.</summary>
    public ModelManifest Verify(EcdsaPublicKey key)
    {
        if (!key.Verify(Dsse.PreAuthenticationEncoding(PayloadType, _payload), _signature))
        {
            var by = _signer.Hint ?? HintOfRawKey(_signer.RawBytes!);
            throw by == key.KeyId
                ? new SupplyChainException(SupplyChainReason.SignatureInvalid, $"'{_file}': the signature does not match the signed statement: sign the model again")
                : new SupplyChainException(SupplyChainReason.WrongKey, $"'{_file}' was signed by key {by}, not by the expected key {key.KeyId}");
        }
        return ModelManifest.Read(_payload, _file);
    }

    private static string HintOfRawKey(byte[] pem)
    {
        try
        {
            return EcdsaPublicKey.FromPem(System.Text.Encoding.UTF8.GetString(pem)).KeyId;
        }
        catch (SupplyChainException)
        {
            return "(unreadable)";
        }
    }
}
