using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Makes connections of HTTP that do nothing unasked: no redirects, no decompression, no cookies.</summary>
internal static class HttpConnections
{
    private const long MaxAuthorityBytes = 1 << 20;

    /// <param name="request">How many connections, and whom to trust.</param>
    /// <exception cref="AgentFailure">The file of authorities is none.</exception>
    public static SocketsHttpHandler Create(FetchRequest request)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            UseCookies = false,
            MaxConnectionsPerServer = request.Connections,
        };
        if (request.CaFile is { } file)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Authorities(file));
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        try
        {
            if (new FileInfo(file).Length > MaxAuthorityBytes)
            {
                throw AgentFailure.BadInput("InvalidAuthorities", $"--ca-file: {file} is larger than {MaxAuthorityBytes} bytes; give certificates as PEM");
            }

            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            return authorities.Count > 0 ? authorities : throw AgentFailure.BadInput("InvalidAuthorities", $"--ca-file: {file} holds no certificate; give certificates as PEM");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw AgentFailure.BadInput("InvalidAuthorities", $"--ca-file: {file} cannot be read: {exception.Message}", exception);
        }
    }
}
