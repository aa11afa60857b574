using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Checks signed timestamps over a signature.</summary>
internal sealed class TimestampVerifier(TrustedRoot root, CertificatePaths paths, CheckSet checks)
{
    /// <summary>A timestamp that holds, and the authority that signed it.</summary>
    public sealed record Timestamp(TrustedAuthority Authority, DateTimeOffset Time);

    /// <summary>The timestamps of authorities that are trusted.</summary>
    /// <exception cref="VerificationException">A timestamp of a trusted authority is not what it should be.</exception>
    public IReadOnlyList<Timestamp> Verify(IReadOnlyList<ReadOnlyMemory<byte>> timestamps, ReadOnlyMemory<byte> signature) =>
        // Without any trusted authority, timestamps are not a part of the instance at hand.
        root.TimestampAuthorities.Count == 0 ? [] : [.. timestamps.Select(timestamp => Verify(timestamp, signature)).OfType<Timestamp>()];

    private Timestamp? Verify(ReadOnlyMemory<byte> timestamp, ReadOnlyMemory<byte> signature)
    {
        var token = TimestampToken.Parse(timestamp);
        if (token.Status is not (0 or 1))
            checks.Refuse(VerificationStep.TimestampStatus, $"the timestamp authority answered with status {token.Status}: it granted no timestamp");
        if (FindAuthority(token) is not var (authority, signer))
            return null;
        if (token.ContentType != TimestampToken.TimestampInfo || token.SignedContentType != TimestampToken.TimestampInfo)
            checks.Refuse(VerificationStep.TimestampContentType, $"the authority {authority.Name} signed something else than a timestamp");
        if (!CryptographicOperations.HashData(token.Digest, token.Content.Span).AsSpan().SequenceEqual(token.SignedMessageDigest))
            checks.Refuse(VerificationStep.TimestampMessageDigest, $"what the authority {authority.Name} signed is the hash of another timestamp");
        if (!token.NamesSigner(signer))
            checks.Refuse(VerificationStep.TimestampSigningCertificate, $"the authority {authority.Name} signed that another certificate, or none, is the signer's");
        if (token.Scheme is not { } scheme || !signer.Key.Verify(scheme, token.SignedAttributes, token.Signature.Span))
            checks.Refuse(VerificationStep.TimestampSignature, $"the timestamp is not signed by {signer.Name}");
        if (token.ImprintAlgorithm is not { } hash || !CryptographicOperations.HashData(hash, signature.Span).AsSpan().SequenceEqual(token.Imprint.Span))
            checks.Refuse(VerificationStep.TimestampImprint, "the timestamp is over another signature than this bundle's");
        return new Timestamp(authority, token.Time);
    }

    /// <summary>The authority that the token's signer belongs to; null when it is none of the trusted ones.</summary>
    private (TrustedAuthority Authority, Certificate Signer)? FindAuthority(TimestampToken token)
    {
        VerificationException? refusal = null;
        foreach (var authority in root.TimestampAuthorities)
        {
            // The root's own first: what is known of its certificates need not be found out again.
            foreach (var signer in authority.Chain.Concat(token.Certificates).Where(token.IsSigner).DistinctBy(static certificate => Convert.ToBase64String(certificate.RawData.Span)))
            {
                try
                {
                    CheckSigner(token, authority, signer);
                    return (authority, signer);
                }
                catch (VerificationException e) when (e.Step is VerificationStep.CertificateIssuerName or VerificationStep.CertificateSignature)
                {
                    // Not this authority's.
                }
                catch (VerificationException e)
                {
                    refusal ??= e;
                }
            }
        }
        return refusal is null ? null : throw refusal;
    }

    private void CheckSigner(TimestampToken token, TrustedAuthority authority, Certificate signer)
    {
        paths.Find(signer, [.. authority.Intermediates, .. token.Certificates], authority.Anchors, token.Time, Oids.TimeStamping);
        // An authority's root may have issued certificates for timestamps that have nothing to do with this instance.
        if (authority.Signer is { } expected && !expected.IsSame(signer))
            checks.Refuse(VerificationStep.TimestampSigner, $"the timestamp is signed by {signer.Name}, not by the certificate that the trusted root names for {authority.Name}");
        if (signer.ExtendedKeyUsage is not [Oids.TimeStamping] || signer.Extension(Oids.ExtendedKeyUsage) is not { Critical: true })
            checks.Refuse(VerificationStep.TimestampExtendedKeyUsage, $"{signer.Name} must be critically for timestamps and for nothing else");
        if (!authority.Validity.Contains(token.Time))
            checks.Refuse(VerificationStep.TimestampAuthorityValidity,
                $"the trusted root vouches for the timestamp authority {authority.Name} {authority.Validity}, not at the time of its timestamp, {token.Time:u}");
    }
}
