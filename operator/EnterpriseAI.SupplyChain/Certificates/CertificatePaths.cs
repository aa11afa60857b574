namespace EnterpriseAI.SupplyChain;

/// <summary>Finds and checks paths from a certificate to a trusted authority, at any time (RFC 5280, section 6).</summary>
/// <remarks>
/// Knows no revocation, policies or name constraints: the authorities here use none, and an extension that would ask for them
/// is critical and so refuses the certificate. Remembers checked signatures; one instance serves one verification.
/// </remarks>
/// <param name="checks">Which checks are made.</param>
/// <param name="known">Signatures among certificates that stay the same from one verification to the next; null to check all anew.</param>
internal sealed class CertificatePaths(CheckSet checks, KnownSignatures? known = null)
{
    private const int MaxLength = 8;

    // Enough for every sensible set of authorities; bounds what a bundle of certificates with one name can cost.
    private const int MaxSignatures = 64;

    private readonly Dictionary<(Certificate Certificate, Certificate Issuer), bool> _signatures = [];

    /// <summary>The path, from the certificate to an anchor, that holds at the time.</summary>
    /// <param name="certificate">Where the path begins.</param>
    /// <param name="intermediates">Certificates that the path may go through; they need not be trusted.</param>
    /// <param name="anchors">Where the path may end.</param>
    /// <param name="time">When it must hold.</param>
    /// <param name="purpose">What the certificate must be for.</param>
    /// <exception cref="VerificationException">There is none. The step is <see cref="VerificationStep.CertificateIssuerName"/> or
    /// <see cref="VerificationStep.CertificateSignature"/> if no path leads to an anchor at any time.</exception>
    public IReadOnlyList<Certificate> Find(Certificate certificate, IReadOnlyList<Certificate> intermediates, IReadOnlyList<Certificate> anchors, DateTimeOffset time, string purpose)
    {
        VerificationException? refusal = null;
        foreach (var path in Candidates([certificate], intermediates, anchors))
        {
            try
            {
                Check(path, time, purpose);
                return path;
            }
            catch (VerificationException e)
            {
                refusal ??= e;
            }
        }
        throw refusal ?? Untrusted(certificate, [.. intermediates, .. anchors]);
    }

    private IEnumerable<IReadOnlyList<Certificate>> Candidates(List<Certificate> path, IReadOnlyList<Certificate> intermediates, IReadOnlyList<Certificate> anchors)
    {
        var last = path[^1];
        if (anchors.Any(last.IsSame))
            yield return [.. path];
        if (path.Count == MaxLength)
            yield break;
        foreach (var anchor in anchors)
            if (!last.IsSame(anchor) && IsIssuer(anchor, last))
                yield return [.. path, anchor];
        foreach (var intermediate in intermediates)
        {
            if (path.Any(intermediate.IsSame) || anchors.Any(intermediate.IsSame) || !IsIssuer(intermediate, last))
                continue;
            path.Add(intermediate);
            foreach (var longer in Candidates(path, intermediates, anchors))
                yield return longer;
            path.RemoveAt(path.Count - 1);
        }
    }

    private bool IsIssuer(Certificate issuer, Certificate certificate) =>
        (certificate.NamesAsIssuer(issuer) || !checks.Includes(VerificationStep.CertificateIssuerName))
        && (IsSigned(certificate, issuer) || !checks.Includes(VerificationStep.CertificateSignature));

    private bool IsSigned(Certificate certificate, Certificate issuer)
    {
        if (known?.IsSigned(certificate, issuer) is { } fixedly)
            return fixedly;
        if (_signatures.TryGetValue((certificate, issuer), out var signed))
            return signed;
        if (_signatures.Count == MaxSignatures)
            throw new VerificationException(VerificationStep.CertificateFormat, $"more than {MaxSignatures} signatures would have to be checked for a path from {certificate.Name}");
        return _signatures[(certificate, issuer)] = certificate.IsSignedBy(issuer);
    }

    private VerificationException Untrusted(Certificate certificate, IReadOnlyList<Certificate> authorities)
    {
        // The last certificate on the way tells what is wrong with it.
        List<Certificate> reached = [certificate];
        for (var i = 0; i < reached.Count && reached.Count < MaxLength; i++)
            reached.AddRange(authorities.Where(authority => !reached.Any(authority.IsSame) && IsIssuer(authority, reached[i])));
        var last = reached[^1];
        return authorities.Any(last.NamesAsIssuer)
            ? new VerificationException(VerificationStep.CertificateSignature,
                $"{last.Name} names a trusted authority as its issuer, but is not signed by it: it is forged, or the trusted root is of another instance")
            : new VerificationException(VerificationStep.CertificateIssuerName,
                $"{last.Name} was issued by none of the trusted authorities: give the trusted root of the instance that issued it");
    }

    private void Check(IReadOnlyList<Certificate> path, DateTimeOffset time, string purpose)
    {
        for (var i = 0; i < path.Count; i++)
        {
            var certificate = path[i];
            if (!certificate.IsValidAt(time))
                checks.Refuse(VerificationStep.CertificateValidity,
                    $"{certificate.Name} is valid from {certificate.NotBefore:u} to {certificate.NotAfter:u}, not at {time:u}");
            if (certificate.Extensions.FirstOrDefault(static extension => extension.Critical && !IsUnderstood(extension.Oid)) is { } unknown)
                checks.Refuse(VerificationStep.CertificateCriticalExtensions, $"{certificate.Name} has the critical extension {unknown.Oid}, which is not understood");
            if (certificate.ExtendedKeyUsage is { } purposes ? !purposes.Contains(purpose) && (i == 0 || !purposes.Contains(Oids.AnyExtendedKeyUsage)) : i == 0)
                checks.Refuse(VerificationStep.CertificateExtendedKeyUsage, $"{certificate.Name} is not for the purpose {purpose}");
            if (i == 0)
                CheckSigner(certificate, purpose);
            else
                CheckIssuer(certificate, path.Take(i).Skip(1).Count(static below => !below.IsSelfIssued));
        }
    }

    private void CheckSigner(Certificate certificate, string purpose)
    {
        // RFC 3161 lets a timestamp authority's key have either.
        var allowed = purpose == Oids.TimeStamping ? KeyUsages.DigitalSignature | KeyUsages.NonRepudiation : KeyUsages.DigitalSignature;
        if (certificate.KeyUsage is { } usage && (usage & allowed) == 0)
            checks.Refuse(VerificationStep.CertificateKeyUsage, $"{certificate.Name} may not be used for signatures over data");
    }

    private void CheckIssuer(Certificate certificate, int authoritiesBelow)
    {
        if (certificate.BasicConstraints is not { IsAuthority: true })
            checks.Refuse(VerificationStep.CertificateBasicConstraints, $"{certificate.Name} is not a certificate authority");
        if (certificate.BasicConstraints?.PathLength < authoritiesBelow)
            checks.Refuse(VerificationStep.CertificatePathLength, $"{certificate.Name} may stand above {certificate.BasicConstraints.PathLength} authorities, not {authoritiesBelow}");
        if (certificate.KeyUsage is { } usage && !usage.HasFlag(KeyUsages.KeyCertSign))
            checks.Refuse(VerificationStep.CertificateKeyUsage, $"{certificate.Name} may not be used for signing certificates");
    }

    private static bool IsUnderstood(string oid) =>
        oid is Oids.KeyUsage or Oids.SubjectAlternativeName or Oids.BasicConstraints or Oids.ExtendedKeyUsage;
}
