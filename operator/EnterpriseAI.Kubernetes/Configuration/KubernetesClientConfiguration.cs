namespace EnterpriseAI.Kubernetes;

/// <summary>Where an API server is, whom to trust, and who we are.</summary>
public sealed record KubernetesClientConfiguration
{
    /// <summary>Address of the API server.</summary>
    public required Uri Server { get; init; }

    /// <summary>Namespace of the context or of the pod. Default <c>default</c>.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Name the server's certificate must have when it differs from the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Null to use <c>HTTPS_PROXY</c> and <c>NO_PROXY</c>.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>Requests a second that this process allows itself in the long run; null (the default) for no limit.</summary>
    /// <remarks>Not needed where the server limits its clients itself (API priority and fairness, on in every supported version), and
    /// then only in the way.</remarks>
    public double? RequestsPerSecond { get; init; }

    /// <summary>How many requests may be sent at once before <see cref="RequestsPerSecond"/> holds them back. Default 100.</summary>
    public int RequestBurst { get; init; } = 100;

    /// <summary>A connection on which nothing came for so long is asked for a sign of life. Default 30 s.</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection that gives no sign of life for so long is dead. Default 15 s.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Null to trust what the system trusts.</summary>
    internal ServerTrust? Trust { get; init; }

    /// <summary>Null to be anonymous.</summary>
    internal CredentialSource? Credentials { get; init; }

    /// <summary>As kubectl does: <c>KUBECONFIG</c>, else <c>~/.kube/config</c>, else the pod's service account.</summary>
    /// <exception cref="KubeconfigException">None of these exists, or one is wrong.</exception>
    public static KubernetesClientConfiguration Default(TimeProvider? time = null)
    {
        var files = Kubeconfig.DefaultFiles();
        if (files.Count > 0)
            return FromKubeconfig(files, null, time);
        if (InCluster.IsAvailable())
            return InCluster.Load(time ?? TimeProvider.System);
        throw new KubeconfigException("no cluster is configured: set KUBECONFIG, create ~/.kube/config, or run in a pod");
    }

    /// <summary>From one kubeconfig file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="context">Null for the file's current context.</param>
    /// <param name="time">Null for the system's clock.</param>
    public static KubernetesClientConfiguration FromKubeconfig(string path, string? context = null, TimeProvider? time = null) =>
        FromKubeconfig([path], context, time);

    /// <summary>From several kubeconfig files, merged as kubectl does: the first to name something wins.</summary>
    public static KubernetesClientConfiguration FromKubeconfig(IReadOnlyList<string> paths, string? context = null, TimeProvider? time = null) =>
        KubeconfigResolver.Resolve(Kubeconfig.Load(paths), context, time ?? TimeProvider.System);

    /// <summary>From the service account that is mounted into the pod.</summary>
    public static KubernetesClientConfiguration InClusterConfig(TimeProvider? time = null) => InCluster.Load(time ?? TimeProvider.System);
}

/// <summary>A kubeconfig is missing or wrong; the message names the file and the entry.</summary>
public sealed class KubeconfigException(string message, Exception? inner = null) : Exception(message, inner);
