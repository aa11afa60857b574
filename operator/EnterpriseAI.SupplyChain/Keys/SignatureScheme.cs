using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>How a key signs.</summary>
internal enum SignatureKind
{
    Ecdsa,
    RsaPkcs1,
    RsaPss,
    Ed25519,
}

/// <summary>How a key signs, with the hash that it signs; Ed25519 hashes by itself.</summary>
internal readonly record struct SignatureScheme(SignatureKind Kind, HashAlgorithmName Hash)
{
    public static SignatureScheme Ed25519 { get; } = new(SignatureKind.Ed25519, default);

    /// <summary>By the name in Sigstore's <c>keyDetails</c>; null for one that is not known here.</summary>
    /// <remarks>Left out on purpose: SHA-1, curves outside P-256, P-384 and P-521, and Ed25519ph, which OpenSSL 3.0 lacks.</remarks>
    public static SignatureScheme? ForKeyDetails(string keyDetails) => keyDetails switch
    {
        "PKIX_ECDSA_P256_SHA_256" or "PKIX_ECDSA_P384_SHA_256" or "PKIX_ECDSA_P521_SHA_256" => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA256),
        "PKIX_ECDSA_P384_SHA_384" => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA384),
        "PKIX_ECDSA_P521_SHA_512" => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA512),
        "PKCS1_RSA_PKCS1V5" or "PKIX_RSA_PKCS1V5" or "PKIX_RSA_PKCS1V15_2048_SHA256" or "PKIX_RSA_PKCS1V15_3072_SHA256"
            or "PKIX_RSA_PKCS1V15_4096_SHA256" => new(SignatureKind.RsaPkcs1, HashAlgorithmName.SHA256),
        "PKCS1_RSA_PSS" or "PKIX_RSA_PSS" or "PKIX_RSA_PSS_2048_SHA256" or "PKIX_RSA_PSS_3072_SHA256"
            or "PKIX_RSA_PSS_4096_SHA256" => new(SignatureKind.RsaPss, HashAlgorithmName.SHA256),
        "PKIX_ED25519" => Ed25519,
        _ => null,
    };
}
