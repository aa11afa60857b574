using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>The certificates of an own authority that model signatures may lead to.</summary>
/// <remarks>Only self-signed ones are anchors; others help to find the way to them, as certificates inside a signature do.</remarks>
public sealed class TrustedCertificates
{
    private readonly IReadOnlyList<Certificate> _anchors;
    private readonly IReadOnlyList<Certificate> _intermediates;

    private TrustedCertificates(IReadOnlyList<Certificate> anchors, IReadOnlyList<Certificate> intermediates) =>
        (_anchors, _intermediates) = (anchors, intermediates);

    /// <summary>Reads PEM files with one or more certificates each.</summary>
    /// <exception cref="SupplyChainException">A file cannot be read or holds no certificate, or none of all is a root.</exception>
    public static async Task<TrustedCertificates> LoadAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default)
    {
        var certificates = new List<Certificate>();
        foreach (var path in paths)
            certificates.AddRange(await CertificateFile.ReadAsync(path, cancellationToken).ConfigureAwait(false));
        var anchors = certificates.Where(static certificate => certificate.IsSelfSigned).ToList();
        return anchors.Count > 0
            ? new TrustedCertificates(anchors, [.. certificates.Except(anchors)])
            : throw new SupplyChainException(SupplyChainReason.CertificateUntrusted, "none of the trusted certificates is a root: give the self-signed certificate of the authority");
    }

    /// <summary>The signing certificate, once it is known to lead to an anchor.</summary>
    internal Certificate Verify(IReadOnlyList<ReadOnlyMemory<byte>> chain, string file, DateTimeOffset time)
    {
        try
        {
            IReadOnlyList<Certificate> certificates = [.. chain.Select((der, index) => Certificate.Parse(der, index == 0 ? "the signing certificate" : $"certificate {index} of the signature"))];
            new CertificatePaths(CheckSet.All).Find(certificates[0], [.. _intermediates, .. certificates.Skip(1)], _anchors, time, Oids.CodeSigning);
            return certificates[0];
        }
        catch (VerificationException e)
        {
            throw new SupplyChainException(e.Reason, $"'{file}': {e.Message}", e);
        }
    }
}

/// <summary>Reads files of PEM certificates.</summary>
internal static class CertificateFile
{
    private const long MaxBytes = 1 << 20;

    /// <exception cref="SupplyChainException">The file cannot be read or holds no certificate.</exception>
    public static async Task<IReadOnlyList<Certificate>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var pem = await SmallFile.ReadAsync(path, MaxBytes, "certificate", cancellationToken).ConfigureAwait(false);
        var certificates = Certificate.ParsePem(Encoding.UTF8.GetString(pem.Span), path);
        return certificates.Count > 0 ? certificates
            : throw new SupplyChainException(SupplyChainReason.CertificateUntrusted, $"'{path}' holds no certificate: give a PEM with BEGIN CERTIFICATE");
    }
}
