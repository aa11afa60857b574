using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>A public ECDSA key on P-256, P-384 or P-521 that signatures are checked with.</summary>
/// <remarks>Safe for use by several threads at once: each check imports the key anew.</remarks>
public sealed class EcdsaPublicKey
{
    private readonly byte[] _subjectPublicKeyInfo;
    private readonly EcdsaCurve _curve;

    private EcdsaPublicKey(ECDsa key, EcdsaCurve curve)
    {
        _curve = curve;
        _subjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
        Pem = PemOf(_subjectPublicKeyInfo);
        KeyId = Hint(_subjectPublicKeyInfo);
    }

    /// <summary>The hexadecimal SHA-256 of <see cref="Pem"/>: the key hint of OpenSSF model signing.</summary>
    public string KeyId { get; }

    /// <summary>The key as a SubjectPublicKeyInfo PEM with a final line feed.</summary>
    public string Pem { get; }

    /// <summary>The algorithm in Sigstore's words, e.g. <c>PKIX_ECDSA_P256_SHA_256</c>.</summary>
    public string Algorithm => _curve.Algorithm;

    /// <summary>Reads a PEM file; text around the PEM block is allowed.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/>, naming the file.</exception>
    public static async Task<EcdsaPublicKey> LoadAsync(string path, CancellationToken cancellationToken = default) =>
        FromPem(await KeyFile.ReadAsync(path, cancellationToken).ConfigureAwait(false), path);

    /// <summary>Reads a PEM text.</summary>
    /// <param name="pem">A SubjectPublicKeyInfo PEM; a private key PEM is refused.</param>
    /// <param name="name">What to call the key in an error: a file or a Secret's key.</param>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/>.</exception>
    public static EcdsaPublicKey FromPem(string pem, string name = "public key")
    {
        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] is not "PUBLIC KEY")
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{name}' is not a public key: give a PEM with BEGIN PUBLIC KEY");
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return Of(key, name);
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{name}' is not an ECDSA public key: {e.Message}", e);
        }
    }

    /// <summary>The key of a certificate.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/> for any other key than an ECDSA one.</exception>
    internal static EcdsaPublicKey FromSubjectPublicKeyInfo(ReadOnlySpan<byte> der, string name)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(der, out _);
            return Of(key, name);
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{name}' is not for an ECDSA key, which model signatures need: {e.Message}", e);
        }
    }

    /// <summary>The name that model signatures give to any key.</summary>
    internal static string Hint(ReadOnlySpan<byte> subjectPublicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(PemOf(subjectPublicKeyInfo))));

    private static string PemOf(ReadOnlySpan<byte> subjectPublicKeyInfo) => PemEncoding.WriteString("PUBLIC KEY", subjectPublicKeyInfo) + "\n";

    /// <summary>The public half of a key.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/> for any other curve.</exception>
    public static EcdsaPublicKey Of(ECDsa key, string name = "key") => new(key, EcdsaCurve.Of(key)
        ?? throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{name}' is on another curve than P-256, P-384 and P-521"));

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => Verify(data, signature, _curve.Hash);

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out _);
        try
        {
            return key.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    internal static byte[] Sign(ECDsa key, ReadOnlySpan<byte> data) =>
        key.SignData(data, EcdsaCurve.Of(key)!.Hash, DSASignatureFormat.Rfc3279DerSequence);
}
