using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>The three curves that model signing allows, each with its one hash.</summary>
internal sealed record EcdsaCurve(string Oid, string Algorithm, HashAlgorithmName Hash)
{
    private static readonly EcdsaCurve[] All =
    [
        new("1.2.840.10045.3.1.7", "PKIX_ECDSA_P256_SHA_256", HashAlgorithmName.SHA256),
        new("1.3.132.0.34", "PKIX_ECDSA_P384_SHA_384", HashAlgorithmName.SHA384),
        new("1.3.132.0.35", "PKIX_ECDSA_P521_SHA_512", HashAlgorithmName.SHA512),
    ];

    /// <summary>The curve of a key; null for any other, such as secp256k1, whose keys have the size of P-256's.</summary>
    public static EcdsaCurve? Of(ECDsa key)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return curve.IsNamed ? Array.Find(All, known => known.Oid == curve.Oid.Value) : null;
    }
}
