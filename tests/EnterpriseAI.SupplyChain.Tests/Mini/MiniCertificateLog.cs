using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>A promise of a certificate transparency log to be made.</summary>
internal sealed record MiniPromise
{
    public required MiniKey Key { get; init; }

    /// <summary>Names the log; by default its key's hash.</summary>
    public byte[]? LogId { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The issuer that the log thinks the certificate has.</summary>
    public required MiniKey IssuerKey { get; init; }

    public byte[] Extensions { get; init; } = [];

    /// <summary>What the log signed the certificate as, when not as it is.</summary>
    public MiniCertificate? Instead { get; init; }

    public byte Version { get; init; }

    public byte[] Encode(MiniCertificate certificate)
    {
        var toBeSigned = (Instead ?? certificate).ToBeSigned();
        var signed = new List<byte> { 0, 0 };
        signed.AddRange(Number((ulong)Time.ToUnixTimeMilliseconds(), 8));
        signed.AddRange(Number(1, 2));
        signed.AddRange(SHA256.HashData(IssuerKey.SubjectPublicKeyInfo));
        signed.AddRange(Number((ulong)toBeSigned.Length, 3));
        signed.AddRange(toBeSigned);
        signed.AddRange(Vector(Extensions));
        var signature = Key.Sign([.. signed], HashAlgorithmName.SHA256);
        return
        [
            Version, .. LogId ?? IdOf(Key), .. Number((ulong)Time.ToUnixTimeMilliseconds(), 8), .. Vector(Extensions),
            4, (byte)(Key.KeyDetails.Contains("RSA") ? 1 : 3), .. Vector(signature),
        ];
    }

    public static byte[] IdOf(MiniKey key) => SHA256.HashData(key.SubjectPublicKeyInfo);

    /// <summary>Puts promises into a certificate.</summary>
    public static MiniCertificate Put(MiniCertificate certificate, params MiniPromise[] promises) => promises.Length == 0 ? certificate : certificate.With(
        MiniExtension.Octets(Oids.SignedCertificateTimestamps, Vector([.. promises.SelectMany(promise => Vector(promise.Encode(certificate)))])));

    private static byte[] Vector(byte[] bytes) => [.. Number((ulong)bytes.Length, 2), .. bytes];

    private static byte[] Number(ulong value, int bytes)
    {
        var all = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(all, value);
        return all[(8 - bytes)..];
    }
}
