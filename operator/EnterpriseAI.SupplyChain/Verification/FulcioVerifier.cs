namespace EnterpriseAI.SupplyChain;

/// <summary>Checks a short-lived signing certificate: its path, its promise to a log, and whom it names.</summary>
internal sealed class FulcioVerifier(TrustedRoot root, CertificatePaths paths, CheckSet checks)
{
    /// <param name="certificate">The signing certificate.</param>
    /// <param name="intermediates">Certificates that came with it; not trusted.</param>
    /// <param name="policy">Whom it must name.</param>
    /// <param name="times">Every verified time of the signature.</param>
    /// <exception cref="VerificationException">It is not to be trusted, or is for someone else.</exception>
    public SignerIdentity Verify(Certificate certificate, IReadOnlyList<Certificate> intermediates, VerificationPolicy policy, IReadOnlyList<DateTimeOffset> times)
    {
        // The certificate lives for minutes: without a time that somebody vouches for it would have to be valid now.
        if (times.Count == 0)
            checks.Refuse(VerificationStep.VerifiedTime, "nobody who is trusted vouches for the time of the signature: it needs a log's signed promise or a signed timestamp");
        Certificate? promisedFor = null;
        foreach (var time in times)
        {
            var issuer = Issuer(certificate, intermediates, time);
            if (promisedFor is not null && issuer.SubjectPublicKeyInfo.Span.SequenceEqual(promisedFor.SubjectPublicKeyInfo.Span))
                continue;
            CertificateTimestampVerifier.Verify(certificate, issuer, root, policy.RequireSignedCertificateTimestamps, checks);
            promisedFor = issuer;
        }
        return Identity(certificate, policy.CertificateIdentity!);
    }

    private Certificate Issuer(Certificate certificate, IReadOnlyList<Certificate> intermediates, DateTimeOffset time)
    {
        VerificationException? refusal = null;
        foreach (var authority in root.CertificateAuthorities)
        {
            try
            {
                var path = paths.Find(certificate, [.. authority.Intermediates, .. intermediates], authority.Anchors, time, Oids.CodeSigning);
                if (!authority.Validity.Contains(time))
                    checks.Refuse(VerificationStep.CertificateAuthorityValidity,
                        $"the trusted root vouches for the authority {authority.Name} {authority.Validity}, not at the time of the signature, {time:u}");
                return path.Count > 1 ? path[1] : path[0];
            }
            catch (VerificationException e)
            {
                // An authority that the certificate does lead to explains more than one that it does not.
                if (refusal is null || Nearness(e) > Nearness(refusal))
                    refusal = e;
            }
        }
        throw refusal ?? new VerificationException(VerificationStep.CertificateIssuerName, "the trusted root names no certificate authority");
    }

    private static int Nearness(VerificationException refusal) => refusal.Step switch
    {
        VerificationStep.CertificateIssuerName => 0,
        VerificationStep.CertificateSignature => 1,
        _ => 2,
    };

    private SignerIdentity Identity(Certificate certificate, CertificateIdentity expected)
    {
        var subjects = FulcioNames.Subjects(certificate);
        var subject = subjects.FirstOrDefault(expected.MatchesSubject);
        if (subject is null)
            checks.Refuse(VerificationStep.CertificateIdentity,
                $"the certificate is for {(subjects.Count == 0 ? "nobody" : $"'{string.Join("', '", subjects)}'")}, not for '{expected.SubjectText}'");
        var issuer = FulcioNames.Issuer(certificate);
        if (issuer is null || !expected.MatchesIssuer(issuer))
            checks.Refuse(VerificationStep.CertificateIssuer,
                $"the identity was vouched for by {(issuer is null ? "nobody" : $"'{issuer}'")}, not by '{expected.IssuerText}'");
        return new SignerIdentity(subject ?? "", issuer ?? "");
    }
}
