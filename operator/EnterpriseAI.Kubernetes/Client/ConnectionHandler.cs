using System.Net;
using System.Net.Security;

namespace EnterpriseAI.Kubernetes;

/// <summary>Makes the HTTP connection that a configuration describes.</summary>
internal static class ConnectionHandler
{
    public static HttpMessageHandler Create(KubernetesClientConfiguration configuration) =>
        configuration.Credentials is { MayHaveCertificate: true } credentials
            ? new CertificateFollower(credentials, () => CreatePool(configuration))
            : CreatePool(configuration);

    static SocketsHttpHandler CreatePool(KubernetesClientConfiguration configuration)
    {
        var handler = new SocketsHttpHandler
        {
            // Found dead within 45 s even when no packet comes back (TCP keep-alive alone does not see it behind a proxy).
            KeepAlivePingDelay = configuration.PingDelay,
            KeepAlivePingTimeout = configuration.PingTimeout,
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
            // As it is now: this pool serves no other one.
            var certificate = credentials.Certificate;
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!;
        }

        return handler;
    }
}
