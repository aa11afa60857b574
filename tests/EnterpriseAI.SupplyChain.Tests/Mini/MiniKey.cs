using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>A key pair that is the same in every run: it is made of its name.</summary>
internal sealed class MiniKey
{
    private readonly ECParameters? ec;
    private readonly RSAParameters? rsa;
    private readonly byte[]? seed;

    private MiniKey(ECParameters? ec, RSAParameters? rsa, byte[]? seed, HashAlgorithmName hash, byte[] subjectPublicKeyInfo)
    {
        (this.ec, this.rsa, this.seed, Hash) = (ec, rsa, seed, hash);
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
    }

    public HashAlgorithmName Hash { get; }

    public byte[] SubjectPublicKeyInfo { get; }

    public string Pem => PemEncoding.WriteString("PUBLIC KEY", SubjectPublicKeyInfo);

    public string KeyDetails => (ec?.Curve.Oid.Value, rsa, Hash.Name) switch
    {
        (null, null, _) => "PKIX_ED25519",
        (null, _, _) => "PKIX_RSA_PKCS1V15_2048_SHA256",
        (_, _, "SHA256") => "PKIX_ECDSA_P256_SHA_256",
        (_, _, "SHA384") => "PKIX_ECDSA_P384_SHA_384",
        _ => "PKIX_ECDSA_P521_SHA_512",
    };

    public static MiniKey P256(string name) => Ec(name, ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256, 32);

    public static MiniKey P384(string name) => Ec(name, ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384, 48);

    public static MiniKey P521(string name) => Ec(name, ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512, 66);

    public static MiniKey Ed25519(string name)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
                writer.WriteObjectIdentifier("1.3.101.112");
            writer.WriteBitString(OpenSslEd25519.PublicKey(seed));
        }
        return new MiniKey(null, null, seed, default, writer.Encode());
    }

    /// <summary>RSA keys take long to make and cannot be made of a name: one for all that need one.</summary>
    public static MiniKey Rsa { get; } = MakeRsa();

    public byte[] Sign(ReadOnlySpan<byte> data) => Sign(data, Hash);

    public byte[] Sign(ReadOnlySpan<byte> data, HashAlgorithmName hash, bool pss = false)
    {
        if (seed is not null)
            return OpenSslEd25519.Sign(seed, data);
        if (rsa is { } parameters)
        {
            using var key = RSA.Create(parameters);
            return key.SignData(data, hash, pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }
        using var ecdsa = ECDsa.Create(ec!.Value);
        return ecdsa.SignData(data, hash, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>The algorithm of this key's signatures, as certificates and timestamps name it.</summary>
    public void WriteSignatureAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier((seed, rsa, Hash.Name) switch
            {
                (not null, _, _) => "1.3.101.112",
                (_, not null, _) => "1.2.840.113549.1.1.11",
                (_, _, "SHA256") => "1.2.840.10045.4.3.2",
                (_, _, "SHA384") => "1.2.840.10045.4.3.3",
                _ => "1.2.840.10045.4.3.4",
            });
            if (rsa is not null)
                writer.WriteNull();
        }
    }

    private static MiniKey Ec(string name, ECCurve curve, HashAlgorithmName hash, int bytes)
    {
        // The first bits are cleared, so that the number is below the order of every curve.
        var d = new byte[bytes];
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(name), "mini"u8, d, 1, HashAlgorithmName.SHA256);
        (d[0], d[1]) = (0, (byte)(d[1] & 0x7F));
        using var key = ECDsa.Create(new ECParameters { Curve = curve, D = d });
        return new MiniKey(key.ExportParameters(true), null, null, hash, key.ExportSubjectPublicKeyInfo());
    }

    private static MiniKey MakeRsa()
    {
        using var key = RSA.Create(2048);
        return new MiniKey(null, key.ExportParameters(true), null, HashAlgorithmName.SHA256, key.ExportSubjectPublicKeyInfo());
    }
}
