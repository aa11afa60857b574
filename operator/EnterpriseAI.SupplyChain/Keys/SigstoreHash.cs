using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>A hash that artifacts are named by.</summary>
public enum HashAlgorithmType
{
    Sha256,
    Sha384,
    Sha512,
}

/// <summary>The names of hashes.</summary>
internal static class SigstoreHash
{
    /// <summary>By Sigstore's name; null for one that is not known here.</summary>
    public static HashAlgorithmName? Of(string? name) => name switch
    {
        "SHA2_256" => HashAlgorithmName.SHA256,
        "SHA2_384" => HashAlgorithmName.SHA384,
        "SHA2_512" => HashAlgorithmName.SHA512,
        _ => null,
    };

    public static HashAlgorithmName Of(HashAlgorithmType type) => type switch
    {
        HashAlgorithmType.Sha256 => HashAlgorithmName.SHA256,
        HashAlgorithmType.Sha384 => HashAlgorithmName.SHA384,
        HashAlgorithmType.Sha512 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "it is no hash"),
    };

    /// <summary>The key of a digest in an in-toto subject.</summary>
    public static string InTotoName(HashAlgorithmName hash) => hash.Name!.ToLowerInvariant();

    public static int Bytes(HashAlgorithmName hash) =>
        hash == HashAlgorithmName.SHA256 ? SHA256.HashSizeInBytes : hash == HashAlgorithmName.SHA384 ? SHA384.HashSizeInBytes : SHA512.HashSizeInBytes;
}
