using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Kubernetes;

/// <summary>Sends over connections made with the present client certificate: once it was renewed, the connections made with the one
/// before take no new requests.</summary>
/// <remarks>A connection shows its certificate only when it is made. Without this an HTTP/2 connection would go on with an expired
/// certificate for as long as it lives, and be refused for as long. What is running on the old connections ends there.</remarks>
internal sealed class CertificateFollower(CredentialSource credentials, Func<HttpMessageHandler> create) : HttpMessageHandler
{
    readonly Lock _gate = new();
    (X509Certificate2? Certificate, HttpMessageInvoker Invoker)? _current;
    bool _disposed;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var invoker = Current();
            try
            {
                return await invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (ObjectDisposedException) when (!ReferenceEquals(invoker, Current()))
            {
                // Renewed between the two lines above: nothing was sent.
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _disposed = true;
            _current?.Invoker.Dispose();
            _current = null;
        }

        base.Dispose(disposing);
    }

    HttpMessageInvoker Current()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var certificate = credentials.Certificate;
            if (_current is { } current && ReferenceEquals(current.Certificate, certificate))
                return current.Invoker;
            // Disposing a pool closes its idle connections and leaves those in use to their requests.
            _current?.Invoker.Dispose();
            var fresh = new HttpMessageInvoker(create());
            _current = (certificate, fresh);
            return fresh;
        }
    }
}
