using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>An X.509 certificate (RFC 5280), read strictly as DER.</summary>
/// <remarks>
/// Not .NET's own class: that one sees a certificate as the platform does, hides the encoded to-be-signed part that a
/// signed certificate timestamp is about, and cannot leave out one check to show what the others catch.
/// </remarks>
internal sealed class Certificate
{
    private const int MaxBytes = 64 << 10;
    private const int MaxExtensions = 64;

    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag IssuerIdTag = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag SubjectIdTag = new(TagClass.ContextSpecific, 2);
    internal static readonly Asn1Tag ExtensionsTag = new(TagClass.ContextSpecific, 3, isConstructed: true);

    private readonly AlgorithmIdentifier _signatureAlgorithm;
    private readonly ReadOnlyMemory<byte> _signature;

    private Certificate(ReadOnlyMemory<byte> rawData, ReadOnlyMemory<byte> toBeSigned, AlgorithmIdentifier signatureAlgorithm, ReadOnlyMemory<byte> signature, string name)
    {
        RawData = rawData;
        ToBeSigned = toBeSigned;
        _signatureAlgorithm = signatureAlgorithm;
        _signature = signature;
        Name = name;

        var sequence = new AsnReader(toBeSigned, AsnEncodingRules.DER).ReadSequence();
        if (sequence.PeekTag() == VersionTag)
        {
            var version = sequence.ReadSequence(VersionTag);
            _ = version.TryReadInt32(out var number) && number is 1 or 2 ? number : throw new AsnContentException($"its version {number + 1} is not known");
            version.ThrowIfNotEmpty();
        }
        SerialNumber = sequence.ReadInteger();
        // RFC 5280, section 4.1.1.2: one of the two copies is not signed.
        if (AlgorithmIdentifier.Read(sequence) is var inner && (inner.Oid != signatureAlgorithm.Oid || !inner.Parameters.Span.SequenceEqual(signatureAlgorithm.Parameters.Span)))
            throw new AsnContentException("it names two signature algorithms");
        Issuer = sequence.ReadEncodedValue();
        var validity = sequence.ReadSequence();
        NotBefore = ReadTime(validity);
        NotAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        Subject = sequence.ReadEncodedValue();
        SubjectPublicKeyInfo = sequence.ReadEncodedValue();
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(IssuerIdTag))
            sequence.ReadEncodedValue();
        if (sequence.HasData && sequence.PeekTag().HasSameClassAndValue(SubjectIdTag))
            sequence.ReadEncodedValue();
        Extensions = sequence.HasData ? ReadExtensions(sequence) : [];
        sequence.ThrowIfNotEmpty();

        BasicConstraints = ReadBasicConstraints();
        KeyUsage = ReadKeyUsage();
        ExtendedKeyUsage = ReadExtendedKeyUsage();
        Key = VerificationKey.FromSubjectPublicKeyInfo(SubjectPublicKeyInfo, name);
    }

    /// <summary>What to call the certificate in errors.</summary>
    public string Name { get; }

    public ReadOnlyMemory<byte> RawData { get; }

    public ReadOnlyMemory<byte> ToBeSigned { get; }

    public BigInteger SerialNumber { get; }

    /// <summary>The issuer's name, encoded. Names are compared byte by byte, which is stricter than RFC 5280 and what authorities do.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    public ReadOnlyMemory<byte> Subject { get; }

    public DateTimeOffset NotBefore { get; }

    /// <summary>The last moment of validity: the period is closed.</summary>
    public DateTimeOffset NotAfter { get; }

    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    public VerificationKey Key { get; }

    public IReadOnlyList<CertificateExtension> Extensions { get; }

    /// <summary>Null when the certificate does not say whether it is an authority.</summary>
    public BasicConstraints? BasicConstraints { get; }

    /// <summary>Null when every use is allowed.</summary>
    public KeyUsages? KeyUsage { get; }

    /// <summary>Purposes by object identifier; null when every purpose is allowed.</summary>
    public IReadOnlyList<string>? ExtendedKeyUsage { get; }

    public CertificateExtension? Extension(string oid) => Extensions.FirstOrDefault(extension => extension.Oid == oid);

    public bool IsSame(Certificate other) => RawData.Span.SequenceEqual(other.RawData.Span);

    public bool NamesAsIssuer(Certificate other) => Issuer.Span.SequenceEqual(other.Subject.Span);

    public bool IsSelfIssued => NamesAsIssuer(this);

    /// <summary>A signature by its own key makes a certificate a root; the same name alone does not.</summary>
    public bool IsSelfSigned => IsSelfIssued && IsSignedBy(this);

    public bool IsSignedBy(Certificate issuer) =>
        _signatureAlgorithm.Scheme() is { } scheme && issuer.Key.Verify(scheme, ToBeSigned.Span, _signature.Span);

    public bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time <= NotAfter;

    /// <param name="der">One certificate and nothing after it.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="step">The step that fails when it is malformed.</param>
    public static Certificate Parse(ReadOnlyMemory<byte> der, string name, VerificationStep step = VerificationStep.CertificateFormat)
    {
        try
        {
            if (der.Length > MaxBytes)
                throw new AsnContentException($"it is larger than {MaxBytes} bytes");
            var outer = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var toBeSigned = sequence.ReadEncodedValue();
            var algorithm = AlgorithmIdentifier.Read(sequence);
            var signature = sequence.ReadBitString(out _);
            sequence.ThrowIfNotEmpty();
            return new Certificate(der, toBeSigned, algorithm, signature, name);
        }
        catch (Exception e) when (e is AsnContentException or SupplyChainException and not VerificationException)
        {
            throw new VerificationException(step, $"{name} is not an X.509 certificate that can be used: {e.Message}", e);
        }
    }

    /// <summary>Reads every certificate of a PEM text.</summary>
    public static IReadOnlyList<Certificate> ParsePem(string pem, string name)
    {
        var certificates = new List<Certificate>();
        for (var rest = pem.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
            if (rest[fields.Label] is "CERTIFICATE")
                certificates.Add(Parse(Convert.FromBase64String(rest[fields.Base64Data].ToString()), $"'{name}'"));
        return certificates;
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static List<CertificateExtension> ReadExtensions(AsnReader sequence)
    {
        var tagged = sequence.ReadSequence(ExtensionsTag);
        var list = tagged.ReadSequence();
        tagged.ThrowIfNotEmpty();
        var extensions = new List<CertificateExtension>();
        while (list.HasData)
        {
            var encoded = list.PeekEncodedValue();
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            var value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
            // A second one would be read by some and not by others.
            if (extensions.Any(earlier => earlier.Oid == oid))
                throw new AsnContentException($"it has the extension {oid} twice");
            extensions.Add(new CertificateExtension(oid, critical, value, encoded));
            if (extensions.Count > MaxExtensions)
                throw new AsnContentException($"it has more than {MaxExtensions} extensions");
        }
        return extensions;
    }

    private BasicConstraints? ReadBasicConstraints()
    {
        if (Extension(Oids.BasicConstraints) is not { } extension)
            return null;
        var outer = extension.Reader();
        var sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var isAuthority = sequence.HasData && sequence.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && sequence.ReadBoolean();
        int? pathLength = null;
        if (sequence.HasData)
            pathLength = sequence.TryReadInt32(out var length) && length >= 0 ? length : throw new AsnContentException("its path length is not a number");
        sequence.ThrowIfNotEmpty();
        return new BasicConstraints(isAuthority, pathLength);
    }

    private KeyUsages? ReadKeyUsage()
    {
        if (Extension(Oids.KeyUsage) is not { } extension)
            return null;
        var reader = extension.Reader();
        var usages = reader.ReadNamedBitListValue<KeyUsages>();
        reader.ThrowIfNotEmpty();
        return usages;
    }

    private List<string>? ReadExtendedKeyUsage()
    {
        if (Extension(Oids.ExtendedKeyUsage) is not { } extension)
            return null;
        var outer = extension.Reader();
        var sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var purposes = new List<string>();
        while (sequence.HasData)
            purposes.Add(sequence.ReadObjectIdentifier());
        return purposes;
    }
}

/// <summary>An extension of a certificate.</summary>
/// <param name="Oid">What it is.</param>
/// <param name="Critical">Whoever does not know it must refuse the certificate.</param>
/// <param name="Value">The DER inside its octet string.</param>
/// <param name="Encoded">The whole extension as it stands in the certificate.</param>
internal sealed record CertificateExtension(string Oid, bool Critical, ReadOnlyMemory<byte> Value, ReadOnlyMemory<byte> Encoded)
{
    public AsnReader Reader() => new(Value, AsnEncodingRules.DER);
}

/// <summary>Whether a certificate is an authority, and how many authorities may stand below it.</summary>
internal sealed record BasicConstraints(bool IsAuthority, int? PathLength);

/// <summary>What a key may do (RFC 5280, section 4.2.1.3); bits count as <see cref="AsnReader.ReadNamedBitListValue{T}"/> does.</summary>
[Flags]
internal enum KeyUsages
{
    None = 0,
    DigitalSignature = 1 << 0,
    NonRepudiation = 1 << 1,
    KeyEncipherment = 1 << 2,
    DataEncipherment = 1 << 3,
    KeyAgreement = 1 << 4,
    KeyCertSign = 1 << 5,
    CrlSign = 1 << 6,
    EncipherOnly = 1 << 7,
    DecipherOnly = 1 << 8,
}
