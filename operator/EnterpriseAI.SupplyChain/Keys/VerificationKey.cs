using System.Formats.Asn1;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>
/// A public key that signatures are checked with: ECDSA on P-256, P-384 or P-521, RSA from 2048 bits, or Ed25519.
/// </summary>
/// <remarks>
/// Safe for use by several threads at once. OpenSSL checks a point when it imports it, which takes as long as checking a signature: so the
/// imported key is kept for the next check, and whoever finds it taken imports another.
/// </remarks>
public sealed class VerificationKey
{
    private const int MinRsaBits = 2048;

    // A modulus of any size would let a bundle's author decide how long a verification takes.
    private const int MaxRsaBits = 8192;
    private const int MaxBytes = 4096;

    private readonly ReadOnlyMemory<byte> _rawKey;
    private AsymmetricAlgorithm? _imported;

    private VerificationKey(ReadOnlyMemory<byte> subjectPublicKeyInfo, ReadOnlyMemory<byte> rawKey, SignatureScheme scheme, string algorithm)
    {
        Algorithm = algorithm;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        _rawKey = rawKey;
        Scheme = scheme;
    }

    /// <summary>The key as X.509 has it (RFC 5280, section 4.1), in DER.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>The kind of key in Sigstore's words, e.g. <c>PKIX_ECDSA_P256_SHA_256</c>.</summary>
    public string Algorithm { get; }

    /// <summary>As <see cref="EcdsaPublicKey.KeyId"/>.</summary>
    public string KeyId => EcdsaPublicKey.Hint(SubjectPublicKeyInfo.Span);

    /// <summary>How the key signs artifacts.</summary>
    internal SignatureScheme Scheme { get; }

    /// <summary>True when a signature can be checked only with the whole message and not with its hash.</summary>
    internal bool NeedsMessage => Scheme.Kind is SignatureKind.Ed25519;

    /// <summary>Reads a PEM file; text around the PEM block is allowed.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/>, naming the file.</exception>
    public static async Task<VerificationKey> LoadAsync(string path, CancellationToken cancellationToken = default) =>
        FromPem(await KeyFile.ReadAsync(path, cancellationToken).ConfigureAwait(false), path);

    /// <summary>Reads a PEM text.</summary>
    /// <param name="pem">A SubjectPublicKeyInfo PEM; a private key PEM is refused.</param>
    /// <param name="name">What to call the key in an error: a file or a Secret's key.</param>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/>.</exception>
    public static VerificationKey FromPem(string pem, string name = "public key")
    {
        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] is not "PUBLIC KEY")
            throw Invalid(name, "it is not a PEM with BEGIN PUBLIC KEY");
        return FromSubjectPublicKeyInfo(Convert.FromBase64String(pem[fields.Base64Data]), name);
    }

    internal static VerificationKey FromSubjectPublicKeyInfo(ReadOnlyMemory<byte> der, string name, SignatureScheme? scheme = null)
    {
        try
        {
            if (der.Length > MaxBytes)
                throw Invalid(name, $"it is longer than {MaxBytes} bytes");
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            var bits = sequence.ReadBitString(out var unused);
            sequence.ThrowIfNotEmpty();
            if (unused != 0)
                throw Invalid(name, "its bits are not whole bytes");
            var (own, words) = DefaultScheme(algorithm, der, bits, name);
            var key = new VerificationKey(der, bits, own, words);
            return scheme is { } given ? key.With(given, name) : key;
        }
        // The last but one is .NET's answer to a curve that OpenSSL does not know.
        catch (Exception e) when (e is AsnContentException or CryptographicException or PlatformNotSupportedException or ArgumentException)
        {
            throw Invalid(name, e.Message, e);
        }
    }

    /// <summary>Reads a bare PKCS#1 RSA key, as old trusted roots have them.</summary>
    internal static VerificationKey FromPkcs1(ReadOnlyMemory<byte> der, string name, SignatureScheme scheme)
    {
        try
        {
            using var rsa = ImportRsa(der.Span, name);
            return FromSubjectPublicKeyInfo(rsa.ExportSubjectPublicKeyInfo(), name, scheme);
        }
        catch (CryptographicException e)
        {
            throw Invalid(name, e.Message, e);
        }
    }

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => Verify(Scheme, data, signature);

    /// <summary>Checks a signature over data; false also when the scheme is not one of this kind of key.</summary>
    internal bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        scheme.Kind is SignatureKind.Ed25519
            ? Scheme.Kind is SignatureKind.Ed25519 && LibCrypto.Instance.VerifyEd25519(_rawKey.Span, data, signature)
            : VerifyHash(scheme, CryptographicOperations.HashData(scheme.Hash, data), signature);

    /// <summary>Checks a signature over the data with this hash.</summary>
    internal bool VerifyHash(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature) => VerifyHash(Scheme, hash, signature);

    private bool VerifyHash(SignatureScheme scheme, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        try
        {
            if (scheme.Kind is SignatureKind.Ecdsa && Scheme.Kind is SignatureKind.Ecdsa)
            {
                var ecdsa = (ECDsa?)Interlocked.Exchange(ref _imported, null) ?? ImportEcdsa();
                var isBy = ecdsa.VerifyHash(hash, signature, DSASignatureFormat.Rfc3279DerSequence);
                Keep(ecdsa);
                return isBy;
            }
            if (scheme.Kind is SignatureKind.RsaPkcs1 or SignatureKind.RsaPss && Scheme.Kind is SignatureKind.RsaPkcs1 or SignatureKind.RsaPss)
            {
                var rsa = (RSA?)Interlocked.Exchange(ref _imported, null) ?? ImportRsa();
                var isBy = rsa.VerifyHash(hash, signature, scheme.Hash, scheme.Kind is SignatureKind.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
                Keep(rsa);
                return isBy;
            }
        }
        catch (CryptographicException)
        {
            // A signature that is not even well formed.
        }
        return false;
    }

    private ECDsa ImportEcdsa()
    {
        var ecdsa = ECDsa.Create();
        ecdsa.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo.Span, out _);
        return ecdsa;
    }

    private RSA ImportRsa()
    {
        var rsa = RSA.Create();
        rsa.ImportRSAPublicKey(_rawKey.Span, out _);
        return rsa;
    }

    // One that a signature made throw is left to its finalizer.
    private void Keep(AsymmetricAlgorithm imported)
    {
        if (Interlocked.CompareExchange(ref _imported, imported, null) is not null)
            imported.Dispose();
    }

    private VerificationKey With(SignatureScheme scheme, string name)
    {
        var fits = scheme.Kind == Scheme.Kind || (scheme.Kind, Scheme.Kind) is (SignatureKind.RsaPss, SignatureKind.RsaPkcs1);
        return fits ? new VerificationKey(SubjectPublicKeyInfo, _rawKey, scheme, Algorithm) : throw Invalid(name, $"it is not a key for {scheme.Kind}");
    }

    private static (SignatureScheme Scheme, string Algorithm) DefaultScheme(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> der, ReadOnlyMemory<byte> bits, string name)
    {
        switch (algorithm.Oid)
        {
            case AlgorithmIdentifier.EcPublicKey:
                using (var ecdsa = ECDsa.Create())
                {
                    ecdsa.ImportSubjectPublicKeyInfo(der.Span, out _);
                    var curve = EcdsaCurve.Of(ecdsa) ?? throw Invalid(name, "it is on another curve than P-256, P-384 and P-521");
                    return (new SignatureScheme(SignatureKind.Ecdsa, curve.Hash), curve.Algorithm);
                }
            case AlgorithmIdentifier.Rsa:
                using (var rsa = ImportRsa(bits.Span, name))
                    return (new SignatureScheme(SignatureKind.RsaPkcs1, HashAlgorithmName.SHA256), $"PKIX_RSA_PKCS1V15_{rsa.KeySize}_SHA256");
            case AlgorithmIdentifier.RsaPss:
                using (var rsa = ImportRsa(bits.Span, name))
                {
                    var scheme = algorithm.Parameters.IsEmpty
                        ? new SignatureScheme(SignatureKind.RsaPss, HashAlgorithmName.SHA256)
                        : algorithm.Scheme() ?? throw Invalid(name, "its RSASSA-PSS parameters are unusual");
                    return (scheme, $"PKIX_RSA_PSS_{rsa.KeySize}_{scheme.Hash.Name}");
                }
            case AlgorithmIdentifier.Ed25519:
                return bits.Length == LibCrypto.Ed25519KeyBytes
                    ? (SignatureScheme.Ed25519, "PKIX_ED25519") : throw Invalid(name, $"an Ed25519 key has {LibCrypto.Ed25519KeyBytes} bytes");
            default:
                throw Invalid(name, $"the algorithm {algorithm.Oid} is not supported");
        }
    }

    private static RSA ImportRsa(ReadOnlySpan<byte> der, string name)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportRSAPublicKey(der, out var read);
            return read == der.Length && rsa.KeySize is >= MinRsaBits and <= MaxRsaBits
                ? rsa
                : throw Invalid(name, $"an RSA key has {MinRsaBits} to {MaxRsaBits} bits and nothing after them");
        }
        catch
        {
            rsa.Dispose();
            throw;
        }
    }

    private static SupplyChainException Invalid(string name, string why, Exception? inner = null) =>
        new(SupplyChainReason.KeyInvalid, $"'{name}' is not a usable public key: {why}. Give an ECDSA (P-256, P-384, P-521), RSA or Ed25519 key", inner);
}
