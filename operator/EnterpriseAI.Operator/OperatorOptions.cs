namespace EnterpriseAI.Operator;

/// <summary>How the operator was started.</summary>
public sealed record OperatorOptions
{
    /// <summary>A kubeconfig file; null for KUBECONFIG, the home directory's, or the pod's own service account.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The namespace of the installation: its lease, its webhook certificate, its gateways.</summary>
    public required string Namespace { get; init; }

    /// <summary>The service account this process acts as: its name in the audit log, and whom the webhook trusts to name a creator.</summary>
    public string ServiceAccount { get; init; } = "enterpriseai-operator";

    /// <summary>Unique among the replicas: the holder of the lease.</summary>
    public required string Identity { get; init; }

    /// <summary>Most requests a second to the API server; 0 for no limit.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>How long the other replicas wait after the last renewal they saw before one of them leads.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader goes on after its last renewal; shorter than the lease.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between two attempts to get or keep the lease.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The image with the agent: profiles data, trains, signs.</summary>
    public required string Image { get; init; }

    /// <summary>The image with the model server and ONNX Runtime.</summary>
    public required string ModelServerImage { get; init; }

    /// <summary>Folder of every node where fetched artifacts are kept, writable for user 65532; null to keep none: then each pod fetches for itself.</summary>
    public string? ModelCache { get; init; }

    /// <summary>File with the Sigstore trusted root for versions that name none; null when there is none.</summary>
    public string? TrustedRoot { get; init; }

    /// <summary>Address of the audit log, such as <c>http://enterpriseai-audit-log:8080</c>.</summary>
    public required Uri AuditUrl { get; init; }

    /// <summary>File with the bearer token for appends; null when the log asks for none.</summary>
    public string? AuditTokenFile { get; init; }

    /// <summary>Name of the gateways' Service: part of the URL in an InferenceService's status.</summary>
    public required string GatewayService { get; init; }

    /// <summary>Address for metrics and health.</summary>
    public required string Http { get; init; }

    /// <summary>Address of the admission webhook; null to serve none (an operator outside the cluster cannot be called by the API server).</summary>
    public string? Webhook { get; init; }

    /// <summary>Service by which the API server reaches the webhook.</summary>
    public string WebhookService { get; init; } = "enterpriseai-operator";

    /// <summary>The MutatingWebhookConfiguration that must trust the certificate.</summary>
    public string WebhookConfiguration { get; init; } = "enterpriseai";

    /// <summary>trace, debug, information, warning or error.</summary>
    public string LogLevel { get; init; } = "information";
}
