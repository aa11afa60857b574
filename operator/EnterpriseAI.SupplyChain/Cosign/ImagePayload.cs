namespace EnterpriseAI.SupplyChain;

/// <summary>The document that a signature under an image's signature tag is over ("simple signing").</summary>
internal static class ImagePayload
{
    public const int MaxBytes = 1 << 20;
    public const string MediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
    public const string SignatureType = "cosign container image signature";

    /// <summary>Verifies the signature over the document, and that the document is about the image.</summary>
    /// <exception cref="SupplyChainException">The signature does not hold, or is about something else.</exception>
    public static VerificationResult Verify(SigstoreVerifier verifier, CheckSet checks, ReadOnlyMemory<byte> payload, SigstoreBundle bundle, VerificationPolicy policy, OciDigest image)
    {
        var result = verifier.Verify(payload, bundle, policy);
        var (type, digest) = ProtoMessage.Parse(payload, "signed payload", VerificationStep.ImagePayloadFormat, static json =>
        {
            // The rest says under which name the image was signed; an image may have been copied since.
            var critical = json.RequiredMessage("critical");
            var image = critical.RequiredMessage("image");
            var (named, old) = (image.OptionalText("docker-manifest-digest"), image.OptionalText("Docker-manifest-digest"));
            return (critical.Text("type"), named is null || old is null ? named ?? old ?? "" : throw image.Invalid("docker-manifest-digest", "is there twice"));
        });
        if (type != SignatureType)
            checks.Refuse(VerificationStep.ImagePayloadType, $"what is signed says that it is '{type}', not '{SignatureType}': the signature was made for something else");
        if (digest != image.ToString())
            checks.Refuse(VerificationStep.ImagePayloadDigest, $"the signature is for the image with digest '{digest}', not for {image}");
        return result;
    }
}

/// <summary>The statement by which newer signatures name an image.</summary>
internal static class ImageStatement
{
    public const string PredicateType = "https://sigstore.dev/cosign/sign/v1";

    /// <summary>Verifies a bundle for an image: a signature over its manifest, or over a statement that says no more than that it is signed.</summary>
    /// <exception cref="SupplyChainException">The signature does not hold, or is about something else.</exception>
    public static VerificationResult Verify(SigstoreVerifier verifier, CheckSet checks, ReadOnlyMemory<byte> manifest, SigstoreBundle bundle, VerificationPolicy policy)
    {
        var result = verifier.Verify(manifest, bundle, policy);
        // Whoever attests something about an image, a list of its faults perhaps, does not thereby vouch for it.
        if (result.Statement is { } statement && statement.PredicateType != PredicateType)
            checks.Refuse(VerificationStep.ImageStatementType, $"the statement is of the kind '{statement.PredicateType}', which says something about the image but does not sign it");
        return result;
    }
}
