namespace EnterpriseAI.SupplyChain;

/// <summary>Why an artifact or a signature was refused. The name is the CamelCase reason that conditions and error messages carry.</summary>
public enum SupplyChainReason
{
    /// <summary>The path does not exist, or a folder holds no file.</summary>
    ArtifactNotFound,

    /// <summary>The artifact exists but cannot be read: permissions or a failing volume. May be worth retrying.</summary>
    ArtifactUnreadable,

    /// <summary>A file, the number of files or their sum exceeds <see cref="ArtifactLimits"/>.</summary>
    ArtifactTooLarge,

    /// <summary>The artifact holds something that cannot be signed: a symbolic link or a file name that is not valid UTF-8.</summary>
    ArtifactInvalid,

    /// <summary>The bytes are not those that were signed or pinned; the message names the file where that is known.</summary>
    DigestMismatch,

    /// <summary>A signature is required and there is no signature file.</summary>
    SignatureMissing,

    /// <summary>The signature names the expected key but does not match the signed statement.</summary>
    SignatureInvalid,

    /// <summary>The artifact was signed by another key than the expected one.</summary>
    WrongKey,

    /// <summary>A signature is required and no public key to check it with was given.</summary>
    PublicKeyMissing,

    /// <summary>A key file is not a PEM of an ECDSA key on P-256, P-384 or P-521.</summary>
    KeyInvalid,

    /// <summary>The signature file, or a digest in text form, does not follow its format.</summary>
    Malformed,

    /// <summary>The signature is well formed but of a kind that cannot be checked here; the message names it.</summary>
    Unsupported,

    /// <summary>The signer's certificate does not lead to a trusted authority, or was not valid when the signature was made.</summary>
    CertificateUntrusted,

    /// <summary>The signer's certificate names another identity, or another issuer of it, than the expected one.</summary>
    IdentityMismatch,

    /// <summary>The signature's entry in a transparency log is missing, not proven, or about something else.</summary>
    TransparencyLogInvalid,

    /// <summary>A signed timestamp is missing or not valid.</summary>
    TimestampInvalid,

    /// <summary>The trusted root is missing or not valid.</summary>
    TrustedRootInvalid,

    /// <summary>A registry cannot be reached, fails, or does not speak the registry's protocol. May be worth retrying.</summary>
    RegistryUnavailable,

    /// <summary>A registry wants other credentials than those that were given.</summary>
    RegistryDenied,
}
