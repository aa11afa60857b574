using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Kubernetes;

/// <summary>Credentials from an exec plugin, kept until they expire or the server refuses them.</summary>
internal sealed class ExecCredentialSource : CredentialSource
{
    readonly SemaphoreSlim _gate = new(1, 1);
    readonly ExecPlugin _plugin;
    readonly X509Certificate2? _ownCertificate;
    readonly TimeProvider _time;
    ExecCredentialStatus? _current;
    X509Certificate2? _certificate;

    public ExecCredentialSource(ExecPlugin plugin, X509Certificate2? ownCertificate, TimeProvider time)
    {
        (_plugin, _ownCertificate, _time) = (plugin, ownCertificate, time);
        KubernetesMetrics.ExecBegins(this, () => Volatile.Read(ref _current)?.ExpirationTimestamp - time.GetUtcNow());
    }

    public override bool MayHaveCertificate => true;

    public override X509Certificate2? Certificate => _certificate ?? _ownCertificate;

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
        KubernetesMetrics.ExecEnds(this);
        _gate.Dispose();
        _certificate?.Dispose();
    }

    /// <summary>The certificate before is not disposed: a connection may just be showing it.</summary>
    void Follow(X509Certificate2 next)
    {
        if (_certificate is { } before)
        {
            if (before.Thumbprint == next.Thumbprint)
            {
                next.Dispose();
                return;
            }

            KubernetesMetrics.ExecRotated(_time.GetUtcNow() - before.NotBefore);
        }

        Volatile.Write(ref _certificate, next);
    }

    bool IsExpired(ExecCredentialStatus status) => status.ExpirationTimestamp <= _time.GetUtcNow();

    async Task<ExecCredentialStatus> RenewAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Whoever waited here finds what the one before it fetched.
            if (_current is { } fresh && !IsExpired(fresh))
                return fresh;
            var status = await _plugin.RunAsync(cancellationToken).ConfigureAwait(false);
            if (!string.IsNullOrEmpty(status.ClientCertificateData))
                Follow(X509Certificate2.CreateFromPem(status.ClientCertificateData, status.ClientKeyData));
            Volatile.Write(ref _current, status);
            return status;
        }
        finally
        {
            _gate.Release();
        }
    }
}
