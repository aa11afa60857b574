namespace EnterpriseAI.SupplyChain;

/// <summary>The steps of verifying a bundle. A refusal names the first that failed; <c>docs/supply-chain-checks.md</c> shows what each keeps out.</summary>
public enum VerificationStep
{
    /// <summary>The bundle is JSON of the bundle's form, within bounds.</summary>
    BundleFormat,

    /// <summary>The bundle's media type is one of the known versions.</summary>
    BundleMediaType,

    /// <summary>A bundle v0.3 carries the signing certificate alone, not a chain.</summary>
    BundleCertificateForm,

    /// <summary>The bundle brings no root certificate of its own.</summary>
    BundleRootCertificate,

    /// <summary>The bundle is signed by what the policy asks for: a certificate or a key.</summary>
    SigningMaterial,

    /// <summary>The trusted root is JSON of the trusted root's form, with usable keys and certificates.</summary>
    TrustedRootFormat,

    /// <summary>The trusted root's media type is known.</summary>
    TrustedRootMediaType,

    /// <summary>Every log and authority of the trusted root says since when it is valid.</summary>
    TrustedRootValidity,

    /// <summary>A certificate is DER of the form of X.509.</summary>
    CertificateFormat,

    /// <summary>Each certificate names the subject of the next as its issuer, up to a trusted authority.</summary>
    CertificateIssuerName,

    /// <summary>Each certificate is signed by the key of the next, up to a trusted authority.</summary>
    CertificateSignature,

    /// <summary>Every certificate of the path was valid at every verified time.</summary>
    CertificateValidity,

    /// <summary>The trusted root vouches for the authority at every verified time.</summary>
    CertificateAuthorityValidity,

    /// <summary>Every issuer of the path is a certificate authority.</summary>
    CertificateBasicConstraints,

    /// <summary>No authority of the path stands above more authorities than it allows.</summary>
    CertificatePathLength,

    /// <summary>Issuers may sign certificates and the signer may sign data.</summary>
    CertificateKeyUsage,

    /// <summary>The certificate, and every issuer that limits its purposes, is for the purpose at hand.</summary>
    CertificateExtendedKeyUsage,

    /// <summary>No certificate of the path has a critical extension that is not understood.</summary>
    CertificateCriticalExtensions,

    /// <summary>A certificate transparency log that is trusted has promised to record the certificate.</summary>
    CertificateTimestampRequired,

    /// <summary>That promise is signed by the log and made for this certificate.</summary>
    CertificateTimestampSignature,

    /// <summary>The trusted root vouches for the certificate transparency log at the time of its promise.</summary>
    CertificateLogValidity,

    /// <summary>The certificate is for the expected identity.</summary>
    CertificateIdentity,

    /// <summary>The identity was vouched for by the expected issuer.</summary>
    CertificateIssuer,

    /// <summary>A signed timestamp is DER of the form of RFC 3161.</summary>
    TimestampFormat,

    /// <summary>The timestamp authority granted the timestamp.</summary>
    TimestampStatus,

    /// <summary>What the authority signed is said, and signed, to be a timestamp.</summary>
    TimestampContentType,

    /// <summary>The signed attributes have the hash of the timestamp.</summary>
    TimestampMessageDigest,

    /// <summary>The signed attributes name the certificate that is to check the timestamp.</summary>
    TimestampSigningCertificate,

    /// <summary>The timestamp is signed by the authority's key.</summary>
    TimestampSignature,

    /// <summary>The timestamp is over this bundle's signature.</summary>
    TimestampImprint,

    /// <summary>The timestamp is signed by the very certificate that the trusted root names for the authority.</summary>
    TimestampSigner,

    /// <summary>The authority's certificate is for timestamps and, critically, for nothing else.</summary>
    TimestampExtendedKeyUsage,

    /// <summary>The trusted root vouches for the timestamp authority at the time of the timestamp.</summary>
    TimestampAuthorityValidity,

    /// <summary>As many different authorities have signed timestamps as the policy asks for.</summary>
    TimestampThreshold,

    /// <summary>The time of the signature is known from a log or a timestamp authority.</summary>
    VerifiedTime,

    /// <summary>A bundle v0.1 carries each log's signed promise to record the entry.</summary>
    InclusionPromiseRequired,

    /// <summary>A bundle v0.2 or later carries each log's proof that the entry is recorded, with a checkpoint.</summary>
    InclusionProofRequired,

    /// <summary>A log's promise, and the time in it, is signed by the log.</summary>
    SignedEntryTimestamp,

    /// <summary>The entry is in the tree with the root that the proof names.</summary>
    InclusionProof,

    /// <summary>A checkpoint has the form of a signed note with the name, size and root of a tree.</summary>
    CheckpointFormat,

    /// <summary>The checkpoint is signed by the log.</summary>
    CheckpointSignature,

    /// <summary>The checkpoint is of this log.</summary>
    CheckpointOrigin,

    /// <summary>The checkpoint is of the tree that the proof is for.</summary>
    CheckpointTree,

    /// <summary>The trusted root vouches for the log at the time of the entry.</summary>
    LogValidity,

    /// <summary>An entry of a log without promises says the index that its proof proves.</summary>
    LogIndex,

    /// <summary>An entry's body is of a known kind and has the form that the kind prescribes.</summary>
    LogEntryFormat,

    /// <summary>An entry's body is of the kind and version that the bundle says, and fits what the bundle holds.</summary>
    LogEntryKind,

    /// <summary>The entry records this bundle's signature.</summary>
    LogEntrySignature,

    /// <summary>The entry records this bundle's certificate or the expected key.</summary>
    LogEntryVerifier,

    /// <summary>The entry records the hash of what is signed.</summary>
    LogEntryDigest,

    /// <summary>As many different logs have recorded the signature as the policy asks for.</summary>
    LogThreshold,

    /// <summary>The digest that the bundle names is the artifact's.</summary>
    MessageDigest,

    /// <summary>The signature is over the artifact.</summary>
    ArtifactSignature,

    /// <summary>An envelope has exactly one signature.</summary>
    EnvelopeSignatureCount,

    /// <summary>An envelope holds an in-toto statement.</summary>
    EnvelopePayloadType,

    /// <summary>An envelope's signature is over its payload and its type.</summary>
    EnvelopeSignature,

    /// <summary>A statement is JSON of the form of in-toto.</summary>
    StatementFormat,

    /// <summary>The statement is of a known version.</summary>
    StatementType,

    /// <summary>The artifact is a subject of the statement.</summary>
    StatementSubject,

    /// <summary>The document that an image's signature is over is JSON of the form of simple signing.</summary>
    ImagePayloadFormat,

    /// <summary>That document says that it is an image's signature.</summary>
    ImagePayloadType,

    /// <summary>That document names the image's digest.</summary>
    ImagePayloadDigest,

    /// <summary>A statement that is taken for an image's signature is of the kind that signs images.</summary>
    ImageStatementType,
}
