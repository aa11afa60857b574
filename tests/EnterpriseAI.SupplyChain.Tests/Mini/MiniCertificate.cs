using System.Formats.Asn1;
using System.Numerics;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>A certificate to be made, in every detail that a check looks at.</summary>
internal sealed record MiniCertificate
{
    public static readonly DateTimeOffset LongAgo = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset FarAhead = new(2045, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public required string Subject { get; init; }

    public required string Issuer { get; init; }

    public required MiniKey Key { get; init; }

    public required MiniKey Signer { get; init; }

    public BigInteger SerialNumber { get; init; } = 1;

    public DateTimeOffset NotBefore { get; init; } = LongAgo;

    public DateTimeOffset NotAfter { get; init; } = FarAhead;

    public IReadOnlyList<MiniExtension> Extensions { get; init; } = [];

    public MiniCertificate With(MiniExtension extension) => this with { Extensions = [.. Extensions.Where(e => e.Oid != extension.Oid), extension] };

    public MiniCertificate Without(string oid) => this with { Extensions = [.. Extensions.Where(e => e.Oid != oid)] };

    public byte[] ToBeSigned()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                writer.WriteInteger(2);
            writer.WriteInteger(SerialNumber);
            Signer.WriteSignatureAlgorithm(writer);
            WriteName(writer, Issuer);
            using (writer.PushSequence())
            {
                writer.WriteUtcTime(NotBefore);
                writer.WriteUtcTime(NotAfter);
            }
            WriteName(writer, Subject);
            writer.WriteEncodedValue(Key.SubjectPublicKeyInfo);
            if (Extensions.Count > 0)
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
                using (writer.PushSequence())
                    foreach (var extension in Extensions)
                        extension.Write(writer);
            }
        }
        return writer.Encode();
    }

    public byte[] Encode()
    {
        var toBeSigned = ToBeSigned();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(toBeSigned);
            Signer.WriteSignatureAlgorithm(writer);
            writer.WriteBitString(Signer.Sign(toBeSigned));
        }
        return writer.Encode();
    }

    public static void WriteName(AsnWriter writer, string name)
    {
        using (writer.PushSequence())
        {
            if (name.Length == 0)
                return;
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("2.5.4.3");
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
            }
        }
    }
}

/// <summary>An extension of a certificate to be made.</summary>
internal sealed record MiniExtension(string Oid, bool Critical, byte[] Value)
{
    public static MiniExtension Authority(int? pathLength = null, bool isAuthority = true) => new(Oids.BasicConstraints, true, Der(writer =>
    {
        using (writer.PushSequence())
        {
            if (isAuthority)
                writer.WriteBoolean(true);
            if (pathLength is { } length)
                writer.WriteInteger(length);
        }
    }));

    public static MiniExtension Usage(KeyUsages usages) => new(Oids.KeyUsage, true, Der(writer => writer.WriteNamedBitList(usages)));

    public static MiniExtension Purposes(bool critical, params string[] purposes) => new(Oids.ExtendedKeyUsage, critical, Der(writer =>
    {
        using (writer.PushSequence())
            foreach (var purpose in purposes)
                writer.WriteObjectIdentifier(purpose);
    }));

    /// <summary>Names by their context tag: 1 an e-mail address, 2 a host, 6 a URI.</summary>
    public static MiniExtension Names(params (int Tag, string Name)[] names) => new(Oids.SubjectAlternativeName, true, Der(writer =>
    {
        using (writer.PushSequence())
            foreach (var (tag, name) in names)
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, tag));
    }));

    public static MiniExtension OtherName(string name) => new(Oids.SubjectAlternativeName, true, Der(writer =>
    {
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            writer.WriteObjectIdentifier(Oids.FulcioOtherName);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, name);
        }
    }));

    public static MiniExtension Text(string oid, string text) => new(oid, false, Der(writer => writer.WriteCharacterString(UniversalTagNumber.UTF8String, text)));

    public static MiniExtension Octets(string oid, byte[] value, bool critical = false) => new(oid, critical, Der(writer => writer.WriteOctetString(value)));

    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            if (Critical)
                writer.WriteBoolean(true);
            writer.WriteOctetString(Value);
        }
    }

    public static byte[] Der(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }
}
