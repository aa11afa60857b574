using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EnterpriseAI.Kubernetes.Tests;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class KubeconfigTests
{
    string _folder = "";

    [SetUp]
    public void Create_folder() => _folder = Directory.CreateTempSubdirectory("kubeconfig-").FullName;

    [TearDown]
    public void Delete_folder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_current_context_names_server_namespace_and_token()
    {
        var config = KubernetesClientConfiguration.FromKubeconfig(Write("a", Simple("https://one:6443", "user: {token: secret}", "namespace: team")));

        Assert.That(config.Server, Is.EqualTo(new Uri("https://one:6443")));
        Assert.That(config.Namespace, Is.EqualTo("team"));
        Assert.That(Header(config), Is.EqualTo("Bearer secret"));
    }

    [Test]
    public void Several_files_are_merged_and_the_first_to_name_something_wins()
    {
        var first = Write("a", """
            current-context: dev
            contexts: [{name: dev, context: {cluster: c, user: u}}]
            """);
        var second = Write("b", """
            current-context: other
            clusters: [{name: c, cluster: {server: "https://two"}}]
            users: [{name: u, user: {username: me, password: pw}}]
            contexts: [{name: dev, context: {cluster: wrong, user: wrong}}]
            """);

        var config = KubernetesClientConfiguration.FromKubeconfig([first, second]);

        Assert.That(config.Server.Host, Is.EqualTo("two"));
        Assert.That(Header(config), Is.EqualTo("Basic bWU6cHc="));
    }

    [Test]
    public void Another_context_can_be_asked_for()
    {
        var path = Write("a", """
            current-context: a
            clusters: [{name: a, cluster: {server: "https://a"}}, {name: b, cluster: {server: "https://b", tls-server-name: name, proxy-url: "http://proxy:3128"}}]
            contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}]
            """);

        var config = KubernetesClientConfiguration.FromKubeconfig(path, "b");

        Assert.That(config.Server.Host, Is.EqualTo("b"));
        Assert.That(config.TlsServerName, Is.EqualTo("name"));
        Assert.That(config.Proxy, Is.EqualTo(new Uri("http://proxy:3128")));
        Assert.That(config.Credentials, Is.Null);
    }

    [Test]
    public void A_missing_context_names_those_that_exist() =>
        Assert.That(
            () => KubernetesClientConfiguration.FromKubeconfig(Write("a", Simple("https://one", "user: {token: t}")), "nope"),
            Throws.TypeOf<KubeconfigException>().With.Message.EqualTo("context 'nope' does not exist; there are: dev"));

    [Test]
    public void A_missing_cluster_and_a_missing_user_are_named()
    {
        var path = Write("a", "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n");
        Assert.That(() => KubernetesClientConfiguration.FromKubeconfig(path), Throws.TypeOf<KubeconfigException>().With.Message.Contains("cluster 'c'"));
        path = Write("b", "current-context: x\nclusters: [{name: c, cluster: {server: 'https://s'}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n");
        Assert.That(() => KubernetesClientConfiguration.FromKubeconfig(path), Throws.TypeOf<KubeconfigException>().With.Message.Contains("user 'u'"));
    }

    [TestCase("a: [")]
    [TestCase("- list")]
    [TestCase("")]
    public void A_file_that_is_no_kubeconfig_is_named(string text)
    {
        var path = Write("a", text);
        Assert.That(() => KubernetesClientConfiguration.FromKubeconfig(path), Throws.TypeOf<KubeconfigException>().With.Message.Contains(path).Or.Message.Contains("current-context"));
    }

    [Test]
    public void A_missing_file_is_named()
    {
        var path = Path.Combine(_folder, "missing");
        Assert.That(() => KubernetesClientConfiguration.FromKubeconfig(path), Throws.TypeOf<KubeconfigException>().With.Message.Contains(path));
    }

    [Test]
    public void Client_certificate_and_key_come_from_data_or_from_files_beside_the_kubeconfig()
    {
        var (certificate, key) = Certificate("me");
        File.WriteAllText(Path.Combine(_folder, "me.crt"), certificate);
        File.WriteAllText(Path.Combine(_folder, "me.key"), key);
        var byFile = KubernetesClientConfiguration.FromKubeconfig(Write("a", Simple("https://s", "user: {client-certificate: me.crt, client-key: me.key}")));
        var byData = KubernetesClientConfiguration.FromKubeconfig(
            Write("b", Simple("https://s", $"user: {{client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}}}")));

        Assert.That(byFile.Credentials!.Certificate!.Subject, Is.EqualTo("CN=me"));
        Assert.That(byFile.Credentials.Certificate.HasPrivateKey, Is.True);
        Assert.That(byData.Credentials!.Certificate!.Thumbprint, Is.EqualTo(byFile.Credentials.Certificate.Thumbprint));
    }

    [Test]
    public void Half_a_certificate_pair_and_broken_base64_are_refused()
    {
        Assert.That(
            () => KubernetesClientConfiguration.FromKubeconfig(Write("a", Simple("https://s", "user: {client-certificate-data: AAAA}"))),
            Throws.TypeOf<KubeconfigException>().With.Message.Contains("both client-certificate and client-key"));
        Assert.That(
            () => KubernetesClientConfiguration.FromKubeconfig(Write("b", Simple("https://s", "user: {client-certificate-data: '%%', client-key-data: AAAA}"))),
            Throws.TypeOf<KubeconfigException>().With.Message.Contains("client-certificate-data is no base64"));
    }

    [Test]
    public void An_authority_that_holds_no_certificate_is_refused()
    {
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), "nothing");
        var path = Write("a", "current-context: x\nclusters: [{name: c, cluster: {server: 'https://s', certificate-authority: ca.crt}}]\ncontexts: [{name: x, context: {cluster: c}}]\n");

        Assert.That(() => KubernetesClientConfiguration.FromKubeconfig(path), Throws.TypeOf<KubeconfigException>().With.Message.Contains("ca.crt"));
    }

    [Test]
    public void A_token_file_is_read_again_each_minute_and_when_it_was_refused()
    {
        var time = new Testing.ManualTimeProvider();
        var token = Path.Combine(_folder, "token");
        File.WriteAllText(token, "one\n");
        var config = KubernetesClientConfiguration.FromKubeconfig(Write("a", Simple("https://s", "user: {tokenFile: token, token: ignored}")), null, time);

        Assert.That(Header(config), Is.EqualTo("Bearer one"));
        File.WriteAllText(token, "two");
        Assert.That(Header(config), Is.EqualTo("Bearer one"));
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.That(Header(config), Is.EqualTo("Bearer two"));
        File.WriteAllText(token, "three");
        Assert.That(config.Credentials!.Invalidate(), Is.True);
        Assert.That(Header(config), Is.EqualTo("Bearer three"));
        File.Delete(token);
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.That(Header(config), Is.EqualTo("Bearer three"), "a rotation that takes the file away for a moment changes nothing");
    }

    [Test]
    public void A_pod_finds_its_service_account()
    {
        var (authority, _) = Certificate("ca");
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), authority);
        File.WriteAllText(Path.Combine(_folder, "token"), "t");
        File.WriteAllText(Path.Combine(_folder, "namespace"), "enterpriseai-system");

        var config = InCluster.Load("10.0.0.1", "6443", _folder, TimeProvider.System);

        Assert.That(config.Server, Is.EqualTo(new Uri("https://10.0.0.1:6443")));
        Assert.That(config.Namespace, Is.EqualTo("enterpriseai-system"));
        Assert.That(Header(config), Is.EqualTo("Bearer t"));
        Assert.That(() => InCluster.Load("", null, _folder, TimeProvider.System), Throws.TypeOf<KubeconfigException>());
        Assert.That(() => InCluster.Load("h", null, Path.Combine(_folder, "none"), TimeProvider.System), Throws.TypeOf<KubeconfigException>().With.Message.Contains("token"));
    }

    [Test]
    public async Task An_exec_plugin_gives_a_token_that_is_kept_until_it_expires()
    {
        var time = new Testing.ManualTimeProvider();
        var expires = time.GetUtcNow().AddMinutes(10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        Script("plugin.sh", $$"""
            echo x >> "$(dirname "$0")/calls"
            printf '%s' "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'"$1-$EXTRA"'","expirationTimestamp":"{{expires}}"} }'
            """);
        var config = KubernetesClientConfiguration.FromKubeconfig(
            Write("a", Simple("https://s", "user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, args: [tok], env: [{name: EXTRA, value: en}], provideClusterInfo: true}}")), null, time);

        Assert.That(await HeaderAsync(config), Is.EqualTo("Bearer tok-en"));
        Assert.That(await HeaderAsync(config), Is.EqualTo("Bearer tok-en"));
        Assert.That(Calls(), Is.EqualTo(1));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "info")), Does.Contain("\"server\":\"https://s\""));
        time.Advance(TimeSpan.FromMinutes(11));
        await HeaderAsync(config);
        Assert.That(Calls(), Is.EqualTo(2));
    }

    [Test]
    public async Task An_exec_plugin_may_give_a_certificate()
    {
        var (certificate, key) = Certificate("exec");
        File.WriteAllText(Path.Combine(_folder, "out.json"), $$"""
            {"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"clientCertificateData":{{Quote(certificate)}},"clientKeyData":{{Quote(key)}} } }
            """);
        Script("plugin.sh", """cat "$(dirname "$0")/out.json" """);
        var config = KubernetesClientConfiguration.FromKubeconfig(
            Write("a", Simple("https://s", "user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./plugin.sh}}")));

        Assert.That(await HeaderAsync(config), Is.Null);
        Assert.That(config.Credentials!.Certificate!.Subject, Is.EqualTo("CN=exec"));
    }

    [TestCase("echo nonsense", "printed no JSON")]
    [TestCase("echo broken >&2; exit 3", "exited 3: broken")]
    [TestCase("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""", "neither a token nor a certificate")]
    [TestCase("""echo '{"apiVersion":"v1","kind":"Pod"}'""", "expected client.authentication.k8s.io/v1 ExecCredential")]
    public void A_failing_exec_plugin_says_what_is_wrong(string script, string message)
    {
        Script("plugin.sh", script);
        var config = KubernetesClientConfiguration.FromKubeconfig(
            Write("a", Simple("https://s", "user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh}}")));

        Assert.That(async () => await HeaderAsync(config), Throws.TypeOf<KubeconfigException>().With.Message.Contains(message));
    }

    [Test]
    public void An_exec_plugin_that_is_not_installed_gives_its_install_hint()
    {
        var config = KubernetesClientConfiguration.FromKubeconfig(
            Write("a", Simple("https://s", "user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin-here, installHint: get it at example.org}}")));

        Assert.That(async () => await HeaderAsync(config), Throws.TypeOf<KubeconfigException>().With.Message.Contains("get it at example.org"));
        Assert.That(
            () => KubernetesClientConfiguration.FromKubeconfig(Write("b", Simple("https://s", "user: {exec: {apiVersion: v1alpha1, command: x}}"))),
            Throws.TypeOf<KubeconfigException>().With.Message.Contains("'v1alpha1' is not supported"));
    }

    static string Simple(string server, string user, string context = "") => $$"""
        apiVersion: v1
        kind: Config
        current-context: dev
        clusters:
        - name: c
          cluster: {server: "{{server}}"}
        users:
        - name: u
          {{user}}
        contexts:
        - name: dev
          context: {cluster: c, user: u{{(context.Length > 0 ? ", " + context : "")}}}
        """;

    static string? Header(KubernetesClientConfiguration config) =>
        config.Credentials!.GetAsync(CancellationToken.None) is { IsCompletedSuccessfully: true } task ? task.Result?.ToString() : "not ready";

    static async Task<string?> HeaderAsync(KubernetesClientConfiguration config) =>
        (await config.Credentials!.GetAsync(CancellationToken.None))?.ToString();

    static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(text));

    static string Quote(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";

    static (string Certificate, string Key) Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    int Calls() => File.ReadAllLines(Path.Combine(_folder, "calls")).Length;

    string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    void Script(string name, string body)
    {
        var path = Write(name, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
