using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EnterpriseAI.Kubernetes;

/// <summary>Decides whether a server's certificate is trusted.</summary>
internal sealed class ServerTrust
{
    static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    readonly string? _file;
    readonly TimeProvider _time;
    readonly Lock _gate = new();
    X509Certificate2Collection? _roots;
    long _readAt;

    ServerTrust(X509Certificate2Collection? roots, string? file, TimeProvider time) =>
        (_roots, _file, _time, _readAt) = (roots, file, time, time.GetTimestamp());

    /// <summary>Checks nothing, as <c>insecure-skip-tls-verify</c> asks for.</summary>
    public static ServerTrust Anyone { get; } = new(null, null, TimeProvider.System);

    /// <summary>Trusts the PEM certificates and nothing else.</summary>
    public static ServerTrust Of(byte[] pem) => new(Read(pem, "certificate-authority-data"), null, TimeProvider.System);

    /// <summary>Trusts the PEM certificates of a file, which is read again every minute, so that a rotation is followed.</summary>
    public static ServerTrust OfFile(string file, TimeProvider time) => new(ReadFile(file), file, time);

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (Roots() is not { } roots)
            return true;
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
            return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        foreach (var element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(leaf);
    }

    X509Certificate2Collection? Roots()
    {
        if (_file is null)
            return _roots;
        lock (_gate)
        {
            if (_time.GetElapsedTime(_readAt) < ReadAgainAfter)
                return _roots;
            try
            {
                _roots = ReadFile(_file);
            }
            catch (KubeconfigException)
            {
                // In the middle of a rotation: what was trusted stays trusted until the file is whole again.
            }

            _readAt = _time.GetTimestamp();
            return _roots;
        }
    }

    static X509Certificate2Collection ReadFile(string file)
    {
        try
        {
            return Read(File.ReadAllBytes(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"certificate authority {file}: cannot be read: {e.Message}", e);
        }
    }

    static X509Certificate2Collection Read(byte[] pem, string where)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(Encoding.ASCII.GetString(pem));
        }
        catch (CryptographicException e)
        {
            throw new KubeconfigException($"{where}: no PEM certificate: {e.Message}", e);
        }

        return roots.Count > 0 ? roots : throw new KubeconfigException($"{where}: holds no PEM certificate");
    }
}
