using System.Security.Cryptography.X509Certificates;
using System.Text;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Admission;

/// <summary>
/// Keeps the webhook's certificate: made when there is none, renewed in time, shared by all replicas through one Secret,
/// and trusted by the API server through the webhook configuration's CA bundle.
/// </summary>
/// <remarks>
/// Every replica does this, not the leader alone: all serve the webhook. Replicas that start together race to create the
/// Secret; the server lets one win (create, or the resourceVersion of a replace) and the others read what it wrote.
/// A new certificate is served before the old one runs out, and an old authority stays trusted beside a new one, so a
/// rotation drops no request.
/// </remarks>
public sealed partial class CertificateKeeper(
    KubernetesClient client, string ns, string service, string webhookConfiguration, TimeProvider time, ILogger<CertificateKeeper> logger)
{
    private const string SecretName = "enterpriseai-webhook-certificate";
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);

    private volatile X509Certificate2? _current;
    private volatile bool _trusted;

    /// <summary>What Kestrel serves; null until the first one was made or read.</summary>
    public X509Certificate2? Current => _current;

    /// <summary>Why the webhook cannot serve yet, or null when it does and the API server trusts it.</summary>
    public string? NotReady => _current is null ? "the webhook has no certificate yet" : _trusted ? null : "the webhook configuration does not trust the certificate yet";

    /// <summary>Runs until cancelled; failures are logged and tried again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var wait = CheckInterval;
            try
            {
                await KeepAsync(cancellationToken);
                WebhookMetrics.CertificateRead(succeeded: true);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                WebhookMetrics.CertificateRead(succeeded: false);
                KeepingFailed(logger, e);
                wait = RetryInterval;
            }
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task KeepAsync(CancellationToken cancellationToken)
    {
        var certificate = await ReadOrMakeAsync(cancellationToken);
        await TrustAsync(certificate, cancellationToken);
        var x509 = certificate.ToX509();
        if (_current?.Thumbprint != x509.Thumbprint)
        {
            _current = x509;
            Serving(logger, x509.NotAfter.ToUniversalTime());
        }
        _trusted = true;
    }

    private async Task<ServingCertificate> ReadOrMakeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await client.TryGetAsync(CoreResources.Secrets, ns, SecretName, cancellationToken) is not { } secret)
        {
            var made = ServingCertificate.Create(service, ns, now);
            await client.CreateAsync(CoreResources.Secrets, ToSecret(made, null), cancellationToken: cancellationToken);
            return made;
        }

        var present = FromSecret(secret);
        var renewed = present?.Renew(service, ns, now) ?? ServingCertificate.Create(service, ns, now);
        if (renewed != present)
            await client.ReplaceAsync(CoreResources.Secrets, ToSecret(renewed, secret.Metadata.ResourceVersion), cancellationToken: cancellationToken);
        return renewed;
    }

    private async Task TrustAsync(ServingCertificate certificate, CancellationToken cancellationToken)
    {
        var configuration = await client.GetAsync(CoreResources.MutatingWebhookConfigurations, null, webhookConfiguration, cancellationToken);
        var bundle = Encoding.ASCII.GetBytes(certificate.AuthorityCertificates);
        List<JsonPatchOperation> operations = [JsonPatchOperation.Replace("/metadata/resourceVersion", configuration.Metadata.ResourceVersion!)];
        for (var i = 0; i < (configuration.Webhooks?.Count ?? 0); i++)
        {
            if (!bundle.AsSpan().SequenceEqual(configuration.Webhooks![i].ClientConfig?.CaBundle))
                operations.Add(JsonPatchOperation.Add($"/webhooks/{i}/clientConfig/caBundle", Convert.ToBase64String(bundle)));
        }
        if (operations.Count > 1)
            await client.PatchAsync(CoreResources.MutatingWebhookConfigurations, null, webhookConfiguration, Patch.Json([.. operations]), cancellationToken: cancellationToken);
    }

    private V1Secret ToSecret(ServingCertificate certificate, string? resourceVersion) => new()
    {
        Metadata = new V1ObjectMeta { Name = SecretName, Namespace = ns, ResourceVersion = resourceVersion },
        Type = "Opaque",
        Data = new Dictionary<string, byte[]>
        {
            ["ca.crt"] = Encode(certificate.AuthorityCertificates),
            ["ca.key"] = Encode(certificate.AuthorityKey),
            ["tls.crt"] = Encode(certificate.Certificate),
            ["tls.key"] = Encode(certificate.Key),
        },
    };

    private static ServingCertificate? FromSecret(V1Secret secret) =>
        secret.Data is { } data
        && data.TryGetValue("ca.crt", out var authority) && data.TryGetValue("ca.key", out var authorityKey)
        && data.TryGetValue("tls.crt", out var certificate) && data.TryGetValue("tls.key", out var key)
            ? new ServingCertificate(Decode(authority), Decode(authorityKey), Decode(certificate), Decode(key))
            : null;

    private static byte[] Encode(string pem) => Encoding.ASCII.GetBytes(pem);

    private static string Decode(byte[] data) => Encoding.ASCII.GetString(data);

    [LoggerMessage(Level = LogLevel.Information, Message = "The webhook serves with a certificate that is valid until {NotAfter:O}")]
    private static partial void Serving(ILogger logger, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Keeping the webhook's certificate failed; trying again")]
    private static partial void KeepingFailed(ILogger logger, Exception exception);
}
