using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary>A root, an intermediate authority and a signing certificate, as PEM files.</summary>
internal sealed class OwnAuthority : IDisposable
{
    private readonly ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public OwnAuthority(ModelFolder folder, string purpose = "1.3.6.1.5.5.7.3.3")
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var rootRequest = new CertificateRequest("CN=root", rootKey, HashAlgorithmName.SHA384);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(from, to);

        var intermediateRequest = new CertificateRequest("CN=intermediate", intermediateKey, HashAlgorithmName.SHA384);
        intermediateRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        using var intermediate = intermediateRequest.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), from, to, [1]);

        var request = new CertificateRequest("CN=signer", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using var certificate = request.Create(intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(intermediateKey), from, to, [2]);

        Root = folder.Write("pki/root.pem", root.ExportCertificatePem());
        Intermediate = folder.Write("pki/intermediate.pem", intermediate.ExportCertificatePem());
        Certificate = folder.Write("pki/signer.pem", certificate.ExportCertificatePem());
        PrivateKey = folder.Write("pki/signer.key", key.ExportPkcs8PrivateKeyPem());
        PublicKey = folder.Write("pki/signer.pub", key.ExportSubjectPublicKeyInfoPem());
    }

    public string Root { get; }

    public string Intermediate { get; }

    public string Certificate { get; }

    public string PrivateKey { get; }

    public string PublicKey { get; }

    public void Dispose()
    {
        rootKey.Dispose();
        intermediateKey.Dispose();
        key.Dispose();
    }
}
