namespace EnterpriseAI.Kubernetes;

/// <summary>What an exec plugin prints (<c>client.authentication.k8s.io/v1</c> and <c>v1beta1</c>).</summary>
internal sealed record ExecCredential
{
    public string? ApiVersion { get; init; }
    public string? Kind { get; init; }
    public ExecCredentialStatus? Status { get; init; }
}

internal sealed record ExecCredentialStatus
{
    public DateTimeOffset? ExpirationTimestamp { get; init; }
    public string? Token { get; init; }
    public string? ClientCertificateData { get; init; }
    public string? ClientKeyData { get; init; }
}
