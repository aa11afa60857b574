using System.Formats.Asn1;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>An AlgorithmIdentifier (RFC 5280, section 4.1.1.2): an object identifier and its parameters, still encoded.</summary>
internal readonly record struct AlgorithmIdentifier(string Oid, ReadOnlyMemory<byte> Parameters)
{
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string Rsa = "1.2.840.113549.1.1.1";
    public const string RsaPss = "1.2.840.113549.1.1.10";
    public const string Ed25519 = "1.3.101.112";
    public const string Sha1 = "1.3.14.3.2.26";

    private const string Mgf1 = "1.2.840.113549.1.1.8";

    public static AlgorithmIdentifier Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        var oid = sequence.ReadObjectIdentifier();
        var parameters = sequence.HasData ? sequence.ReadEncodedValue() : default;
        sequence.ThrowIfNotEmpty();
        return new AlgorithmIdentifier(oid, parameters);
    }

    /// <summary>The hash that the identifier names; null for any other algorithm, among them SHA-1.</summary>
    public HashAlgorithmName? Hash => HashOf(Oid);

    /// <summary>The scheme of a signature; null for one that is not known here.</summary>
    /// <param name="digest">The hash of a CMS signer, whose signature algorithm may name only the kind of key.</param>
    public SignatureScheme? Scheme(HashAlgorithmName? digest = null) => Oid switch
    {
        "1.2.840.10045.4.3.2" => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA256),
        "1.2.840.10045.4.3.3" => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA384),
        "1.2.840.10045.4.3.4" => new(SignatureKind.Ecdsa, HashAlgorithmName.SHA512),
        "1.2.840.113549.1.1.11" => new(SignatureKind.RsaPkcs1, HashAlgorithmName.SHA256),
        "1.2.840.113549.1.1.12" => new(SignatureKind.RsaPkcs1, HashAlgorithmName.SHA384),
        "1.2.840.113549.1.1.13" => new(SignatureKind.RsaPkcs1, HashAlgorithmName.SHA512),
        Rsa when digest is { } hash => new(SignatureKind.RsaPkcs1, hash),
        EcPublicKey when digest is { } hash => new(SignatureKind.Ecdsa, hash),
        RsaPss => PssScheme(),
        Ed25519 => SignatureScheme.Ed25519,
        _ => null,
    };

    // RFC 4055: the salt must be as long as the hash, and MGF1 must use the same hash, because .NET can check nothing else.
    private SignatureScheme? PssScheme()
    {
        if (Parameters.IsEmpty)
            return null;
        try
        {
            return ReadPssScheme();
        }
        catch (AsnContentException)
        {
            // Parameters that cannot be read are unusual ones, too.
            return null;
        }
    }

    private SignatureScheme? ReadPssScheme()
    {
        var sequence = new AsnReader(Parameters, AsnEncodingRules.DER).ReadSequence();
        if (!TryReadTagged(sequence, 0, out var hashField) || Read(hashField!).Hash is not { } hash
            || !TryReadTagged(sequence, 1, out var maskField) || Read(maskField!) is not { Oid: Mgf1 } mask
            || Read(new AsnReader(mask.Parameters, AsnEncodingRules.DER)).Hash != hash
            || !TryReadTagged(sequence, 2, out var saltField) || !saltField!.TryReadInt32(out var salt) || salt != SaltOf(hash))
            return null;
        return new SignatureScheme(SignatureKind.RsaPss, hash);
    }

    private static bool TryReadTagged(AsnReader sequence, int number, out AsnReader? field)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);
        field = sequence.HasData && sequence.PeekTag() == tag ? sequence.ReadSequence(tag) : null;
        return field is not null;
    }

    private static int SaltOf(HashAlgorithmName hash) => hash == HashAlgorithmName.SHA256 ? 32 : hash == HashAlgorithmName.SHA384 ? 48 : 64;

    private static HashAlgorithmName? HashOf(string oid) => oid switch
    {
        "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
        "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
        "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
