using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>A certificate of an own authority to sign models with, and the way from it to the authority.</summary>
public sealed class SigningCertificate
{
    private readonly Certificate _certificate;
    private readonly IReadOnlyList<Certificate> _chain;

    private SigningCertificate(Certificate certificate, IReadOnlyList<Certificate> chain) => (_certificate, _chain) = (certificate, chain);

    /// <summary>Reads PEM files.</summary>
    /// <param name="path">The signing certificate.</param>
    /// <param name="chainPaths">The certificates above it, the nearest first.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="SupplyChainException">A file cannot be read or holds no certificate.</exception>
    public static async Task<SigningCertificate> LoadAsync(string path, IEnumerable<string> chainPaths, CancellationToken cancellationToken = default)
    {
        var certificate = (await CertificateFile.ReadAsync(path, cancellationToken).ConfigureAwait(false))[0];
        var chain = new List<Certificate>();
        foreach (var file in chainPaths)
            chain.AddRange(await CertificateFile.ReadAsync(file, cancellationToken).ConfigureAwait(false));
        return new SigningCertificate(certificate, chain);
    }

    internal VerificationMaterial Material => new()
    {
        X509CertificateChain = [_certificate.RawData, .. _chain.Where(certificate => !certificate.IsSame(_certificate)).Select(static certificate => certificate.RawData)],
    };

    /// <summary>Refuses now what nobody would accept later.</summary>
    /// <exception cref="SupplyChainException">It is for another key or purpose, or is not valid at the time.</exception>
    internal void Validate(ECDsa key, DateTimeOffset time)
    {
        if (!key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(_certificate.SubjectPublicKeyInfo.Span))
            throw new SupplyChainException(SupplyChainReason.WrongKey, $"{_certificate.Name} is for another key than the one to sign with");
        if (_certificate.ExtendedKeyUsage?.Contains(Oids.CodeSigning) is not true || _certificate.KeyUsage is { } usage && !usage.HasFlag(KeyUsages.DigitalSignature))
            throw new SupplyChainException(SupplyChainReason.CertificateUntrusted, $"{_certificate.Name} is not for signing code: it needs the extended key usage codeSigning");
        if (!_certificate.IsValidAt(time))
            throw new SupplyChainException(SupplyChainReason.CertificateUntrusted,
                $"{_certificate.Name} is valid from {_certificate.NotBefore:u} to {_certificate.NotAfter:u}, not now");
    }
}
