using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Story;

/// <summary>The cluster that a story plays on: kubectl, a client, and ways to its services.</summary>
public sealed class Cluster : IDisposable
{
    public const string SystemNamespace = "enterpriseai-system";

    private static readonly TimeSpan WebhookPatience = TimeSpan.FromMinutes(1);

    private readonly List<Process> _forwards = [];
    private readonly Dictionary<string, Uri> _addresses = [];

    private Cluster(string root, string kubeconfig)
    {
        Root = root;
        Kubeconfig = kubeconfig;
        Client = new KubernetesClient(KubernetesClientConfiguration.FromKubeconfig(kubeconfig));
    }

    /// <summary>The checkout.</summary>
    public string Root { get; }

    public string Kubeconfig { get; }

    public KubernetesClient Client { get; }

    /// <summary>The tag of the images of this checkout.</summary>
    public string ImageTag => File.ReadAllText(Path.Combine(Root, "artifacts/images/tag")).Trim();

    /// <summary>The folder with the programs of the image <c>enterpriseai</c>, as they were published into it.</summary>
    public string Programs => Path.Combine(Root, "artifacts/images/publish/enterpriseai");

    /// <summary>The cluster of this checkout, or the existing one that the environment names.</summary>
    /// <exception cref="StoryException">There is none.</exception>
    public static Cluster Connect()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "EnterpriseAI.Operator.sln")))
            root = Path.GetDirectoryName(root) ?? throw new StoryException("run this from inside the checkout");
        var own = Path.Combine(root, "artifacts/cluster/kubeconfig");
        var kubeconfig = Environment.GetEnvironmentVariable("ENTERPRISEAI_CLUSTER") == "existing" ? Environment.GetEnvironmentVariable("KUBECONFIG") : own;
        return kubeconfig is not null && File.Exists(kubeconfig) ? new Cluster(root, kubeconfig) : throw new StoryException("there is no cluster: run 'make cluster-up'");
    }

    /// <summary>kubectl, which must succeed.</summary>
    public Task<string> KubectlAsync(IEnumerable<string> arguments, CancellationToken cancellationToken, string? input = null) =>
        AdmittedAsync(() => Shell.RunAsync("kubectl", ["--kubeconfig", Kubeconfig, .. arguments], input, cancellationToken), cancellationToken);

    /// <summary>
    /// A write as a user makes it: admission of model versions fails closed, so while no operator serves the webhook it is sent again.
    /// </summary>
    public static async Task<T> AdmittedAsync<T>(Func<Task<T>> write, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await write();
            }
            catch (Exception e) when (e is StoryException or KubernetesException && e.Message.Contains("failed calling webhook", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(since) < WebhookPatience)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }

    /// <summary>A sample, applied as it is; the image of this checkout takes the place of the released one.</summary>
    public async Task ApplySampleAsync(string ns, string file, CancellationToken cancellationToken)
    {
        var manifest = await File.ReadAllTextAsync(Path.Combine(Root, "samples/penguins", file), cancellationToken);
        await KubectlAsync(["-n", ns, "apply", "-f", "-"], cancellationToken, manifest.Replace("docker.io/enterpriseai/enterpriseai:0.1.0", $"docker.io/enterpriseai/enterpriseai:{ImageTag}"));
    }

    /// <summary>An address by which this process reaches a Service of the installation: directly, or through kubectl port-forward.</summary>
    public async Task<Uri> ReachAsync(string service, int port, CancellationToken cancellationToken)
    {
        if (_addresses.TryGetValue(service, out var known))
            return known;
        var ip = (await Client.GetAsync(CoreResources.Services, SystemNamespace, service, cancellationToken)).Spec!.ClusterIP!;
        var address = await AnswersAsync(ip, port, cancellationToken) ? new Uri($"http://{ip}:{port}") : await ForwardAsync(service, port, cancellationToken);
        return _addresses[service] = address;
    }

    public void Dispose()
    {
        foreach (var forward in _forwards)
        {
            forward.Kill();
            forward.Dispose();
        }
        Client.Dispose();
    }

    private static async Task<bool> AnswersAsync(string ip, int port, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(ip), port, patience.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<Uri> ForwardAsync(string service, int port, CancellationToken cancellationToken)
    {
        var process = Process.Start(new ProcessStartInfo("kubectl", ["--kubeconfig", Kubeconfig, "-n", SystemNamespace, "port-forward", $"service/{service}", $":{port}"]) { RedirectStandardOutput = true })!;
        _forwards.Add(process);
        // "Forwarding from 127.0.0.1:40123 -> 8080"
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new StoryException($"kubectl port-forward of {service} gave no address");
        _ = process.StandardOutput.ReadToEndAsync(cancellationToken);
        return new Uri($"http://{line.Split(' ')[2]}");
    }
}
