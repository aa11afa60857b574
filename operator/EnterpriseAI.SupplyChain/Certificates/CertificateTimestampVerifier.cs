namespace EnterpriseAI.SupplyChain;

/// <summary>Checks that a certificate was promised to a certificate transparency log, where its owner can find it.</summary>
internal static class CertificateTimestampVerifier
{
    /// <exception cref="VerificationException">No log that is trusted has promised to record the certificate.</exception>
    public static void Verify(Certificate certificate, Certificate issuer, TrustedRoot root, bool required, CheckSet checks)
    {
        var verified = 0;
        foreach (var promise in CertificateTimestamp.In(certificate))
        {
            // A promise of a log that is not trusted here says nothing; further ones are allowed.
            var logs = root.CertificateLogs.Where(log => log.LogId.Span.SequenceEqual(promise.LogId.Span)).ToList();
            if (logs.Count == 0)
                continue;
            if (!logs.Any(log => promise.Scheme is { } scheme && log.Key.Verify(scheme, promise.SignedData(certificate, issuer), promise.Signature.Span)))
                checks.Refuse(VerificationStep.CertificateTimestampSignature,
                    $"{certificate.Name}: the promise of the log {logs[0].BaseUrl} is not signed by it for this certificate and issuer");
            if (!logs.Any(log => promise.Time is { } time && log.Validity.Contains(time)))
                checks.Refuse(VerificationStep.CertificateLogValidity,
                    $"{certificate.Name}: the trusted root vouches for the log {logs[0].BaseUrl} {logs[0].Validity}, not at the time of its promise, {promise.Time:u}");
            verified++;
        }
        if (required && verified == 0)
            checks.Refuse(VerificationStep.CertificateTimestampRequired,
                $"{certificate.Name} carries no promise of a certificate transparency log that is trusted: give the trusted root of the instance that issued it");
    }
}
