using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Kubernetes;

/// <summary>Credentials from an exec plugin, kept until they expire or the server refuses them.</summary>
internal sealed class ExecCredentialSource(ExecPlugin plugin, X509Certificate2? ownCertificate, TimeProvider time) : CredentialSource
{
    readonly SemaphoreSlim _gate = new(1, 1);
    ExecCredentialStatus? _current;
    X509Certificate2? _certificate;

    public override bool MayHaveCertificate => true;

    public override X509Certificate2? Certificate => _certificate ?? ownCertificate;

    public override async ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken)
    {
        var current = Volatile.Read(ref _current);
        if (current is null || IsExpired(current))
            current = await RenewAsync(cancellationToken).ConfigureAwait(false);
        return string.IsNullOrEmpty(current.Token) ? null : new AuthenticationHeaderValue("Bearer", current.Token);
    }

    public override bool Invalidate()
    {
        Volatile.Write(ref _current, null);
        return true;
    }

    public override void Dispose()
    {
        _gate.Dispose();
        _certificate?.Dispose();
    }

    bool IsExpired(ExecCredentialStatus status) => status.ExpirationTimestamp <= time.GetUtcNow();

    async Task<ExecCredentialStatus> RenewAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Whoever waited here finds what the one before it fetched.
            if (_current is { } fresh && !IsExpired(fresh))
                return fresh;
            var status = await plugin.RunAsync(cancellationToken).ConfigureAwait(false);
            if (!string.IsNullOrEmpty(status.ClientCertificateData))
                _certificate = X509Certificate2.CreateFromPem(status.ClientCertificateData, status.ClientKeyData);
            KubernetesMetrics.ExecExpires(status.ExpirationTimestamp - time.GetUtcNow());
            Volatile.Write(ref _current, status);
            return status;
        }
        finally
        {
            _gate.Release();
        }
    }
}
