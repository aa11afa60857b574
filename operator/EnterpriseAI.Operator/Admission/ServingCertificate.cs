using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// The webhook's certificate and the authority that signed it, as PEM. Made by the operator itself: an installation
/// needs no cert-manager, and no race between an injected CA bundle and the first request.
/// </summary>
/// <param name="AuthorityCertificates">PEM; the newest first. A second one stays trusted while a rotation reaches every replica.</param>
/// <param name="AuthorityKey">PKCS#8 PEM of the newest authority.</param>
/// <param name="Certificate">PEM of the serving certificate.</param>
/// <param name="Key">PKCS#8 PEM of the serving key.</param>
public sealed record ServingCertificate(string AuthorityCertificates, string AuthorityKey, string Certificate, string Key)
{
    /// <summary>How long a serving certificate is valid; renewed when a third of that is left.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    /// <summary>How long an authority is valid; replaced when a third of that is left, well before any leaf outlives it.</summary>
    public static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3 * 365);

    // Clocks of API servers differ; a certificate that starts in their future would be refused.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    /// <summary>An authority and a serving certificate for the service, from nothing.</summary>
    public static ServingCertificate Create(string service, string ns, DateTimeOffset now)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = CreateAuthority(authorityKey, now);
        return Issue(authority, authorityKey, authority.ExportCertificatePem(), service, ns, now);
    }

    /// <summary>This one while it is good for long enough; else a renewed one, with a new authority when that runs out too.</summary>
    public ServingCertificate Renew(string service, string ns, DateTimeOffset now)
    {
        using var authority = X509Certificate2.CreateFromPem(AuthorityCertificates);
        if (NeedsRenewal(authority, AuthorityLifetime, now))
        {
            var fresh = Create(service, ns, now);
            return fresh with { AuthorityCertificates = fresh.AuthorityCertificates + "\n" + authority.ExportCertificatePem() };
        }

        using var leaf = X509Certificate2.CreateFromPem(Certificate);
        if (!NeedsRenewal(leaf, Lifetime, now))
            return this;
        using var authorityKey = ECDsa.Create();
        authorityKey.ImportFromPem(AuthorityKey);
        return Issue(authority, authorityKey, AuthorityCertificates, service, ns, now);
    }

    /// <summary>The serving certificate with its key, for Kestrel.</summary>
    public X509Certificate2 ToX509() => X509Certificate2.CreateFromPem(Certificate, Key);

    private static bool NeedsRenewal(X509Certificate2 certificate, TimeSpan lifetime, DateTimeOffset now) =>
        certificate.NotAfter.ToUniversalTime() - now < lifetime / 3;

    private static X509Certificate2 CreateAuthority(ECDsa key, DateTimeOffset now)
    {
        // The serial in the name keeps an old and a new authority apart while both are trusted.
        var request = new CertificateRequest($"CN=enterpriseai-webhook-ca-{now.ToUnixTimeSeconds()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - ClockSkew, now + AuthorityLifetime);
    }

    private static ServingCertificate Issue(
        X509Certificate2 authority, ECDsa authorityKey, string authorityCertificates, string service, string ns, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={service}.{ns}.svc", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName($"{service}.{ns}.svc");
        names.AddDnsName($"{service}.{ns}.svc.cluster.local");
        request.CertificateExtensions.Add(names.Build(critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));

        var generator = X509SignatureGenerator.CreateForECDsa(authorityKey);
        using var certificate = request.Create(authority.SubjectName, generator, now - ClockSkew, now + Lifetime, RandomNumberGenerator.GetBytes(16));
        return new ServingCertificate(authorityCertificates, authorityKey.ExportPkcs8PrivateKeyPem(), certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
