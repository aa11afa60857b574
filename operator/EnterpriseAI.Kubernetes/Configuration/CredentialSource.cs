using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Kubernetes;

/// <summary>Gives the credential of each request.</summary>
internal abstract class CredentialSource : IDisposable
{
    /// <summary>A client certificate is given now or may be given later.</summary>
    public virtual bool MayHaveCertificate => Certificate is not null;

    /// <summary>The client certificate of new connections.</summary>
    public abstract X509Certificate2? Certificate { get; }

    /// <summary>The Authorization header; null for none.</summary>
    public abstract ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server refused the credential.</summary>
    /// <returns>True when the next <see cref="GetAsync"/> may give another one.</returns>
    public abstract bool Invalidate();

    public virtual void Dispose()
    {
    }
}

/// <summary>A credential that never changes.</summary>
internal sealed class StaticCredentialSource(AuthenticationHeaderValue? header, X509Certificate2? certificate) : CredentialSource
{
    public override X509Certificate2? Certificate => certificate;

    public override ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken) => new(header);

    public override bool Invalidate() => false;
}

/// <summary>A token in a file that somebody rotates; read again each minute and whenever the server refuses it.</summary>
internal sealed class FileTokenSource(string file, X509Certificate2? certificate, TimeProvider time) : CredentialSource
{
    static readonly TimeSpan ReadAgainAfter = TimeSpan.FromMinutes(1);

    readonly Lock _gate = new();
    AuthenticationHeaderValue? _header;
    long _readAt;

    public override X509Certificate2? Certificate => certificate;

    public override ValueTask<AuthenticationHeaderValue?> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_header is null || time.GetElapsedTime(_readAt) >= ReadAgainAfter)
                Read();
            return new(_header);
        }
    }

    public override bool Invalidate()
    {
        lock (_gate)
            _header = null;
        return true;
    }

    void Read()
    {
        try
        {
            _header = new AuthenticationHeaderValue("Bearer", File.ReadAllText(file).Trim());
            _readAt = time.GetTimestamp();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A rotation may take the file away for a moment; the token before it is usually still good.
            if (_header is null)
                throw new KubeconfigException($"token file {file}: cannot be read: {e.Message}", e);
        }
    }
}
