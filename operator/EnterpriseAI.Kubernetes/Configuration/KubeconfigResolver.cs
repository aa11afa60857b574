using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace EnterpriseAI.Kubernetes;

/// <summary>Turns one context of a kubeconfig into a configuration.</summary>
internal static class KubeconfigResolver
{
    public static KubernetesClientConfiguration Resolve(Kubeconfig config, string? contextName, TimeProvider time)
    {
        contextName ??= config.CurrentContext ?? throw new KubeconfigException("the kubeconfig has no current-context, and none was asked for");
        var context = config.Contexts.GetValueOrDefault(contextName)
            ?? throw new KubeconfigException($"context '{contextName}' does not exist; there are: {Names(config.Contexts)}");
        var clusterName = context.Text("cluster") ?? "";
        var cluster = config.Clusters.GetValueOrDefault(clusterName)
            ?? throw Missing(context, contextName, $"cluster '{clusterName}'", config.Clusters);
        var userName = context.Text("user") ?? "";
        var user = userName.Length == 0
            ? null
            : config.Users.GetValueOrDefault(userName)
              ?? throw Missing(context, contextName, $"user '{userName}'", config.Users);

        var server = Address(cluster, clusterName, "server")
            ?? throw new KubeconfigException($"{cluster.File}: cluster '{clusterName}' has no server");
        return new KubernetesClientConfiguration
        {
            Server = server,
            Namespace = context.Text("namespace") is { Length: > 0 } ns ? ns : "default",
            TlsServerName = cluster.Text("tls-server-name"),
            Proxy = Address(cluster, clusterName, "proxy-url"),
            Trust = Trust(cluster, time),
            Credentials = user is null ? null : Credentials(user, userName, server, time),
        };
    }

    static KubeconfigException Missing(
        KubeconfigEntry context, string name, string what, IReadOnlyDictionary<string, KubeconfigEntry> entries) =>
        new($"{context.File}: context '{name}' names {what}, which does not exist; there are: {Names(entries)}");

    static string Names(IReadOnlyDictionary<string, KubeconfigEntry> entries) => entries.Count == 0 ? "none" : string.Join(", ", entries.Keys.Order());

    static Uri? Address(KubeconfigEntry cluster, string name, string key) => cluster.Text(key) switch
    {
        null or "" => null,
        var text when Uri.TryCreate(text, UriKind.Absolute, out var uri) => uri,
        var text => throw new KubeconfigException($"{cluster.File}: cluster '{name}': {key} '{text}' is no URL"),
    };

    static ServerTrust? Trust(KubeconfigEntry cluster, TimeProvider time)
    {
        if (cluster.Flag("insecure-skip-tls-verify"))
            return ServerTrust.Anyone;
        if (cluster.Text("certificate-authority-data") is { Length: > 0 })
            return ServerTrust.Of(cluster.Bytes("certificate-authority-data", "certificate-authority")!);
        return cluster.PathTo("certificate-authority") is { } file ? ServerTrust.OfFile(file, time) : null;
    }

    static CredentialSource? Credentials(KubeconfigEntry user, string name, Uri server, TimeProvider time)
    {
        var certificate = ClientCertificate(user, name);
        if (user.Member("exec") is { } exec)
            return new ExecCredentialSource(ExecPlugin.From(exec, name, server), certificate, time);
        if (user.PathTo("tokenFile") is { } tokenFile)
            return new FileTokenSource(tokenFile, certificate, time);
        if (user.Text("token") is { Length: > 0 } token)
            return new StaticCredentialSource(new("Bearer", token), certificate);
        if (user.Text("username") is { Length: > 0 } username)
        {
            var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{user.Text("password")}"));
            return new StaticCredentialSource(new("Basic", basic), certificate);
        }

        return certificate is null ? null : new StaticCredentialSource(null, certificate);
    }

    static X509Certificate2? ClientCertificate(KubeconfigEntry user, string name)
    {
        var certificate = user.Bytes("client-certificate-data", "client-certificate");
        var key = user.Bytes("client-key-data", "client-key");
        if (certificate is null && key is null)
            return null;
        if (certificate is null || key is null)
            throw new KubeconfigException($"{user.File}: user '{name}' needs both client-certificate and client-key");
        try
        {
            return X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate), Encoding.ASCII.GetString(key));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeconfigException($"{user.File}: user '{name}': client-certificate and client-key are no matching PEM pair: {e.Message}", e);
        }
    }
}
