using System.Formats.Asn1;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>Whom a Fulcio certificate names, and who vouched for that.</summary>
internal static class FulcioNames
{
    private const int Rfc822Name = 1;
    private const int DnsName = 2;
    private const int Uri = 6;
    private const int OtherName = 0;

    /// <summary>The names of the kinds that Fulcio uses.</summary>
    /// <exception cref="VerificationException"><see cref="VerificationStep.CertificateFormat"/>.</exception>
    public static IReadOnlyList<string> Subjects(Certificate certificate) => Read(certificate, Oids.SubjectAlternativeName, static reader =>
    {
        var names = new List<string>();
        var sequence = reader.ReadSequence();
        while (sequence.HasData)
        {
            var tag = sequence.PeekTag();
            if (tag.TagClass is not TagClass.ContextSpecific)
                throw new AsnContentException("a name is of no known kind");
            if (tag.TagValue is Rfc822Name or DnsName or Uri)
                names.Add(sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else if (tag.TagValue is OtherName)
                names.AddRange(Other(sequence.ReadSequence(tag)));
            else
                sequence.ReadEncodedValue();
        }
        return names;
    }) ?? [];

    /// <summary>The issuer of the identity; null if the certificate names none.</summary>
    /// <exception cref="VerificationException"><see cref="VerificationStep.CertificateFormat"/>.</exception>
    public static string? Issuer(Certificate certificate) =>
        // Certificates since 2023 have both, and the first one is well-formed DER.
        Read(certificate, Oids.FulcioIssuerV2, static reader => reader.ReadCharacterString(UniversalTagNumber.UTF8String))
        ?? (certificate.Extension(Oids.FulcioIssuerV1) is { } bare ? Encoding.UTF8.GetString(bare.Value.Span) : null);

    private static IEnumerable<string> Other(AsnReader name)
    {
        var oid = name.ReadObjectIdentifier();
        var value = name.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
        name.ThrowIfNotEmpty();
        if (oid == Oids.FulcioOtherName)
            yield return value.ReadCharacterString(UniversalTagNumber.UTF8String);
    }

    private static T? Read<T>(Certificate certificate, string oid, Func<AsnReader, T> read) where T : class
    {
        if (certificate.Extension(oid) is not { } extension)
            return null;
        try
        {
            var reader = extension.Reader();
            var value = read(reader);
            reader.ThrowIfNotEmpty();
            return value;
        }
        catch (AsnContentException e)
        {
            throw new VerificationException(VerificationStep.CertificateFormat, $"{certificate.Name}: the extension {oid} is malformed: {e.Message}", e);
        }
    }
}
