using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>A certificate transparency log's promise to record a certificate (RFC 6962, section 3.2).</summary>
/// <param name="LogId">Names the log's key.</param>
/// <param name="Timestamp">When it was made, in milliseconds since 1970.</param>
/// <param name="Extensions">What the log added; static logs put the entry's index here.</param>
/// <param name="Scheme">How it is signed; null for a way that is not known here.</param>
/// <param name="Signature">The signature.</param>
internal sealed record CertificateTimestamp(
    ReadOnlyMemory<byte> LogId, ulong Timestamp, ReadOnlyMemory<byte> Extensions, SignatureScheme? Scheme, ReadOnlyMemory<byte> Signature)
{
    private const int LogIdBytes = 32;
    private const int MaxTimestamps = 32;

    private const byte Version1 = 0;
    private const byte CertificateTimestampSignature = 0;
    private const ushort PrecertificateEntry = 1;

    /// <summary>The time in it; null beyond the year 9999.</summary>
    public DateTimeOffset? Time =>
        Timestamp <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds((long)Timestamp) : null;

    /// <summary>The promises inside a certificate.</summary>
    /// <exception cref="VerificationException"><see cref="VerificationStep.CertificateFormat"/>.</exception>
    public static IReadOnlyList<CertificateTimestamp> In(Certificate certificate)
    {
        if (certificate.Extension(Oids.SignedCertificateTimestamps) is not { } extension)
            return [];
        try
        {
            var reader = extension.Reader();
            ReadOnlyMemory<byte> list = reader.ReadOctetString();
            reader.ThrowIfNotEmpty();
            var rest = Vector(ref list);
            if (!list.IsEmpty)
                throw new AsnContentException("there is something after the list");
            var timestamps = new List<CertificateTimestamp>();
            while (!rest.IsEmpty)
            {
                timestamps.Add(Read(Vector(ref rest)));
                if (timestamps.Count > MaxTimestamps)
                    throw new AsnContentException($"there are more than {MaxTimestamps}");
            }
            return timestamps;
        }
        catch (AsnContentException e)
        {
            throw new VerificationException(VerificationStep.CertificateFormat, $"{certificate.Name}: its certificate timestamps are malformed: {e.Message}", e);
        }
    }

    /// <summary>What the log signed: the certificate as it was before the promise was put into it.</summary>
    public byte[] SignedData(Certificate certificate, Certificate issuer)
    {
        var precertificate = WithoutTimestamps(certificate);
        var data = new byte[2 + sizeof(ulong) + sizeof(ushort) + SHA256.HashSizeInBytes + 3 + precertificate.Length + sizeof(ushort) + Extensions.Length];
        var rest = data.AsSpan();
        rest[0] = Version1;
        rest[1] = CertificateTimestampSignature;
        BinaryPrimitives.WriteUInt64BigEndian(rest[2..], Timestamp);
        BinaryPrimitives.WriteUInt16BigEndian(rest[10..], PrecertificateEntry);
        SHA256.HashData(issuer.SubjectPublicKeyInfo.Span, rest[12..]);
        rest = rest[(12 + SHA256.HashSizeInBytes)..];
        (rest[0], rest[1], rest[2]) = ((byte)(precertificate.Length >> 16), (byte)(precertificate.Length >> 8), (byte)precertificate.Length);
        precertificate.CopyTo(rest[3..]);
        rest = rest[(3 + precertificate.Length)..];
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)Extensions.Length);
        Extensions.Span.CopyTo(rest[2..]);
        return data;
    }

    private static byte[] WithoutTimestamps(Certificate certificate)
    {
        var sequence = new AsnReader(certificate.ToBeSigned, AsnEncodingRules.DER).ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (sequence.HasData)
            {
                if (sequence.PeekTag() != Certificate.ExtensionsTag)
                {
                    writer.WriteEncodedValue(sequence.ReadEncodedValue().Span);
                    continue;
                }
                sequence.ReadEncodedValue();
                // Without any extension left there is no list of them either.
                if (certificate.Extensions.Count == 1)
                    continue;
                using (writer.PushSequence(Certificate.ExtensionsTag))
                using (writer.PushSequence())
                    foreach (var extension in certificate.Extensions)
                        if (extension.Oid != Oids.SignedCertificateTimestamps)
                            writer.WriteEncodedValue(extension.Encoded.Span);
            }
        }
        return writer.Encode();
    }

    private static CertificateTimestamp Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < 1 + LogIdBytes + sizeof(ulong) || bytes.Span[0] != Version1)
            throw new AsnContentException("one is not of version 1");
        var logId = bytes.Slice(1, LogIdBytes);
        var time = BinaryPrimitives.ReadUInt64BigEndian(bytes.Span[(1 + LogIdBytes)..]);
        var rest = bytes[(1 + LogIdBytes + sizeof(ulong))..];
        var extensions = Vector(ref rest);
        if (rest.Length < 2)
            throw new AsnContentException("one ends too early");
        var scheme = SchemeOf(rest.Span[0], rest.Span[1]);
        rest = rest[2..];
        var signature = Vector(ref rest);
        if (!rest.IsEmpty)
            throw new AsnContentException("one has something after its signature");
        return new CertificateTimestamp(logId, time, extensions, scheme, signature);
    }

    // The numbers of TLS 1.2 (RFC 5246, section 7.4.1.4.1) and, for Ed25519, of RFC 8422.
    private static SignatureScheme? SchemeOf(byte hash, byte signature) => (hash, signature) switch
    {
        (4, 1) => new(SignatureKind.RsaPkcs1, HashAlgorithmName.SHA256),
        (4, 3) => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA256),
        (5, 3) => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA384),
        (6, 3) => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA512),
        (8, 7) => SignatureScheme.Ed25519,
        _ => null,
    };

    private static ReadOnlyMemory<byte> Vector(ref ReadOnlyMemory<byte> rest)
    {
        if (rest.Length < sizeof(ushort) || BinaryPrimitives.ReadUInt16BigEndian(rest.Span) is var length && length > rest.Length - sizeof(ushort))
            throw new AsnContentException("a length is too large");
        var vector = rest.Slice(sizeof(ushort), length);
        rest = rest[(sizeof(ushort) + length)..];
        return vector;
    }
}
