namespace EnterpriseAI.Kubernetes;

/// <summary>The service account that Kubernetes mounts into every pod.</summary>
internal static class InCluster
{
    const string Folder = "/var/run/secrets/kubernetes.io/serviceaccount";

    public static bool IsAvailable() =>
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 } && File.Exists(Path.Combine(Folder, "token"));

    public static KubernetesClientConfiguration Load(TimeProvider time) => Load(
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"), Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"), Folder, time);

    internal static KubernetesClientConfiguration Load(string? host, string? port, string folder, TimeProvider time)
    {
        if (string.IsNullOrEmpty(host))
            throw new KubeconfigException("KUBERNETES_SERVICE_HOST is not set: this is no pod");
        var token = Path.Combine(folder, "token");
        if (!File.Exists(token))
            throw new KubeconfigException($"{token} does not exist: the pod's service account token is not mounted");
        var ns = Path.Combine(folder, "namespace");
        return new KubernetesClientConfiguration
        {
            Server = new UriBuilder("https", host, int.Parse(port is { Length: > 0 } ? port : "443", System.Globalization.CultureInfo.InvariantCulture)).Uri,
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default",
            Trust = ServerTrust.OfFile(Path.Combine(folder, "ca.crt"), time),
            Credentials = new FileTokenSource(token, null, time),
        };
    }
}
