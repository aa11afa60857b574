namespace EnterpriseAI.SupplyChain;

/// <summary>Checks that a bundle's signature is over the artifact, or over a statement that names it.</summary>
internal static class SignatureVerifier
{
    /// <returns>The statement; null when the artifact itself is signed.</returns>
    /// <exception cref="VerificationException">The signature is over something else.</exception>
    public static InTotoStatement? Verify(SigstoreBundle bundle, SignedContent content, VerificationKey key, CheckSet checks)
    {
        if (content.Envelope is { } envelope)
            return Verify(envelope, content, key, checks);
        Verify(bundle.MessageSignature!, content.Artifact!, key, checks);
        return null;
    }

    private static void Verify(MessageSignature message, ArtifactDigests artifact, VerificationKey key, CheckSet checks)
    {
        if (message.Digest is { } named)
        {
            var digest = SigstoreHash.Of(message.Algorithm) is { } algorithm ? artifact.Digest(algorithm) : null;
            if (digest is null || !digest.AsSpan().SequenceEqual(named.Span))
                checks.Refuse(VerificationStep.MessageDigest, digest is null
                    ? $"the bundle names the artifact by its {message.Algorithm}, which is not known here: give the artifact rather than its digest"
                    : "the artifact has another digest than the one that the bundle names: it is not the artifact that was signed");
        }
        var isSigned = key.NeedsMessage
            ? artifact.Message is { } bytes && key.Verify(bytes.Span, message.Signature.Span)
            : artifact.Digest(key.Scheme.Hash) is { } hash && key.VerifyHash(hash, message.Signature.Span);
        if (!isSigned)
            checks.Refuse(VerificationStep.ArtifactSignature, (key.NeedsMessage ? artifact.Message is null : artifact.Digest(key.Scheme.Hash) is null)
                ? "the key signs another hash of the artifact than the one that was given: give the artifact rather than its digest"
                : "the signature is not over this artifact: it was changed after signing, or another one was signed");
    }

    private static InTotoStatement? Verify(DsseEnvelope envelope, SignedContent content, VerificationKey key, CheckSet checks)
    {
        if (envelope.PayloadType != DsseEnvelope.InTotoPayloadType)
            checks.Refuse(VerificationStep.EnvelopePayloadType, $"the envelope holds '{envelope.PayloadType}', not '{DsseEnvelope.InTotoPayloadType}'");
        if (!key.Verify(content.EnvelopeEncoding, content.Signature.Span))
            checks.Refuse(VerificationStep.EnvelopeSignature, "the envelope's signature is not over its payload: it was changed after signing, or another key signed it");
        var statement = envelope.GetStatement();
        if (!statement.IsKnownType)
            checks.Refuse(VerificationStep.StatementType, $"the statement's _type is '{statement.Type}', not 'https://in-toto.io/Statement/v1'");
        if (content.Artifact is { } artifact && !statement.Subject.Any(subject => IsSubject(subject, artifact)))
            checks.Refuse(VerificationStep.StatementSubject, "the artifact is not among the subjects of the signed statement: the statement is about something else");
        return statement;
    }

    /// <summary>True when every digest of the subject that is known for the artifact is the artifact's, and there is one.</summary>
    private static bool IsSubject(InTotoSubject subject, ArtifactDigests artifact)
    {
        var known = subject.Digest
            .Select(static digest => (digest.Value, Hash: digest.Key switch
            {
                "sha256" => HashAlgorithmType.Sha256,
                "sha384" => HashAlgorithmType.Sha384,
                "sha512" => HashAlgorithmType.Sha512,
                _ => (HashAlgorithmType?)null,
            }))
            .Where(static digest => digest.Hash is not null)
            .Select(digest => (digest.Value, Own: artifact.Digest(SigstoreHash.Of(digest.Hash!.Value))))
            .Where(static digest => digest.Own is not null)
            .ToList();
        return known.Count > 0 && known.All(static digest => string.Equals(Convert.ToHexString(digest.Own!), digest.Value, StringComparison.OrdinalIgnoreCase));
    }
}
