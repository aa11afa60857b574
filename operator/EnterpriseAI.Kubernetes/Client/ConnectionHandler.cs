using System.Net;
using System.Net.Security;

namespace EnterpriseAI.Kubernetes;

/// <summary>Makes the HTTP connection that a configuration describes.</summary>
internal static class ConnectionHandler
{
    public static SocketsHttpHandler Create(KubernetesClientConfiguration configuration)
    {
        var handler = new SocketsHttpHandler
        {
            // Found dead within 45 s even when no packet comes back (TCP keep-alive alone does not see it behind a proxy).
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        if (configuration.Proxy is { } proxy)
            handler.Proxy = new WebProxy(proxy);
        handler.SslOptions = new SslClientAuthenticationOptions();
        if (configuration.Trust is { } trust)
            handler.SslOptions.RemoteCertificateValidationCallback = trust.Validate;
        if (configuration.Credentials is { MayHaveCertificate: true } credentials)
        {
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => credentials.Certificate!;
            // A renewed certificate is used by new connections only.
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
        }

        return handler;
    }
}
