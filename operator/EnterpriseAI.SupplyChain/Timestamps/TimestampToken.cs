using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>A response of a timestamp authority (RFC 3161) with its signed token (RFC 5652), taken apart but not verified.</summary>
internal sealed class TimestampToken
{
    private const int MaxBytes = 256 << 10;
    private const int MaxCertificates = 10;
    private const int MaxAttributes = 32;

    private const string SignedData = "1.2.840.113549.1.7.2";
    public const string TimestampInfo = "1.2.840.113549.1.9.16.1.4";
    private const string ContentTypeAttribute = "1.2.840.113549.1.9.3";
    private const string MessageDigestAttribute = "1.2.840.113549.1.9.4";
    private const string SigningCertificateAttribute = "1.2.840.113549.1.9.16.2.12";
    private const string SigningCertificateV2Attribute = "1.2.840.113549.1.9.16.2.47";

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Tag1 = new(TagClass.ContextSpecific, 1, isConstructed: true);

    // Authorities do not sort the certificates of a token; the one set whose order is signed is checked by its signature.
    private static readonly AsnReaderOptions UnsortedSets = new() { SkipSetSortOrderVerification = true };

    private readonly Dictionary<string, ReadOnlyMemory<byte>> _attributes = [];

    private TimestampToken(ReadOnlyMemory<byte> der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER, UnsortedSets);
        var response = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var status = response.ReadSequence();
        Status = status.TryReadInt32(out var number) ? number : -1;
        if (!response.HasData)
        {
            // A refusal has no token.
            throw new AsnContentException($"the authority answered with status {Status} and without a timestamp");
        }
        var contentInfo = response.ReadSequence();
        response.ThrowIfNotEmpty();
        if (contentInfo.ReadObjectIdentifier() != SignedData)
            throw new AsnContentException("it is not signed data");
        var tagged = contentInfo.ReadSequence(Tag0);
        contentInfo.ThrowIfNotEmpty();
        var signedData = tagged.ReadSequence();
        tagged.ThrowIfNotEmpty();
        ReadSignedData(signedData);
        ReadInfo(Content);
    }

    public int Status { get; }

    /// <summary>What the token says that its content is.</summary>
    public string ContentType { get; private set; } = "";

    public ReadOnlyMemory<byte> Content { get; private set; }

    /// <summary>The certificates that came with the token; often none.</summary>
    public IReadOnlyList<Certificate> Certificates { get; private set; } = [];

    /// <summary>The signer by issuer and serial number, or by key identifier.</summary>
    public (ReadOnlyMemory<byte> Issuer, BigInteger SerialNumber)? SignerIssuer { get; private set; }

    public ReadOnlyMemory<byte>? SignerKeyIdentifier { get; private set; }

    public HashAlgorithmName Digest { get; private set; }

    public SignatureScheme? Scheme { get; private set; }

    /// <summary>The attributes as they are signed: with the tag of a set instead of the one that they have in the token.</summary>
    public byte[] SignedAttributes { get; private set; } = [];

    public ReadOnlyMemory<byte> Signature { get; private set; }

    public HashAlgorithmName? ImprintAlgorithm { get; private set; }

    public ReadOnlyMemory<byte> Imprint { get; private set; }

    public DateTimeOffset Time { get; private set; }

    /// <exception cref="VerificationException"><see cref="VerificationStep.TimestampFormat"/>.</exception>
    public static TimestampToken Parse(ReadOnlyMemory<byte> der)
    {
        try
        {
            return der.Length <= MaxBytes ? new TimestampToken(der) : throw new AsnContentException($"it is larger than {MaxBytes} bytes");
        }
        catch (AsnContentException e)
        {
            throw new VerificationException(VerificationStep.TimestampFormat, $"a signed timestamp is malformed: {e.Message}", e);
        }
    }

    public bool IsSigner(Certificate certificate) => SignerIssuer is { } signer
        ? certificate.SerialNumber == signer.SerialNumber && certificate.Issuer.Span.SequenceEqual(signer.Issuer.Span)
        : certificate.Extension(Oids.SubjectKeyIdentifier) is { } extension && SignerKeyIdentifier is { } identifier
            && TryReadOctets(extension.Reader()) is { } own && own.AsSpan().SequenceEqual(identifier.Span);

    /// <summary>The content type among the signed attributes; null without.</summary>
    public string? SignedContentType => Read(ContentTypeAttribute, static reader => reader.ReadObjectIdentifier());

    /// <summary>The hash of the content among the signed attributes; null without.</summary>
    public byte[]? SignedMessageDigest => Read(MessageDigestAttribute, static reader => reader.ReadOctetString());

    /// <summary>True when the signed attributes name this certificate as the signer's (RFC 5035), false also when they name none.</summary>
    public bool NamesSigner(Certificate certificate) =>
        (Read(SigningCertificateV2Attribute, static reader => SignerHash(reader, hasAlgorithm: true))
            ?? Read(SigningCertificateAttribute, static reader => SignerHash(reader, hasAlgorithm: false))) is { } named
        && HashOf(named.Algorithm, certificate.RawData.Span).AsSpan().SequenceEqual(named.Hash);

    private void ReadSignedData(AsnReader signedData)
    {
        signedData.ReadInteger();
        signedData.ReadSetOf();
        var content = signedData.ReadSequence();
        ContentType = content.ReadObjectIdentifier();
        var tagged = content.ReadSequence(Tag0);
        Content = tagged.ReadOctetString();
        tagged.ThrowIfNotEmpty();
        content.ThrowIfNotEmpty();
        if (signedData.PeekTag() == Tag0)
            Certificates = ReadCertificates(signedData.ReadSetOf(Tag0));
        if (signedData.PeekTag() == Tag1)
            signedData.ReadSetOf(Tag1);
        var signers = signedData.ReadSetOf();
        signedData.ThrowIfNotEmpty();
        ReadSigner(signers.ReadSequence());
        signers.ThrowIfNotEmpty();
    }

    private static List<Certificate> ReadCertificates(AsnReader set)
    {
        var certificates = new List<Certificate>();
        while (set.HasData)
        {
            if (certificates.Count == MaxCertificates)
                throw new AsnContentException($"it carries more than {MaxCertificates} certificates");
            certificates.Add(Certificate.Parse(set.ReadEncodedValue(), $"certificate {certificates.Count} of a timestamp", VerificationStep.TimestampFormat));
        }
        return certificates;
    }

    private void ReadSigner(AsnReader signer)
    {
        signer.ReadInteger();
        if (signer.PeekTag().HasSameClassAndValue(Tag0))
        {
            SignerKeyIdentifier = signer.ReadOctetString(new Asn1Tag(TagClass.ContextSpecific, 0));
        }
        else
        {
            var identifier = signer.ReadSequence();
            SignerIssuer = (identifier.ReadEncodedValue(), identifier.ReadInteger());
            identifier.ThrowIfNotEmpty();
        }
        Digest = AlgorithmIdentifier.Read(signer).Hash ?? throw new AsnContentException("its hash is not SHA-256, SHA-384 or SHA-512");
        var encoded = signer.PeekEncodedValue();
        if (signer.PeekTag() != Tag0)
            throw new AsnContentException("it has no signed attributes");
        ReadAttributes(signer.ReadSetOf(Tag0));
        SignedAttributes = [(byte)((int)UniversalTagNumber.SetOf | 0x20), .. encoded.Span[1..]];
        Scheme = AlgorithmIdentifier.Read(signer).Scheme(Digest);
        Signature = signer.ReadOctetString();
        if (signer.HasData)
            signer.ReadSetOf(Tag1);
        signer.ThrowIfNotEmpty();
    }

    private void ReadAttributes(AsnReader set)
    {
        while (set.HasData)
        {
            var attribute = set.ReadSequence();
            var oid = attribute.ReadObjectIdentifier();
            var values = attribute.ReadSetOf();
            attribute.ThrowIfNotEmpty();
            var value = values.ReadEncodedValue();
            // A second value, or the attribute a second time, would let two readers see two different things.
            values.ThrowIfNotEmpty();
            if (!_attributes.TryAdd(oid, value) || _attributes.Count > MaxAttributes)
                throw new AsnContentException($"the attribute {oid} occurs twice, or there are more than {MaxAttributes}");
        }
    }

    private void ReadInfo(ReadOnlyMemory<byte> content)
    {
        var outer = new AsnReader(content, AsnEncodingRules.DER);
        var info = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        if (!info.TryReadInt32(out var version) || version != 1)
            throw new AsnContentException("its version is not 1");
        info.ReadObjectIdentifier();
        var imprint = info.ReadSequence();
        ImprintAlgorithm = AlgorithmIdentifier.Read(imprint).Hash;
        Imprint = imprint.ReadOctetString();
        imprint.ThrowIfNotEmpty();
        info.ReadInteger();
        Time = info.ReadGeneralizedTime();
        // Accuracy, ordering, nonce, the authority's name and extensions change nothing here.
        while (info.HasData)
            info.ReadEncodedValue();
    }

    private T? Read<T>(string oid, Func<AsnReader, T> read)
    {
        if (!_attributes.TryGetValue(oid, out var value))
            return default;
        try
        {
            var reader = new AsnReader(value, AsnEncodingRules.DER);
            var result = read(reader);
            reader.ThrowIfNotEmpty();
            return result;
        }
        catch (AsnContentException e)
        {
            throw new VerificationException(VerificationStep.TimestampFormat, $"the attribute {oid} of a signed timestamp is malformed: {e.Message}", e);
        }
    }

    private static (string Algorithm, byte[] Hash)? SignerHash(AsnReader reader, bool hasAlgorithm)
    {
        var certificates = reader.ReadSequence().ReadSequence();
        var first = certificates.ReadSequence();
        var algorithm = !hasAlgorithm ? AlgorithmIdentifier.Sha1
            : first.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) ? AlgorithmIdentifier.Read(first).Oid : "2.16.840.1.101.3.4.2.1";
        return (algorithm, first.ReadOctetString());
    }

    // The first version of the attribute knows only SHA-1. It is signed and the certificate's path is checked besides,
    // so what a collision could gain is nothing.
    private static byte[]? HashOf(string algorithm, ReadOnlySpan<byte> data) => algorithm is AlgorithmIdentifier.Sha1
        ? SHA1.HashData(data)
        : new AlgorithmIdentifier(algorithm, default).Hash is { } hash ? CryptographicOperations.HashData(hash, data) : null;

    private static byte[]? TryReadOctets(AsnReader reader)
    {
        try
        {
            return reader.ReadOctetString();
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
