using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests.Faults;

/// <summary>The server behind the faults: a real one, over the connections and with the credentials of the client itself, or a fake.</summary>
internal sealed class FaultUpstream : IDisposable
{
    readonly HttpMessageInvoker _http;
    readonly Uri _server;
    readonly CredentialSource? _credentials;
    readonly string? _host;

    FaultUpstream(HttpMessageInvoker http, Uri server, Func<KubernetesClient> direct)
    {
        (_http, _server, Direct) = (http, server.AbsoluteUri.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/"), direct);
    }

    FaultUpstream(KubernetesClientConfiguration configuration)
        : this(new HttpMessageInvoker(ConnectionHandler.Create(configuration)), configuration.Server, () => new KubernetesClient(configuration))
    {
        (_credentials, _host) = (configuration.Credentials, configuration.TlsServerName);
    }

    /// <summary>A client that meets no faults.</summary>
    public Func<KubernetesClient> Direct { get; }

    public static FaultUpstream Of(KubernetesClientConfiguration configuration) => new(configuration);

    public static FaultUpstream Of(FakeApiServer server) => new(new HttpMessageInvoker(server, disposeHandler: false), new Uri("http://fake.test"), () => server.Client());

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string pathAndQuery, string? contentType, byte[] body, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(method, new Uri(_server, pathAndQuery.TrimStart('/')))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.Accept.ParseAdd("application/json");
        message.Headers.Host = _host;
        if (contentType is not null)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(contentType);
        }

        if (_credentials is not null)
            message.Headers.Authorization = await _credentials.GetAsync(cancellationToken);
        return await _http.SendAsync(message, cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}
