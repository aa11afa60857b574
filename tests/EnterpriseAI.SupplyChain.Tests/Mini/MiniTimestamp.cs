using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>A signed timestamp to be made, in every detail that a check looks at.</summary>
internal sealed record MiniTimestamp
{
    private const string TimestampInfo = "1.2.840.113549.1.9.16.1.4";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0);

    public required MiniKey Key { get; init; }

    public required MiniCertificate Certificate { get; init; }

    /// <summary>The certificate as it was issued: made once, because signatures differ each time.</summary>
    public required byte[] EncodedCertificate { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required byte[] Signature { get; init; }

    public int Status { get; init; }

    public string ContentType { get; init; } = TimestampInfo;

    public string? SignedContentType { get; init; }

    public byte[]? MessageDigest { get; init; }

    /// <summary>The certificate that the signed attributes name.</summary>
    public byte[]? NamedCertificate { get; init; }

    public bool NamesCertificate { get; init; } = true;

    /// <summary>Name the certificate in the older form, by SHA-1.</summary>
    public bool OldNaming { get; init; }

    public bool SignerByKeyIdentifier { get; init; }

    public IReadOnlyList<byte[]> EmbeddedCertificates { get; init; } = [];

    public byte[]? BrokenSignature { get; init; }

    public byte[] Encode()
    {
        var info = MiniExtension.Der(WriteInfo);
        var attributes = MiniExtension.Der(writer => WriteAttributes(writer, info));
        return MiniExtension.Der(writer =>
        {
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                    writer.WriteInteger(Status);
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.2.840.113549.1.7.2");
                    using (writer.PushSequence(Tag0))
                        WriteSignedData(writer, info, attributes);
                }
            }
        });
    }

    private void WriteSignedData(AsnWriter writer, byte[] info, byte[] attributes)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(3);
            using (writer.PushSetOf())
                WriteSha256(writer);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(ContentType);
                using (writer.PushSequence(Tag0))
                    writer.WriteOctetString(info);
            }
            if (EmbeddedCertificates.Count > 0)
                using (writer.PushSetOf(Tag0))
                    foreach (var certificate in EmbeddedCertificates)
                        writer.WriteEncodedValue(certificate);
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteInteger(SignerByKeyIdentifier ? 3 : 1);
                if (SignerByKeyIdentifier)
                    writer.WriteOctetString(MiniSigstore.KeyIdentifier(Certificate.Key), Tag0);
                else
                    using (writer.PushSequence())
                    {
                        MiniCertificate.WriteName(writer, Certificate.Issuer);
                        writer.WriteInteger(Certificate.SerialNumber);
                    }
                WriteSha256(writer);
                // In the token a set of attributes has another tag than when it is signed.
                var tagged = attributes.ToArray();
                tagged[0] = 0xA0;
                writer.WriteEncodedValue(tagged);
                Key.WriteSignatureAlgorithm(writer);
                writer.WriteOctetString(BrokenSignature ?? Key.Sign(attributes));
            }
        }
    }

    private void WriteInfo(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteObjectIdentifier("1.2.3.4");
            using (writer.PushSequence())
            {
                WriteSha256(writer);
                writer.WriteOctetString(SHA256.HashData(Signature));
            }
            writer.WriteInteger(new BigInteger(4711));
            writer.WriteGeneralizedTime(Time, omitFractionalSeconds: true);
        }
    }

    private void WriteAttributes(AsnWriter writer, byte[] info)
    {
        using (writer.PushSetOf())
        {
            WriteAttribute(writer, "1.2.840.113549.1.9.3", value => value.WriteObjectIdentifier(SignedContentType ?? ContentType));
            WriteAttribute(writer, "1.2.840.113549.1.9.4", value => value.WriteOctetString(MessageDigest ?? SHA256.HashData(info)));
            if (!NamesCertificate)
                return;
            var named = NamedCertificate ?? EncodedCertificate;
            WriteAttribute(writer, OldNaming ? "1.2.840.113549.1.9.16.2.12" : "1.2.840.113549.1.9.16.2.47", value =>
            {
                using (value.PushSequence())
                using (value.PushSequence())
                using (value.PushSequence())
                    value.WriteOctetString(OldNaming ? SHA1.HashData(named) : SHA256.HashData(named));
            });
        }
    }

    private static void WriteAttribute(AsnWriter writer, string oid, Action<AsnWriter> write)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            using (writer.PushSetOf())
                write(writer);
        }
    }

    private static void WriteSha256(AsnWriter writer)
    {
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(Sha256);
    }
}
