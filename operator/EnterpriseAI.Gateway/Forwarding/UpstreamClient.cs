using System.Net;
using System.Text;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>The pooled connections to all model servers.</summary>
internal sealed class UpstreamClient : IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    public UpstreamClient(GatewayOptions options)
    {
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // The forwarder writes the trace headers itself.
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            MaxConnectionsPerServer = int.MaxValue,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        });
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    /// <summary>
    /// True when the failure came before anything was sent: no connection could be made. A connection that broke later may have delivered the
    /// request, and is never a reason to send it again.
    /// </summary>
    public static bool NothingWasSent(Exception failure) => failure switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => true,
        // The connect timeout of the handler.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    public void Dispose() => _invoker.Dispose();
}
