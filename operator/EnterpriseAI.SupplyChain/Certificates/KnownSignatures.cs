using System.Collections.Concurrent;

namespace EnterpriseAI.SupplyChain;

/// <summary>Which of a trusted root's certificates signed which other of them; found out once and the same ever after.</summary>
/// <remarks>Safe for use by several threads at once. What a bundle brings is none of these certificates, even where it has the same bytes.</remarks>
internal sealed class KnownSignatures(IEnumerable<Certificate> certificates)
{
    private readonly HashSet<Certificate> _certificates = [.. certificates];
    private readonly ConcurrentDictionary<(Certificate Certificate, Certificate Issuer), bool> _signatures = new();

    /// <returns>Null when it is not known of these two.</returns>
    public bool? IsSigned(Certificate certificate, Certificate issuer) => _certificates.Contains(certificate) && _certificates.Contains(issuer)
        ? _signatures.GetOrAdd((certificate, issuer), static pair => pair.Certificate.IsSignedBy(pair.Issuer)) : null;
}
